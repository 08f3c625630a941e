output "function" {
  description = "The function: `name`, `arn`, `log_group`."
  value = {
    name      = aws_lambda_function.this.function_name
    arn       = local.function_arn
    log_group = aws_cloudwatch_log_group.this.name
  }

  depends_on = [aws_lambda_function.this]
}

output "policies" {
  description = "The rendered policies as JSON, for review: `trust`, `assume` and `logs` of the execution role."
  value = {
    trust  = local.trust_policy
    assume = local.assume_policy
    logs   = local.logs_policy
  }
}

output "role" {
  description = "The execution role: `name`, `arn`."
  value = {
    name = aws_iam_role.execution.name
    arn  = local.role_arn
  }

  depends_on = [aws_iam_role.execution]
}

output "writer" {
  description = "What the S3 side must know to let this function in: an entry of its `writers`."
  value = {
    role_arn     = local.role_arn
    unique_id    = aws_iam_role.execution.unique_id
    function_arn = local.function_arn
  }

  # The role must exist before a trust policy may name it.
  depends_on = [aws_iam_role.execution]
}
