output "bucket" {
  description = "The bucket of the archive."
  value       = module.backfill.bucket
}

output "execution_role" {
  description = "The function's execution role."
  value       = module.backfill.execution_role
}

output "function" {
  description = "The function that copies."
  value       = module.backfill.function
}

output "job_role" {
  description = "The role to pass to a job of S3 Batch Operations."
  value       = module.backfill.batch_job_roles["backfill"]
}

output "policies" {
  description = "Every rendered policy of the module, for review."
  value       = module.backfill.policies
}

output "s3_role" {
  description = "The role that the function assumes."
  value       = module.backfill.s3_role
}
