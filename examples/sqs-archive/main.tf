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

  # What fails stays with the queue, and ends in its dead-letter queue: nothing arrives asynchronously.
  failure_queue = { create = false }

  # A sandbox: in production, the log is left when the function goes.
  logs = { keep = false }

  sources = {
    queues = { orders = { arn = aws_sqs_queue.orders.arn, holds = "messages" } }
  }
}
