locals {
  function_arn = "arn:${local.partition}:lambda:${local.region}:${local.account_id}:function:${var.name}"
  package      = coalesce(var.function.package, "${path.module}/../../lambda/package.zip")
}

resource "aws_lambda_function" "this" {
  function_name    = var.name
  description      = "Writes objects to S3 in another account"
  role             = aws_iam_role.execution.arn
  runtime          = var.function.runtime
  architectures    = [var.function.architecture]
  handler          = var.function.handler
  filename         = local.package
  source_code_hash = filebase64sha256(local.package)
  memory_size      = var.function.memory
  timeout          = var.function.timeout
  tags             = var.tags

  environment {
    variables = {
      DESTINATIONS    = jsonencode(var.destinations)
      SESSION_SECONDS = var.session_seconds
    }
  }

  logging_config {
    log_format            = "JSON"
    log_group             = aws_cloudwatch_log_group.this.name
    application_log_level = var.function.log_level
    system_log_level      = "WARN"
  }

  depends_on = [aws_iam_role_policy.assume, aws_iam_role_policy.logs]

  lifecycle {
    # Lambda's grant on the key that encrypts the environment names the role's unique id: a function that
    # outlives its role can no longer decrypt it, although the new role has the same ARN.
    replace_triggered_by = [aws_iam_role.execution.unique_id]
  }
}
