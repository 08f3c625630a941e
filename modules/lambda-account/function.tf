locals {
  function_arn = "arn:${local.partition}:lambda:${local.region}:${local.account_id}:function:${var.name}"
  package      = coalesce(var.function.package, "${path.module}/../../lambda/package.zip")
  package_hash = var.function.package_hash != null ? var.function.package_hash : filebase64sha256(local.package)
  library      = "${path.module}/../../lambda/layer.zip"

  # What lambda/cross_account_s3/config.py reads.
  own_environment = {
    DESTINATIONS    = jsonencode(var.destinations)
    SESSION_SECONDS = var.session_seconds
    ON_EXISTING     = var.writer.on_existing
    OBJECT_KEY      = var.writer.object_key
    MESSAGE_KEY     = var.writer.message_key
    PART_SIZE_MIB   = var.writer.part_size
    CONCURRENCY     = var.writer.concurrency
    SOURCES         = jsonencode(local.sources_environment)
  }
  environment = merge(var.function.environment, local.own_environment)

  tracing_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "SendTraces"
      Effect   = "Allow"
      Action   = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]
      Resource = "*"
    }]
  })
}

# A role that was made anew by hand, under its old name, changes nothing else of the function.
resource "terraform_data" "execution_role" {
  input = aws_iam_role.execution.unique_id
}

# X-Ray has no resources to name: these two actions take "*" only.
resource "aws_iam_role_policy" "tracing" {
  count = var.function.tracing ? 1 : 0

  name   = "tracing"
  role   = aws_iam_role.execution.id
  policy = local.tracing_policy
}

# The writer, for code of one's own.
resource "aws_lambda_layer_version" "library" {
  count = var.function.library ? 1 : 0

  layer_name          = var.name
  description         = "Writes objects to S3 in another account: from cross_account_s3 import destination"
  filename            = local.library
  source_code_hash    = filebase64sha256(local.library)
  compatible_runtimes = [var.function.runtime]

  lifecycle {
    # The function turns to the next version before this one goes.
    create_before_destroy = true
  }
}

