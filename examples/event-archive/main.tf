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
  bucket       = { name = var.bucket }
  external_id  = var.external_id
  key_prefixes = ["archive/"]

  # With a queue to move failed events to, from which the function takes them again.
  failure_queue = { replay = true }

  # A sandbox: in production, the log is left when the function goes.
  logs = { keep = false }

  sources = {
    rules = { orders = { pattern = jsonencode({ source = ["acme.orders"] }) } }
  }
}
