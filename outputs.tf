output "batch_job_roles" {
  description = "The roles to pass to jobs of S3 Batch Operations, by their keys in `sources.batch_jobs`: `name`, `arn`."
  value       = module.lambda_account.batch_job_roles
}

output "bucket" {
  description = "The bucket: `name`, `arn`, `region`, and `kms_key_arn` (null without a KMS key)."
  value       = module.s3_account.bucket
}

output "bucket_policy_statements" {
  description = "Statements for the policy of a bucket that exists, each as JSON by its Sid, for its owner to add: HTTPS and TLS 1.2 (`DenyPlainHttp`, `DenyOldTls`), no keys of the caller's (`DenyKeysOfTheCaller`), no other encryption (`DenyOtherEncryption`, with a key also `DenyOtherKeys` and `DenyUnnamedKeys`), no other writers (`DenyOtherWriters`), and no overwrites (`DenyOverwrites`, with `on_existing = \"keep\"` only)."
  value       = module.s3_account.bucket_policy_statements
}

output "execution_role" {
  description = "The function's execution role, in the Lambda account: `name`, `arn`."
  value       = module.lambda_account.role
}

output "failure_queue" {
  description = "The queue of failed events: `name`, `arn`, and `replay_arn`, the queue to move them to (null without one); null when there is none."
  value       = module.lambda_account.failure_queue
}

output "function" {
  description = "The function: `name`, `arn`, `log_group`."
  value       = module.lambda_account.function
}

output "key_policy_statements" {
  description = "The statements that the policy of a key needs that exists already, as JSON, unless that policy leaves the account's IAM to decide."
  value       = module.s3_account.key_policy_statements
}

output "notify" {
  description = "The function's ARN, known once S3 may invoke it: for the `aws_s3_bucket_notification` of a bucket with `told_by = \"notification\"`."
  value       = module.lambda_account.notify
}

output "policies" {
  description = "Every rendered policy as JSON, for review: by side, then by what it governs."
  value = {
    lambda_account = module.lambda_account.policies
    s3_account     = module.s3_account.policies
  }
}

output "s3_role" {
  description = "The role in the S3 account that the function assumes: `name`, `arn`. Attach nothing to it: the next apply would take it away."
  value       = module.s3_account.roles["default"]
}
