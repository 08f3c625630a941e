# Where an event waits that was not processed: Lambda puts it there after its retries, with the error, and EventBridge
# and SNS what they could not hand to Lambda. Whoever invokes directly is answered, and a queue keeps its own messages.
locals {
  failure_queue     = "${var.name}-failures"
  failure_queue_arn = "arn:${local.partition}:sqs:${local.region}:${local.account_id}:${local.failure_queue}"

  failures_policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [{
        Sid      = "SendFailuresToItsQueue"
        Effect   = "Allow"
        Action   = "sqs:SendMessage"
        Resource = local.failure_queue_arn
      }],
      [for arn in var.failure_queue.kms_key_arn[*] : {
        Sid      = "EncryptThroughItsQueue"
        Effect   = "Allow"
        Action   = ["kms:GenerateDataKey", "kms:Decrypt"]
        Resource = arn
        Condition = { StringEquals = {
          "kms:ViaService" = "sqs.${split(":", arn)[3]}.${data.aws_partition.this.dns_suffix}"
        } }
      }],
    )
  })

  # Who puts events there beside the function's role, each for its own resources.
  failure_senders = {
    RulesSendFailures  = { service = "events.amazonaws.com", source_arns = values(local.event_rule_arns) }
    TopicsSendFailures = { service = "sns.amazonaws.com", source_arns = values(local.subscriptions)[*].arn }
  }
  failure_queue_policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [for sid, sender in local.failure_senders : {
        Sid       = sid
        Effect    = "Allow"
        Principal = { Service = sender.service }
        Action    = "sqs:SendMessage"
        Resource  = local.failure_queue_arn
        Condition = { ArnEquals = { "aws:SourceArn" = sender.source_arns } }
      } if length(sender.source_arns) > 0],
      [merge(local.deny_plain_http, { Resource = local.failure_queue_arn })],
    )
  })

  deny_plain_http = {
    Sid       = "DenyPlainHttp"
    Effect    = "Deny"
    Principal = "*"
    Action    = "sqs:*"
    Condition = { Bool = { "aws:SecureTransport" = "false" } }
  }
}

resource "aws_sqs_queue" "failures" {
  #checkov:skip=CKV2_AWS_73:SQS encrypts it with keys of its own, which costs nothing and needs no key policy: failure_queue.kms_key_arn takes another
  count = var.failure_queue.create ? 1 : 0

  name                      = local.failure_queue
  message_retention_seconds = var.failure_queue.retention_days * 24 * 60 * 60
  sqs_managed_sse_enabled   = var.failure_queue.kms_key_arn == null ? true : null
  kms_master_key_id         = var.failure_queue.kms_key_arn
  policy                    = local.failure_queue_policy
  tags                      = var.tags
}

resource "aws_iam_role_policy" "failures" {
  count = var.failure_queue.create ? 1 : 0

  name   = "failures"
  role   = aws_iam_role.execution.id
  policy = local.failures_policy
}

resource "aws_lambda_function_event_invoke_config" "this" {
  count = var.failure_queue.create ? 1 : 0

  # `.id`, not `.function_name`: it is unknown when the function is replaced, and Lambda drops this with the function.
  function_name = aws_lambda_function.this.id

  # Lambda's defaults. Without them, the provider reports the age as a change after each apply.
  maximum_event_age_in_seconds = 6 * 60 * 60
  maximum_retry_attempts       = 2

  destination_config {
    on_failure {
      destination = local.failure_queue_arn
    }
  }

  # Lambda refuses a destination that does not exist or that the role may not write to.
  depends_on = [aws_sqs_queue.failures, aws_iam_role_policy.failures]
}
