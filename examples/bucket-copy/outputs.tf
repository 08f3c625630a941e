output "bucket" {
  description = "The bucket of the archive."
  value       = module.copy.bucket
}

output "execution_role" {
  description = "The function's execution role."
  value       = module.copy.execution_role
}

output "failure_queue" {
  description = "Where failed events wait, and the queue to move them to."
  value       = module.copy.failure_queue
}

output "function" {
  description = "The function that copies."
  value       = module.copy.function
}

output "policies" {
  description = "Every rendered policy of the module, for review."
  value       = module.copy.policies
}

output "s3_role" {
  description = "The role that the function assumes."
  value       = module.copy.s3_role
}
