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

provider "aws" {
  alias   = "second_account"
  profile = var.second_profile
  region  = var.region
}

locals {
  pattern = jsonencode({ source = ["acme.orders"] })
}

module "archive" {
  source = "../.."
  providers = {
    aws.lambda_account = aws.lambda_account
    aws.s3_account     = aws.s3_account
  }

  name         = "${var.name}-archive"
  bucket       = { name = var.bucket }
  external_id  = "${var.name}/archive"
  key_prefixes = ["events/"]
  sources      = { rules = { orders = { pattern = local.pattern } } }

  # A sandbox: in production, the log is left when the function goes.
  logs = { keep = false }
}

module "partner" {
  source = "../.."
  providers = {
    aws.lambda_account = aws.lambda_account
    aws.s3_account     = aws.second_account
  }

  name         = "${var.name}-partner"
  bucket       = { name = "${var.bucket}-partner" }
  external_id  = "${var.name}/partner"
  key_prefixes = ["events/"]
  sources      = { rules = { orders = { pattern = local.pattern } } }

  logs = { keep = false }
}
