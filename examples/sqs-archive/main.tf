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
  function     = { timeout = local.timeout }

  # Lambda polls the queue as the function's role, so what fails goes back to the queue and then to its dead-letter
  # queue: nothing arrives asynchronously.
  failure_queue = { create = false }

  # Objects and messages arrive in one bucket: each kind has a place of its own.
  writer = {
    object_key = "uploads/{source_key}"
  }

  # A sandbox: in production, the log is left when the function goes.
  logs = { keep = false }

  sources = {
    buckets      = [{ name = aws_s3_bucket.uploads.bucket, prefixes = [""] }]
    queue_arns   = [aws_sqs_queue.archive.arn]
    kms_key_arns = [aws_kms_key.sources.arn]
  }
}

resource "aws_lambda_event_source_mapping" "archive" {
  provider = aws.lambda_account

  event_source_arn = aws_sqs_queue.archive.arn
  function_name    = module.archive.function.arn
  batch_size       = 10

  # Without it, Lambda deletes a whole batch of which the writer says that some have failed.
  function_response_types = ["ReportBatchItemFailures"]
}
