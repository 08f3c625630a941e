# The function as you may have it: its role, its log and its code. Only the policy `assume` comes from the module.

resource "aws_iam_role" "function" {
  provider = aws.lambda_account

  name = var.name
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "LambdaRunsAsThisRole"
      Effect    = "Allow"
      Principal = { Service = "lambda.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy" "logs" {
  provider = aws.lambda_account

  name = "logs"
  role = aws_iam_role.function.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "WriteToItsOwnLogGroup"
      Effect   = "Allow"
      Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
      Resource = "${local.log_arn}:*"
    }]
  })
}

resource "aws_iam_role_policy" "assume" {
  provider = aws.lambda_account

  name   = "assume"
  role   = aws_iam_role.function.id
  policy = module.archive.assume_policies["default"]
}

resource "aws_cloudwatch_log_group" "function" {
  #checkov:skip=CKV_AWS_158:CloudWatch encrypts it with a key of its own
  provider = aws.lambda_account

  name              = "/aws/lambda/${var.name}"
  retention_in_days = 365
}

resource "aws_lambda_function" "own" {
  #checkov:skip=CKV_AWS_50:Tracing costs, and is not what this example shows
  #checkov:skip=CKV_AWS_115:Concurrency set aside is taken from all other functions
  #checkov:skip=CKV_AWS_116:It is invoked directly, and answers for its failures itself
  #checkov:skip=CKV_AWS_117:It talks to STS and S3 only; in a VPC it would need endpoints for both
  #checkov:skip=CKV_AWS_173:The environment has no secret and Lambda encrypts it
  #checkov:skip=CKV_AWS_272:Its package is not signed
  provider = aws.lambda_account

  function_name    = var.name
  role             = aws_iam_role.function.arn
  runtime          = "python3.13"
  architectures    = ["arm64"]
  handler          = "function.handler"
  filename         = "${path.module}/function.zip"
  source_code_hash = filebase64sha256("${path.module}/function.zip")
  timeout          = 30

  environment {
    variables = {
      ROLE_ARN      = module.archive.roles["default"].arn
      EXTERNAL_ID   = var.external_id
      BUCKET        = module.archive.bucket.name
      BUCKET_REGION = module.archive.bucket.region
      BUCKET_OWNER  = module.archive.destinations["default"].account_id
    }
  }

  logging_config {
    log_format = "JSON"
    log_group  = aws_cloudwatch_log_group.function.name
  }

  depends_on = [aws_iam_role_policy.assume, aws_iam_role_policy.logs]
}
