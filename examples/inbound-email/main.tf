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

  # A sandbox: in production, the log is left when the function goes.
  logs = { keep = false }

  sources = {
    buckets = [{ name = aws_s3_bucket.mail.bucket, prefixes = [local.imported] }]
    email   = { bucket = aws_s3_bucket.mail.bucket, prefix = local.received }
  }
}

# SES tells the topic where it has stored a message, and the topic tells the function.
resource "aws_sns_topic_subscription" "received" {
  provider = aws.lambda_account

  topic_arn = aws_sns_topic.received.arn
  protocol  = "lambda"
  endpoint  = module.inbound_mail.function.arn

  depends_on = [aws_lambda_permission.received]
}

resource "aws_lambda_permission" "received" {
  provider = aws.lambda_account

  statement_id  = "ReceivedMail"
  action        = "lambda:InvokeFunction"
  function_name = module.inbound_mail.function.name
  principal     = "sns.amazonaws.com"
  source_arn    = aws_sns_topic.received.arn
}

# What is imported into the mail bucket S3 tells the function itself.
resource "aws_s3_bucket_notification" "imported" {
  provider = aws.lambda_account

  bucket = aws_s3_bucket.mail.id

  lambda_function {
    lambda_function_arn = module.inbound_mail.function.arn
    events              = ["s3:ObjectCreated:*"]
    filter_prefix       = local.imported
  }

  # S3 refuses a notification to a function that it may not invoke.
  depends_on = [aws_lambda_permission.imported]
}

resource "aws_lambda_permission" "imported" {
  provider = aws.lambda_account

  statement_id   = "ImportedMail"
  action         = "lambda:InvokeFunction"
  function_name  = module.inbound_mail.function.name
  principal      = "s3.amazonaws.com"
  source_arn     = aws_s3_bucket.mail.arn
  source_account = local.account_id
}
