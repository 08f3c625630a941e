provider "aws" {
  alias   = "lambda_account"
  profile = var.lambda_profile
  region  = var.region
}

provider "aws" {
  alias   = "s3_account"
  profile = var.s3_profile
  region  = var.region
}

data "aws_caller_identity" "lambda" {
  provider = aws.lambda_account
}

data "aws_partition" "this" {
  provider = aws.lambda_account
}

# By name, so that every policy can be read in the first plan.
locals {
  account_id   = data.aws_caller_identity.lambda.account_id
  partition    = data.aws_partition.this.partition
  function_arn = "arn:${local.partition}:lambda:${var.region}:${local.account_id}:function:${var.name}"
  log_arn      = "arn:${local.partition}:logs:${var.region}:${local.account_id}:log-group:/aws/lambda/${var.name}"
  role_arn     = "arn:${local.partition}:iam::${local.account_id}:role/${var.name}"
}

module "archive" {
  source    = "../../modules/s3-account"
  providers = { aws = aws.s3_account }

  name   = var.name
  bucket = { name = var.bucket }
  writers = {
    default = {
      role_arn     = local.role_arn
      unique_id    = aws_iam_role.function.unique_id
      function_arn = local.function_arn
      external_id  = var.external_id
      key_prefixes = ["archive/"]
    }
  }
}
