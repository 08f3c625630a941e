output "bucket" {
  description = "The bucket that the function writes to."
  value       = module.inbound_mail.bucket
}

output "execution_role" {
  description = "The function's execution role."
  value       = module.inbound_mail.execution_role
}

output "function" {
  description = "The function that writes."
  value       = module.inbound_mail.function
}

output "policies" {
  description = "Every rendered policy, for review."
  value       = module.inbound_mail.policies
}

output "s3_role" {
  description = "The role that the function assumes."
  value       = module.inbound_mail.s3_role
}
