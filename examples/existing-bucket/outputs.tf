output "bucket" {
  description = "The bucket of the archive."
  value       = module.archive.bucket
}

output "execution_role" {
  description = "The function's execution role."
  value       = module.archive.execution_role
}

output "failure_queue" {
  description = "Where failed events wait."
  value       = module.archive.failure_queue
}

output "function" {
  description = "The function that writes."
  value       = module.archive.function
}

output "policies" {
  description = "Every rendered policy of the module, for review."
  value       = module.archive.policies
}

output "s3_role" {
  description = "The role that the function assumes."
  value       = module.archive.s3_role
}
