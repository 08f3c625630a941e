# The way back for events that failed. SQS moves messages out of a dead-letter queue only into a queue that could have
# filled it, so this one names the failure queue. The failure queue itself as a source would loop.
locals {
  replay_queue     = "${var.name}-replay"
  replay_queue_arn = "arn:${local.partition}:sqs:${local.region}:${local.account_id}:${local.replay_queue}"

  replay_queue_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [merge(local.deny_plain_http, { Resource = local.replay_queue_arn })]
  })
}

resource "aws_sqs_queue" "replay" {
  #checkov:skip=CKV2_AWS_73:SQS encrypts it with keys of its own, as the failure queue: failure_queue.kms_key_arn takes another
  count = var.failure_queue.replay ? 1 : 0

  name                       = local.replay_queue
  visibility_timeout_seconds = 6 * var.function.timeout
  message_retention_seconds  = var.failure_queue.retention_days * 24 * 60 * 60
  sqs_managed_sse_enabled    = var.failure_queue.kms_key_arn == null ? true : null
  kms_master_key_id          = var.failure_queue.kms_key_arn
  policy                     = local.replay_queue_policy
  tags                       = var.tags

  # An event that fails again goes back to where it came from.
  redrive_policy = jsonencode({
    deadLetterTargetArn = local.failure_queue_arn
    maxReceiveCount     = 3
  })

  depends_on = [aws_sqs_queue.failures]
}

resource "aws_lambda_event_source_mapping" "replay" {
  count = var.failure_queue.replay ? 1 : 0

  function_name           = aws_lambda_function.this.id
  event_source_arn        = aws_sqs_queue.replay[0].arn
  batch_size              = 10
  tags                    = var.tags
  function_response_types = ["ReportBatchItemFailures"]

  depends_on = [aws_iam_role_policy.sources]
}
