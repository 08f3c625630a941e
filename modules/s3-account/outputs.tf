output "bucket" {
  description = "The bucket: `name`, `arn`, `region`, and `kms_key_arn` (null without a KMS key)."
  value = {
    name        = var.bucket.name
    arn         = local.bucket_arn
    region      = local.region
    kms_key_arn = local.key_arn
  }

  # Whoever puts an object here finds it versioned, encrypted, locked and protected. The lifecycle rules can wait.
  depends_on = [
    aws_s3_bucket_logging.this,
    aws_s3_bucket_object_lock_configuration.this,
    aws_s3_bucket_ownership_controls.this,
    aws_s3_bucket_policy.this,
    aws_s3_bucket_public_access_block.this,
    aws_s3_bucket_server_side_encryption_configuration.this,
    aws_s3_bucket_versioning.this,
  ]
}

output "destinations" {
  description = "What the Lambda side must know to write here, an entry of its `destinations` for each writer: `bucket`, `region`, `account_id`, `role_arn`, `external_id`, `source_identity`, `key_prefixes`, `permissions`, `deny_overwrites`."
  value = { for key, writer in var.writers : key => {
    bucket          = var.bucket.name
    region          = local.region
    account_id      = local.account_id
    role_arn        = local.role_arns[key]
    external_id     = writer.external_id
    source_identity = writer.source_identity
    key_prefixes    = writer.key_prefixes
    permissions     = writer.permissions
    deny_overwrites = var.deny_overwrites
  } }

  # Whoever waits for this finds a bucket that takes, encrypts and keeps what is written to it.
  depends_on = [
    aws_iam_role.writer,
    aws_iam_role_policy.kms,
    aws_iam_role_policy.write,
    aws_s3_bucket_object_lock_configuration.this,
    aws_s3_bucket_ownership_controls.this,
    aws_s3_bucket_server_side_encryption_configuration.this,
    aws_s3_bucket_versioning.this,
  ]
}

output "key_policy_statements" {
  description = "The statements that the policy of a key needs that exists already, as JSON, unless that policy leaves the account's IAM to decide."
  value       = local.key_policy_statements
}

output "policies" {
  description = "The rendered policies as JSON, for review: `trust`, `write` and `kms` of each writer's role, by writer; `bucket`; `key` (null without a key of its own)."
  value = {
    trust  = local.trust_policies
    write  = local.write_policies
    kms    = local.kms_policies
    bucket = local.bucket_policy
    key    = var.encryption.mode == "own-key" ? local.key_policy : null
  }
}

output "roles" {
  description = "The role of each writer, by writer: `name`, `arn`. Attach nothing to them: the next apply would take it away."
  value = { for key, role in aws_iam_role.writer : key => {
    name = role.id
    arn  = local.role_arns[key]
  } }
}
