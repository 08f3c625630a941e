data "aws_caller_identity" "lambda" {
  provider = aws.lambda_account
}

data "aws_partition" "this" {
  provider = aws.lambda_account
}

locals {
  account_id       = data.aws_caller_identity.lambda.account_id
  queue_arn        = "arn:${data.aws_partition.this.partition}:sqs:${var.region}:${local.account_id}:${var.name}"
  dead_letters_arn = "${local.queue_arn}-dead-letters"

  deny_plain_http = {
    Sid       = "DenyPlainHttp"
    Effect    = "Deny"
    Principal = "*"
    Action    = "sqs:*"
    Condition = { Bool = { "aws:SecureTransport" = "false" } }
  }
}

resource "aws_sqs_queue" "orders" {
  #checkov:skip=CKV2_AWS_73:SQS encrypts it with keys of its own; a key of yours goes into kms_master_key_id here and into sources.queues
  provider = aws.lambda_account

  name                    = var.name
  sqs_managed_sse_enabled = true

  # AWS asks for six times the function's timeout: Lambda tries a batch again before it gives it back.
  visibility_timeout_seconds = 6 * 60

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead_letters.arn
    maxReceiveCount     = 5
  })

  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [merge(local.deny_plain_http, { Resource = local.queue_arn })]
  })
}

# Where a message ends that could not be archived, five times. Its age counts from when it was first sent.
resource "aws_sqs_queue" "dead_letters" {
  #checkov:skip=CKV2_AWS_73:SQS encrypts it with keys of its own, as the queue
  provider = aws.lambda_account

  name                      = "${var.name}-dead-letters"
  sqs_managed_sse_enabled   = true
  message_retention_seconds = 14 * 24 * 60 * 60

  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = [local.queue_arn]
  })

  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [merge(local.deny_plain_http, { Resource = local.dead_letters_arn })]
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
