output "assume_policies" {
  description = "What each writer's own role needs in its account, as the JSON of an inline policy, by writer: to assume the role here, as its `function_arn` only. For a function or a container of your own; the Lambda side has it already."
  value       = local.assume_policies
}

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

  precondition {
    condition     = var.encryption.key_arn == null ? true : split(":", var.encryption.key_arn)[3] == local.region
    error_message = "encryption.key_arn must be a key of the bucket's region, ${local.region}: S3 encrypts with no other."
  }

  precondition {
    condition     = var.bucket.create || terraform_data.bucket_name.output == ""
    error_message = "bucket.create = false would delete the bucket \"${terraform_data.bucket_name.output}\" that this module has made, and its protection first. To keep it and manage it elsewhere, take it out of the state before, as docs/day-2.md says under \"Leave a bucket behind\"."
  }

  precondition {
    condition     = var.bucket.create || var.encryption.mode != "own-key"
    error_message = "bucket.create = false: say how the bucket encrypts, encryption = { mode = \"sse-s3\" } or { mode = \"existing-key\", key_arn = ... }. A key of its own is made for a bucket of the module's only."
  }

  precondition {
    condition = var.bucket.create || !(
      var.deny_other_encryption || var.deny_other_writers || var.deny_overwrites || var.object_lock != null
    )
    error_message = "bucket.create = false leaves the bucket as it is: leave out deny_other_encryption, deny_other_writers, deny_overwrites and object_lock, and add what you want of the output bucket_policy_statements to the bucket's policy."
  }
}

output "bucket_policy_statements" {
  description = "Statements for the policy of a bucket that exists, each as JSON by its Sid, for its owner to add: HTTPS and TLS 1.2 (`DenyPlainHttp`, `DenyOldTls`), no keys of the caller's (`DenyKeysOfTheCaller`), no other encryption (`DenyOtherEncryption`, with a key also `DenyOtherKeys` and `DenyUnnamedKeys`), no other writers (`DenyOtherWriters`), and no overwrites (`DenyOverwrites`, with `on_existing = \"keep\"` only)."
  value       = local.advised_statements
}

output "destinations" {
  description = "What the Lambda side must know to write here, an entry of its `destinations` for each writer: `bucket`, `region`, `account_id`, `role_arn`, `external_id`, `source_identity`, `session_tags`, `key_prefixes`, `permissions`, `deny_overwrites`."
  value = { for key, writer in var.writers : key => {
    bucket          = var.bucket.name
    region          = local.region
    account_id      = local.account_id
    role_arn        = local.role_arns[key]
    external_id     = writer.external_id
    source_identity = writer.source_identity
    session_tags    = writer.session_tags
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
  description = "The rendered policies as JSON, for review: `trust`, `write` and `kms` of each writer's role, by writer; `bucket` (null for a bucket that exists); `key` (null without a key of its own)."
  value = {
    trust  = local.trust_policies
    write  = local.write_policies
    kms    = local.kms_policies
    bucket = var.bucket.create ? local.bucket_policy : null
    key    = local.has_own_key ? local.key_policy : null
  }
}

output "roles" {
  description = "The role of each writer, by writer: `name`, `arn`. Attach nothing to them: the next apply would take it away."
  value = { for key, role in aws_iam_role.writer : key => {
    name = role.id
    arn  = local.role_arns[key]
  } }
}