resource "aws_lambda_function" "this" {
  #checkov:skip=CKV_AWS_45:What looks like a secret is an account id, in the ARN of the role to assume
  #checkov:skip=CKV_AWS_50:Tracing costs, and asks for rights on all of X-Ray: function.tracing turns it on
  #checkov:skip=CKV_AWS_115:Concurrency set aside is taken from all other functions: function.reserved_concurrency sets it
  #checkov:skip=CKV_AWS_116:Failed events go to aws_lambda_function_event_invoke_config.this, with the error beside the event
  #checkov:skip=CKV_AWS_117:It talks to STS and S3 only; in a VPC it needs endpoints for both: function.vpc puts it there
  #checkov:skip=CKV_AWS_173:The environment has no secret and Lambda encrypts it: function.environment_kms_key_arn takes another key
  #checkov:skip=CKV_AWS_272:The module's package is not signed: function.code_signing_config_arn is for those who sign theirs
  function_name                  = var.name
  description                    = "Writes objects to S3 in another account"
  role                           = aws_iam_role.execution.arn
  runtime                        = var.function.runtime
  architectures                  = [var.function.architecture]
  handler                        = coalesce(var.function.handler, "cross_account_s3.handler.handler")
  filename                       = local.package
  source_code_hash               = local.package_hash
  layers                         = concat(aws_lambda_layer_version.library[*].arn, var.function.layers)
  memory_size                    = var.function.memory
  timeout                        = var.function.timeout
  reserved_concurrent_executions = var.function.reserved_concurrency
  kms_key_arn                    = var.function.environment_kms_key_arn
  code_signing_config_arn        = var.function.code_signing_config_arn
  tags                           = var.tags

  environment {
    variables = local.environment
  }

  logging_config {
    log_format            = "JSON"
    log_group             = aws_cloudwatch_log_group.this.name
    application_log_level = var.logs.level
    system_log_level      = "WARN"
  }

  dynamic "vpc_config" {
    for_each = var.function.vpc[*]

    content {
      subnet_ids         = vpc_config.value.subnet_ids
      security_group_ids = vpc_config.value.security_group_ids
    }
  }

  tracing_config {
    mode = var.function.tracing ? "Active" : "PassThrough"
  }

  # An event source mapping is refused as long as the role may not read the queue: whoever waits for the function finds
  # that it may.
  depends_on = [
    aws_iam_role_policy_attachment.further,
    aws_iam_role_policy.assume,
    aws_iam_role_policy.logs,
    aws_iam_role_policy.network,
    aws_iam_role_policy.sources,
    aws_iam_role_policy.tracing,
  ]

  lifecycle {
    # Lambda's grant on the key that encrypts the environment names the role's unique id: a function that
    # outlives its role can no longer decrypt it, although the new role has the same ARN.
    replace_triggered_by = [terraform_data.execution_role]

    postcondition {
      condition     = self.arn == local.function_arn
      error_message = "The function was made as ${self.arn}, not as ${local.function_arn}. ${local.two_causes}"
    }

    precondition {
      condition = (
        !var.destinations["default"].deny_overwrites || var.writer.on_existing == "keep" || var.function.package != null
      )
      error_message = "deny_overwrites refuses every put of the writer unless it leaves what is there: set writer = { on_existing = \"keep\" } too."
    }

    precondition {
      condition = (
        var.function.package != null || var.function.memory >= 128 + var.writer.concurrency * var.writer.part_size
      )
      error_message = "function.memory must hold the parts of a large copy, writer.part_size times writer.concurrency, and 128 MB: give it ${ceil(128 + var.writer.concurrency * var.writer.part_size)} MB or more, or choose smaller or fewer parts."
    }

    precondition {
      condition     = length(jsonencode(local.environment)) <= 4000
      error_message = "The function's environment has ${length(jsonencode(local.environment))} characters, and Lambda takes 4 KB: give fewer or shorter key_prefixes or sources."
    }

    precondition {
      condition = (
        length(setintersection(keys(var.function.environment), keys(local.own_environment))) == 0
      )
      error_message = "function.environment: ${join(", ", setintersection(keys(var.function.environment), keys(local.own_environment)))} is set by the module: give your variable another name."
    }

    precondition {
      condition     = !var.function.library || var.function.package != null
      error_message = "function.library is for code of your own: set function.package and function.handler too, or leave it out."
    }

    precondition {
      condition     = length(var.function.layers) + (var.function.library ? 1 : 0) <= 5
      error_message = "function.layers: Lambda takes 5 layers for a function, function.library included."
    }

    precondition {
      condition     = (var.function.package == null) == (var.function.handler == null)
      error_message = "function.handler must be given with function.package, and only then: the module's writer has its own."
    }

    # The writer looks at what is there: without the list permission S3 answers 403 for what is not there, as for what
    # may not be read.
    precondition {
      condition = (
        var.writer.on_existing != "newer" ||
        (var.destinations["default"].permissions.read && var.destinations["default"].permissions.list)
      )
      error_message = "writer.on_existing = \"newer\" compares with the object that is there: set permissions = { read = true, list = true } too."
    }

    precondition {
      condition     = local.sources_are_apart
      error_message = "writer.object_key gives objects of several sources one key: put {source_bucket} into it, or give each source prefixes of its own."
    }

    precondition {
      condition     = local.objects_and_messages_are_apart
      error_message = "An object of sources.buckets or sources.email could get the key of a message: begin writer.object_key with a word of its own, for example \"objects/{source_key}\"."
    }

    precondition {
      condition = (
        !strcontains(var.writer.object_key, "{message_id}") ||
        (length(var.sources.email) > 0 && length(var.sources.buckets) == 0)
      )
      error_message = "writer.object_key: only mail has a {message_id}, so it needs sources.email and no sources.buckets; {source_key} names any object."
    }

    precondition {
      condition     = !strcontains(var.writer.object_key, "{content_hash}") || length(var.sources.email) == 0
      error_message = "writer.object_key: SES does not tell the ETag of mail, so {content_hash} cannot be used with sources.email; {source_key} names any object."
    }

    precondition {
      condition = (
        var.failure_queue.create || (length(local.invokers) == 0 && !var.failure_queue.replay)
      )
      error_message = "failure_queue.create = false would lose the events of ${join(", ", [for key in keys(local.invokers) : "\"${key}\""])} in sources that the function fails at: leave the queue on. Only what comes from queues, jobs and direct invocations needs none."
    }
  }
}
