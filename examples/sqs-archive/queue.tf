data "aws_caller_identity" "lambda" {
  provider = aws.lambda_account
}

data "aws_partition" "this" {
  provider = aws.lambda_account
}

locals {
  account_id = data.aws_caller_identity.lambda.account_id
  partition  = data.aws_partition.this.partition

  queue_arn        = "arn:${local.partition}:sqs:${var.region}:${local.account_id}:${var.name}"
  dead_letters_arn = "${local.queue_arn}-dead-letters"

  timeout = 60
}

resource "aws_sqs_queue" "archive" {
  provider = aws.lambda_account

  name              = var.name
  kms_master_key_id = aws_kms_key.sources.arn

  # AWS asks for six times the function's timeout: Lambda tries a batch again before it gives it back.
  visibility_timeout_seconds = 6 * local.timeout

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead_letters.arn
    maxReceiveCount     = 5
  })

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "UploadsAreToldOf"
        Effect    = "Allow"
        Principal = { Service = "s3.amazonaws.com" }
        Action    = "sqs:SendMessage"
        Resource  = local.queue_arn
        Condition = {
          ArnEquals    = { "aws:SourceArn" = local.uploads_arn }
          StringEquals = { "aws:SourceAccount" = local.account_id }
        }
      },
      {
        Sid       = "DenyPlainHttp"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sqs:*"
        Resource  = local.queue_arn
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
    ]
  })
}

# Where a message ends that could not be archived, five times. Its age counts from when it was first sent.
resource "aws_sqs_queue" "dead_letters" {
  provider = aws.lambda_account

  name                      = "${var.name}-dead-letters"
  kms_master_key_id         = aws_kms_key.sources.arn
  message_retention_seconds = 14 * 24 * 60 * 60

  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = [local.queue_arn]
  })

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "DenyPlainHttp"
      Effect    = "Deny"
      Principal = "*"
      Action    = "sqs:*"
      Resource  = local.dead_letters_arn
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })
}

resource "aws_cloudwatch_metric_alarm" "dead_letters" {
  provider = aws.lambda_account

  alarm_name          = "${var.name}-dead-letters"
  alarm_description   = "A message could not be archived: the function's log says why"
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateNumberOfMessagesVisible"
  dimensions          = { QueueName = aws_sqs_queue.dead_letters.name }
  statistic           = "Maximum"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  period              = 300
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_actions
}

# One key for what waits in the Lambda account, in queues and in the bucket.
resource "aws_kms_key" "sources" {
  provider = aws.lambda_account

  description         = "Encrypts the queues and the uploads of ${var.name}"
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
      # An encrypted queue takes S3's notifications only if S3 may use its key.
      {
        Sid       = "S3TellsTheQueueOfUploads"
        Effect    = "Allow"
        Principal = { Service = "s3.amazonaws.com" }
        Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource  = "*"
        Condition = {
          ArnEquals    = { "aws:SourceArn" = local.uploads_arn }
          StringEquals = { "aws:SourceAccount" = local.account_id }
        }
      },
    ]
  })
}
