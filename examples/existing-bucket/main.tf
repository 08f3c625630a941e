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

module "archive" {
  source = "../.."
  providers = {
    aws.lambda_account = aws.lambda_account
    aws.s3_account     = aws.s3_account
  }

  name         = var.name
  bucket       = { name = aws_s3_bucket.archive.bucket, create = false }
  encryption   = { mode = "sse-s3" }
  external_id  = var.external_id
  key_prefixes = ["archive/"]

  # A sandbox: in production, the log is left when the function goes.
  logs = { keep = false }
}
