# The how-to's chain as one writes it by hand: two roles, a function and a bucket, and no more than that.

provider "aws" {
  alias   = "lambda_account"
  profile = var.lambda_profile
  region  = "eu-central-1"
}

provider "aws" {
  alias   = "s3_account"
  profile = var.s3_profile
  region  = "eu-central-1"
}

data "aws_caller_identity" "s3_account" {
  provider = aws.s3_account
}

resource "aws_iam_role" "lambda" {
  provider = aws.lambda_account
  name     = "lambda_role"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "lambda.amazonaws.com" }
    }]
  })
}

resource "aws_iam_role_policy" "assume" {
  provider = aws.lambda_account
  name     = "assume"
  role     = aws_iam_role.lambda.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = "sts:AssumeRole"
      Resource = "arn:aws:iam::${data.aws_caller_identity.s3_account.account_id}:role/s3-account-role"
    }]
  })
}

resource "aws_iam_role_policy_attachment" "logs" {
  provider   = aws.lambda_account
  role       = aws_iam_role.lambda.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
}

resource "aws_lambda_function" "writer" {
  provider         = aws.lambda_account
  function_name    = "inbound-mail"
  role             = aws_iam_role.lambda.arn
  runtime          = "python3.13"
  handler          = "cross_account_s3.handler.handler"
  filename         = "${path.module}/../../lambda/package.zip"
  source_code_hash = filebase64sha256("${path.module}/../../lambda/package.zip")
  timeout          = 60
}

resource "aws_iam_role" "writer" {
  provider = aws.s3_account
  name     = "s3-account-role"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { AWS = aws_iam_role.lambda.arn }
    }]
  })
}

resource "aws_iam_role_policy" "write" {
  provider = aws.s3_account
  name     = "write"
  role     = aws_iam_role.writer.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = "s3:PutObject"
      Resource = "${aws_s3_bucket.mail.arn}/*"
    }]
  })
}

resource "aws_s3_bucket" "mail" {
  provider = aws.s3_account
  bucket   = var.bucket
}
