output "execution_role" {
  description = "The function's execution role."
  value       = module.lambda_account.role
}

output "function" {
  description = "The function that writes."
  value       = module.lambda_account.function
}

output "policies" {
  description = "Every policy of this side, for review."
  value       = { lambda_account = module.lambda_account.policies }
}

output "writer" {
  description = "For the team of the bucket, as exchange/writer.json."
  value       = module.lambda_account.writer
}
