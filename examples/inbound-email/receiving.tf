# SES stores each message in the mail bucket and tells the topic of it.

data "aws_caller_identity" "lambda" {
  provider = aws.lambda_account
}

data "aws_partition" "this" {
  provider = aws.lambda_account
}

locals {
  account_id = data.aws_caller_identity.lambda.account_id
  partition  = data.aws_partition.this.partition

  rule      = "archive"
  rule_set  = "arn:${local.partition}:ses:${var.region}:${local.account_id}:receipt-rule-set/${var.name}"
  rule_arn  = "${local.rule_set}:receipt-rule/${local.rule}"
  topic     = "${var.name}-received"
  topic_arn = "arn:${local.partition}:sns:${var.region}:${local.account_id}:${local.topic}"

  # This rule and no other, in the words of the Amazon SES Developer Guide, "Giving permissions to Amazon SES for email
  # receiving".
  by_this_rule = { StringEquals = {
    "aws:SourceAccount" = local.account_id
    "aws:SourceArn"     = local.rule_arn
  } }
}

# An account has one active rule set in a region, and this example does not take another's place: README.md says how to
# make it the active one.
resource "aws_ses_receipt_rule_set" "this" {
  provider = aws.lambda_account

  rule_set_name = var.name
}

resource "aws_ses_receipt_rule" "archive" {
  provider = aws.lambda_account

  name          = local.rule
  rule_set_name = aws_ses_receipt_rule_set.this.rule_set_name
  recipients    = var.recipients
  enabled       = true
  scan_enabled  = true
  tls_policy    = "Require"

  s3_action {
    position          = 1
    bucket_name       = aws_s3_bucket.mail.bucket
    object_key_prefix = local.received
    topic_arn         = aws_sns_topic.received.arn
  }

  # SES tries both before it takes the rule.
  depends_on = [aws_s3_bucket_policy.mail, aws_sns_topic_policy.received]
}

resource "aws_sns_topic" "received" {
  provider = aws.lambda_account

  name              = local.topic
  kms_master_key_id = aws_kms_key.topic.arn
}

resource "aws_sns_topic_policy" "received" {
  provider = aws.lambda_account

  arn = aws_sns_topic.received.arn
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "SesTellsOfReceivedMail"
        Effect    = "Allow"
        Principal = { Service = "ses.amazonaws.com" }
        Action    = "sns:Publish"
        Resource  = local.topic_arn
        Condition = local.by_this_rule
      },
      {
        Sid       = "DenyPlainHttp"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sns:Publish"
        Resource  = local.topic_arn
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
    ]
  })
}

# A notification has the headers of the message. AWS's own key for SNS cannot be used: its policy does not know SES.
resource "aws_kms_key" "topic" {
  provider = aws.lambda_account

  description         = "Encrypts the topic ${local.topic}"
  enable_key_rotation = true
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "AccountAdministersThroughIam"
        Effect    = "Allow"
        Principal = { AWS = "arn:${local.partition}:iam::${local.account_id}:root" }
        Action    = "kms:*"
        Resource  = "*"
      },
      {
        Sid       = "SesTellsTheTopicOfReceivedMail"
        Effect    = "Allow"
        Principal = { Service = "ses.amazonaws.com" }
        Action    = ["kms:Decrypt", "kms:GenerateDataKey*"]
        Resource  = "*"
        Condition = { StringEquals = { "aws:SourceAccount" = local.account_id } }
      },
    ]
  })
}
