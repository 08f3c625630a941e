# What lets sources tell the function: a mapping for a queue, a rule or a subscription where it takes one, and a
# permission for each that invokes the function itself.
locals {
  # By name and statement id.
  event_rules = merge(
    { for key, rule in var.sources.rules : "rule-${key}" => rule },
    { for key, bucket in var.sources.buckets : "bucket-${key}" => {
      bus = "default"
      pattern = jsonencode({
        source      = ["aws.s3"]
        detail-type = ["Object Created"]
        detail = merge(
          { bucket = { name = [bucket.name] } },
          contains(bucket.prefixes, "")
          ? {}
          : { object = { key = [for prefix in bucket.prefixes : { prefix = prefix }] } },
        )
      })
    } if bucket.told_by == "eventbridge" },
  )
  event_rule_arns = { for key, rule in local.event_rules : key => join("", [
    "arn:${local.partition}:events:${local.region}:${local.account_id}:rule/",
    rule.bus == "default" ? "" : "${rule.bus}/",
    "${var.name}-${key}",
  ]) }

  subscriptions = merge(
    { for key, topic in var.sources.topics : "topic-${key}" => topic },
    { for key, email in var.sources.email : "mail-${key}" => {
      arn                 = email.topic_arn
      filter_policy       = null
      filter_policy_scope = null
    } if email.told_by == "topic" },
  )

  # Each for one resource of one account: a service asks for whoever uses it.
  invokers = merge(
    { for key, arn in local.event_rule_arns : key => {
      principal      = "events.amazonaws.com"
      source_arn     = arn
      source_account = null
    } },
    { for key, subscription in local.subscriptions : key => {
      principal      = "sns.amazonaws.com"
      source_arn     = subscription.arn
      source_account = null
    } },
    # The ARN of a bucket has no account, and a name may become somebody else's.
    { for key, bucket in var.sources.buckets : "bucket-${key}" => {
      principal      = "s3.amazonaws.com"
      source_arn     = "arn:${local.partition}:s3:::${bucket.name}"
      source_account = local.account_id
    } if bucket.told_by == "notification" },
    # Not for one rule: SES takes a rule only if it may invoke the function already.
    { for key, email in var.sources.email : "mail-${key}" => {
      principal      = "ses.amazonaws.com"
      source_arn     = "arn:${local.partition}:ses:${local.region}:${local.account_id}:receipt-rule-set/*"
      source_account = local.account_id
    } if email.told_by == "function" },
  )

  # What Lambda makes of the permissions, for review.
  function_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [for sid, invoker in local.invokers : {
      Sid       = sid
      Effect    = "Allow"
      Principal = { Service = invoker.principal }
      Action    = "lambda:InvokeFunction"
      Resource  = local.function_arn
      Condition = merge(
        { ArnLike = { "AWS:SourceArn" = invoker.source_arn } },
        invoker.source_account == null ? {} : { StringEquals = { "AWS:SourceAccount" = invoker.source_account } },
      )
    }]
  })

  # Who tells of the objects of which buckets, as the writer knows them.
  tellers = merge(
    { eventbridge = "eventbridge", notification = "notification" },
    { for key, queue in var.sources.queues : "queue:${key}" => queue.arn },
    { for key, topic in var.sources.topics : "topic:${key}" => topic.arn },
  )
  told = concat(
    [
      for bucket in local.buckets : { by = local.tellers[bucket.told_by], name = bucket.name }
      if bucket.told_by != "nobody"
    ],
    [for email in local.email : { by = email.topic_arn, name = email.bucket } if email.told_by == "topic"],
  )
  buckets_by_teller = { for told in local.told : told.by => told.name... }

  # What lambda/cross_account_s3/model.py has as Sources.
  sources_environment = {
    buckets = sort(distinct(local.source_buckets[*].name))
    told    = { for teller, names in local.buckets_by_teller : teller => sort(distinct(names)) }
    queues = merge(
      { for queue in var.sources.queues : queue.arn => queue.holds },
      var.failure_queue.replay ? { (local.replay_queue_arn) = "events" } : {},
    )
    topics = merge(
      { for topic in var.sources.topics : topic.arn => topic.holds },
      { for email in local.email : email.topic_arn => "mail" if email.told_by == "topic" },
    )
    mail = one([
      for email in local.email : { bucket = email.bucket, prefix = email.prefixes[0] } if email.told_by == "function"
    ])
    rules = length(var.sources.rules) > 0
    jobs  = length(var.sources.batch_jobs) > 0
  }
}

resource "aws_lambda_event_source_mapping" "queue" {
  for_each = var.sources.queues

  function_name                      = aws_lambda_function.this.id
  event_source_arn                   = each.value.arn
  batch_size                         = each.value.batch_size
  maximum_batching_window_in_seconds = each.value.batch_window == 0 ? null : each.value.batch_window
  tags                               = var.tags

  # Without it, Lambda deletes a whole batch of which the writer says that some have failed.
  function_response_types = ["ReportBatchItemFailures"]

  dynamic "scaling_config" {
    for_each = each.value.max_concurrency[*]

    content {
      maximum_concurrency = scaling_config.value
    }
  }

  dynamic "filter_criteria" {
    for_each = length(each.value.filters) > 0 ? [each.value.filters] : []

    content {
      dynamic "filter" {
        for_each = filter_criteria.value

        content {
          pattern = filter.value
        }
      }
    }
  }

  # Lambda refuses it as long as the role may not read the queue.
  depends_on = [aws_iam_role_policy.sources]
}

resource "aws_lambda_permission" "source" {
  for_each = local.invokers

  # `.id`, not `.function_name`: it is unknown when the function is replaced, and Lambda drops this with the function.
  function_name  = aws_lambda_function.this.id
  statement_id   = each.key
  action         = "lambda:InvokeFunction"
  principal      = each.value.principal
  source_arn     = each.value.source_arn
  source_account = each.value.source_account
}

resource "aws_cloudwatch_event_rule" "source" {
  for_each = local.event_rules

  name           = "${var.name}-${each.key}"
  description    = "Sends events to the Lambda function ${var.name}"
  event_bus_name = each.value.bus
  event_pattern  = each.value.pattern
  tags           = var.tags

  lifecycle {
    precondition {
      condition     = length("${var.name}-${each.key}") <= 64
      error_message = "sources: the rule ${var.name}-${each.key} has more than the 64 characters that EventBridge takes: give the entry a shorter key."
    }
  }
}

resource "aws_cloudwatch_event_target" "source" {
  for_each = local.event_rules

  rule           = aws_cloudwatch_event_rule.source[each.key].name
  event_bus_name = each.value.bus
  target_id      = "function"
  arn            = local.function_arn

  # EventBridge's defaults, for what it cannot hand to Lambda. What Lambda has taken, Lambda tries again itself.
  retry_policy {
    maximum_event_age_in_seconds = 24 * 60 * 60
    maximum_retry_attempts       = 185
  }

  dead_letter_config {
    arn = local.failure_queue_arn
  }

  depends_on = [aws_lambda_permission.source, aws_sqs_queue.failures]
}

resource "aws_sns_topic_subscription" "source" {
  for_each = local.subscriptions

  topic_arn           = each.value.arn
  protocol            = "lambda"
  endpoint            = local.function_arn
  filter_policy       = each.value.filter_policy
  filter_policy_scope = each.value.filter_policy == null ? null : each.value.filter_policy_scope
  redrive_policy      = jsonencode({ deadLetterTargetArn = local.failure_queue_arn })

  depends_on = [aws_lambda_permission.source, aws_sqs_queue.failures]
}
