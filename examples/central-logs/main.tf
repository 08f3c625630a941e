provider "aws" {
  alias   = "lambda_account"
  profile = var.lambda_profile
  region  = var.region
}

provider "aws" {
  alias   = "second_account"
  profile = var.second_profile
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

data "aws_caller_identity" "second" {
  provider = aws.second_account
}

data "aws_partition" "this" {
  provider = aws.s3_account
}

# By name, and decoupled: the bucket's side then reads no output of the functions' side, which reads its outputs. A loop
# over the modules would be a cycle.
locals {
  partition = data.aws_partition.this.partition
  accounts = {
    orders   = data.aws_caller_identity.lambda.account_id
    invoices = data.aws_caller_identity.lambda.account_id
    shop     = data.aws_caller_identity.second.account_id
  }
  writers = { for key, account_id in local.accounts : key => {
    role_arn     = "arn:${local.partition}:iam::${account_id}:role/${var.name}-${key}-lambda"
    function_arn = "arn:${local.partition}:lambda:${var.region}:${account_id}:function:${var.name}-${key}"
    external_id  = "${var.name}/${key}"
    key_prefixes = ["${key}/"]
    trust_mode   = "decoupled"
  } }
}

module "central" {
  source    = "../../modules/s3-account"
  providers = { aws = aws.s3_account }

  name    = var.name
  bucket  = { name = var.bucket }
  writers = local.writers
}

module "first_account" {
  source    = "../../modules/lambda-account"
  providers = { aws = aws.lambda_account }
  for_each  = toset(["orders", "invoices"])

  name         = "${var.name}-${each.key}"
  destinations = { default = module.central.destinations[each.key] }

  # A sandbox: in production, the log is left when the function goes.
  logs = { keep = false }
}

module "second_account" {
  source    = "../../modules/lambda-account"
  providers = { aws = aws.second_account }
  for_each  = toset(["shop"])

  name         = "${var.name}-${each.key}"
  destinations = { default = module.central.destinations[each.key] }

  logs = { keep = false }
}
