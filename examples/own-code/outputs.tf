output "bucket" {
  description = "The bucket that the function writes to."
  value       = module.reports.bucket
}

output "execution_role" {
  description = "The function's execution role."
  value       = module.reports.execution_role
}

output "function" {
  description = "The function that writes."
  value       = module.reports.function
}

output "policies" {
  description = "Every rendered policy, for review."
  value       = module.reports.policies
}

output "s3_role" {
  description = "The role that the function assumes."
  value       = module.reports.s3_role
}
