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

module "inbound_mail" {
  source = "../.."
  providers = {
    aws.lambda_account = aws.lambda_account
    aws.s3_account     = aws.s3_account
  }

  name         = var.name
  bucket       = { name = var.bucket }
  external_id  = var.external_id
  key_prefixes = ["mail/"]

  # With a queue to move failed events to, from which the function takes them again.
  failure_queue = { replay = true }

  # A sandbox: in production, the log is left when the function goes.
  logs = { keep = false }

  sources = {
    email = {
      received = {
        bucket    = aws_s3_bucket.mail.bucket
        prefixes  = [local.received]
        topic_arn = aws_sns_topic.received.arn
      }
    }
    buckets = {
      imported = { name = aws_s3_bucket.mail.bucket, prefixes = [local.imported], told_by = "notification" }
    }
  }
}

# What is imported into the mail bucket S3 tells the function itself.
resource "aws_s3_bucket_notification" "imported" {
  provider = aws.lambda_account

  bucket = aws_s3_bucket.mail.id

  lambda_function {
    lambda_function_arn = module.inbound_mail.notify
    events              = ["s3:ObjectCreated:*"]
    filter_prefix       = local.imported
  }
}
