output "batch_job_roles" {
  description = "The roles to pass to jobs of S3 Batch Operations, by their keys in `sources.batch_jobs`: `name`, `arn`."
  value = { for key in keys(var.sources.batch_jobs) : key => {
    name = aws_iam_role.batch_job[key].id
    arn  = "arn:${local.partition}:iam::${local.account_id}:role${var.execution_role.path}${var.name}-${key}-batch"
  } }

  depends_on = [aws_iam_role_policy.batch_job]
}

output "failure_queue" {
  description = "The queue of failed events: `name`, `arn`, and `replay_arn`, the queue to move them to (null without one); null when there is none."
  value = var.failure_queue.create ? {
    name       = local.failure_queue
    arn        = local.failure_queue_arn
    replay_arn = var.failure_queue.replay ? local.replay_queue_arn : null
  } : null

  depends_on = [aws_sqs_queue.failures, aws_sqs_queue.replay]
}

output "function" {
  description = "The function: `name`, `arn`, `log_group`."
  value = {
    name      = aws_lambda_function.this.id
    arn       = local.function_arn
    log_group = aws_cloudwatch_log_group.this.id
  }

  depends_on = [aws_lambda_function.this]
}

output "notify" {
  description = "The function's ARN, known once S3 may invoke it: for the `aws_s3_bucket_notification` of a bucket with `told_by = \"notification\"`."
  value       = local.function_arn

  depends_on = [aws_lambda_function.this, aws_lambda_permission.source]
}

output "policies" {
  description = "The rendered policies as JSON, for review: `trust`, `assume`, `logs`, `failures`, `sources`, `tracing` and `network` of the execution role, `failure_queue` and `replay_queue` of the queues, `function` of what may invoke it, `batch_job_trust` and, by key, `batch_jobs` of the roles of jobs; null for what there is not."
  value = {
    trust         = local.trust_policy
    assume        = local.assume_policy
    logs          = local.logs_policy
    failures      = var.failure_queue.create ? local.failures_policy : null
    failure_queue = var.failure_queue.create ? local.failure_queue_policy : null
    replay_queue  = var.failure_queue.replay ? local.replay_queue_policy : null
    sources       = local.reads_sources ? local.sources_policy : null
    tracing       = var.function.tracing ? local.tracing_policy : null
    network       = var.function.vpc == null ? null : local.network_policy
    function      = length(local.invokers) > 0 ? local.function_policy : null

    batch_job_trust = length(var.sources.batch_jobs) > 0 ? local.batch_job_trust : null
    batch_jobs      = local.batch_job_policies
  }
}

output "role" {
  description = "The execution role: `name`, `arn`."
  value = {
    name = aws_iam_role.execution.id
    arn  = local.role_arn
  }

  depends_on = [aws_iam_role.execution]
}

output "writer" {
  description = "What the S3 side must know to let this function in, an entry of its `writers`: `role_arn`, `unique_id`, `function_arn`."
  value = {
    role_arn     = local.role_arn
    unique_id    = aws_iam_role.execution.unique_id
    function_arn = local.function_arn
  }

  # The role must exist before a trust policy may name it.
  depends_on = [aws_iam_role.execution]
}
