output "bucket" {
  description = "The bucket of the archive."
  value       = module.archive.bucket
}

output "execution_role" {
  description = "The role of the function, which is not the module's."
  value       = { name = aws_iam_role.function.id, arn = local.role_arn }
}

output "function" {
  description = "The function, which is not the module's."
  value = {
    name      = aws_lambda_function.own.id
    arn       = local.function_arn
    log_group = aws_cloudwatch_log_group.function.id
  }
}

output "policies" {
  description = "Every policy of both sides, for review."
  value = {
    lambda_account = {
      trust  = aws_iam_role.function.assume_role_policy
      assume = module.archive.assume_policies["default"]
      logs   = aws_iam_role_policy.logs.policy
    }
    s3_account = module.archive.policies
  }
}

output "s3_role" {
  description = "The role that the function assumes."
  value       = module.archive.roles["default"]
}
