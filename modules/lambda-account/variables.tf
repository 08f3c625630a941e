variable "destinations" {
  description = <<-EOT
    Where the function may write, by name: the output `destinations` of the S3 side. The writer uses `default`.
    - `bucket`, `region`, `account_id`: the bucket, its region, and the account that must own it.
    - `role_arn`, `external_id`, `source_identity`, `session_tags`: the role to assume there, and what to say when doing so.
    - `key_prefixes`: the prefixes below which that role may write.
    - `permissions`: what else it may do there: `read`, `list`, `delete`, `tag`.
    - `deny_overwrites`: whether the bucket refuses to replace objects.
  EOT
  type = map(object({
    bucket          = string
    region          = string
    account_id      = string
    role_arn        = string
    external_id     = optional(string)
    source_identity = optional(string)
    session_tags    = optional(map(string), {})
    key_prefixes    = optional(list(string), [""])
    permissions = optional(object({
      read   = optional(bool, false)
      list   = optional(bool, false)
      delete = optional(bool, false)
      tag    = optional(bool, false)
    }), {})
    deny_overwrites = optional(bool, false)
  }))
  nullable = false

  validation {
    condition     = contains(keys(var.destinations), "default")
    error_message = "destinations must have an entry named \"default\": it is the one that the writer uses."
  }

  validation {
    condition = alltrue([
      for destination in var.destinations :
      can(regex("^arn:[a-z-]+:iam::[0-9]{12}:role/[!-)+->@-~]+$", destination.role_arn)) &&
      !strcontains(destination.role_arn, "$")
    ])
    error_message = "destinations: each role_arn must be the ARN of a role, for example \"arn:aws:iam::222222222222:role/inbound-mail-s3-writer\"."
  }
}

variable "execution_role" {
  description = <<-EOT
    The function's execution role.
    - `name`: defaults to `<name>-lambda`.
    - `path`: begins and ends with `/`.
    - `policy_arns`: managed policies that it has besides the module's own, each by a key of your choice: what code of your own needs.
  EOT
  type = object({
    name        = optional(string)
    path        = optional(string, "/")
    policy_arns = optional(map(string), {})
  })
  default  = {}
  nullable = false

  validation {
    condition = (
      var.execution_role.name == null ? true : can(regex("^[A-Za-z0-9_+=,.@-]{1,64}$", var.execution_role.name))
    )
    error_message = "execution_role.name must have 1 to 64 letters, digits or \"_+=,.@-\"; a path goes into execution_role.path."
  }

  validation {
    condition     = can(regex("^/([!-.0-~]+/)*$", var.execution_role.path)) && length(var.execution_role.path) <= 512
    error_message = "execution_role.path must begin and end with \"/\" and have at most 512 characters, for example \"/service/\"."
  }

  validation {
    condition     = !can(regex("[*?$]", var.execution_role.path))
    error_message = "execution_role.path must not have \"*\", \"?\" or \"$\", which have a meaning of their own in a policy."
  }

  validation {
    condition = alltrue([
      for arn in values(var.execution_role.policy_arns) :
      can(regex("^arn:[a-z-]+:iam::([0-9]{12}|aws):policy/[!-)+->@-~]+$", arn))
    ])
    error_message = "execution_role.policy_arns: each must be the ARN of a managed policy, for example \"arn:aws:iam::111111111111:policy/reads-orders\"."
  }
}

variable "execution_role_boundary" {
  description = "ARN of a policy in the Lambda account that bounds the execution role. Null bounds nothing."
  type        = string
  default     = null

  validation {
    condition = (
      var.execution_role_boundary == null ? true :
      can(regex("^arn:[a-z-]+:iam::([0-9]{12}|aws):policy/[!-)+->@-~]+$", var.execution_role_boundary))
    )
    error_message = "execution_role_boundary must be the ARN of a policy, for example \"arn:aws:iam::111111111111:policy/boundary\"."
  }
}

variable "execution_role_exclusive" {
  description = "Take away every policy of the execution role but the module's own and `execution_role.policy_arns`, whoever has put it there. The role in the S3 account is always kept so."
  type        = bool
  default     = false
  nullable    = false
}

variable "failure_queue" {
  description = <<-EOT
    The queue `<name>-failures`, where Lambda, EventBridge and SNS put an event that was not processed.
    - `create`: whether to create it. Only sources that keep their own failures go without; switched off later, the queue goes with its events.
    - `replay`: also make the queue `<name>-replay`, from which the function takes the failed events that you move there.
    - `retention_days`: how long a failed event waits there, 1 to 14 days.
    - `kms_key_arn`: key that encrypts both queues. Its policy must let the execution role use it, and `events.amazonaws.com` and `sns.amazonaws.com` if such sources are there. Null leaves it to SQS.
  EOT
  type = object({
    create         = optional(bool, true)
    replay         = optional(bool, false)
    retention_days = optional(number, 14)
    kms_key_arn    = optional(string)
  })
  default  = {}
  nullable = false

  validation {
    condition = (
      var.failure_queue.retention_days >= 1 &&
      var.failure_queue.retention_days <= 14 &&
      floor(var.failure_queue.retention_days) == var.failure_queue.retention_days
    )
    error_message = "failure_queue.retention_days must be a whole number from 1 to 14: SQS keeps a message no longer."
  }

  validation {
    condition = (
      var.failure_queue.kms_key_arn == null ? true :
      can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$", var.failure_queue.kms_key_arn))
    )
    error_message = "failure_queue.kms_key_arn must be the ARN of a key, with \":key/\" in it, and not of an alias."
  }
}

variable "function" {
  description = <<-EOT
    The Lambda function.
    - `memory`: in MB; CPU grows with it.
    - `timeout`: in seconds.
    - `runtime`: `python3.12`, `python3.13` or `python3.14` (with provider 6.20.0 or newer).
    - `architecture`: `arm64` or `x86_64`.
    - `package`: path of a zip of your own, instead of the module's writer.
    - `package_hash`: its SHA-256 in base64, if it is built in the same apply. Null reads it from the zip.
    - `handler`: the handler in that zip; the default is the writer's.
    - `library`: give your zip the writer as a library, in a layer: `from cross_account_s3 import destination`. See docs/library.md.
    - `layers`: ARNs of further layers, with their versions.
    - `environment`: further environment variables.
    - `reserved_concurrency`: executions set aside for this function, which are also its limit; null sets none aside.
    - `tracing`: trace invocations with X-Ray.
    - `vpc`: its `subnet_ids` and `security_group_ids`, when it must run in a VPC; it then needs ways to STS and S3, see docs/vpc.md.
    - `environment_kms_key_arn`: key that encrypts the environment. Null leaves it to Lambda's own key.
    - `code_signing_config_arn`: which signed packages Lambda accepts; the module's own package is not signed.
  EOT
  type = object({
    memory                  = optional(number, 512)
    timeout                 = optional(number, 60)
    runtime                 = optional(string, "python3.13")
    architecture            = optional(string, "arm64")
    package                 = optional(string)
    package_hash            = optional(string)
    handler                 = optional(string)
    library                 = optional(bool, false)
    layers                  = optional(list(string), [])
    environment             = optional(map(string), {})
    reserved_concurrency    = optional(number)
    tracing                 = optional(bool, false)
    vpc                     = optional(object({ subnet_ids = list(string), security_group_ids = list(string) }))
    environment_kms_key_arn = optional(string)
    code_signing_config_arn = optional(string)
  })
  default  = {}
  nullable = false

  validation {
    condition = (
      var.function.memory >= 128 && var.function.memory <= 10240 && floor(var.function.memory) == var.function.memory
    )
    error_message = "function.memory must be a whole number from 128 to 10240 (MB)."
  }

  validation {
    condition = (
      var.function.timeout >= 1 && var.function.timeout <= 900 && floor(var.function.timeout) == var.function.timeout
    )
    error_message = "function.timeout must be a whole number from 1 to 900 (seconds)."
  }

  validation {
    condition = (
      var.function.reserved_concurrency == null ? true :
      var.function.reserved_concurrency >= 1 &&
      floor(var.function.reserved_concurrency) == var.function.reserved_concurrency
    )
    error_message = "function.reserved_concurrency must be a whole number, 1 or more, or null; 0 would stop the function."
  }

  validation {
    condition = (
      var.function.vpc == null ? true :
      length(var.function.vpc.subnet_ids) > 0 && length(var.function.vpc.security_group_ids) > 0
    )
    error_message = "function.vpc must have at least one of subnet_ids, and at least one of security_group_ids."
  }

  validation {
    condition = alltrue(concat(
      [for id in try(var.function.vpc.subnet_ids, []) : can(regex("^subnet-[0-9a-z]+$", id))],
      [for id in try(var.function.vpc.security_group_ids, []) : can(regex("^sg-[0-9a-z]+$", id))],
    ))
    error_message = "function.vpc: subnet_ids and security_group_ids must be ids, for example \"subnet-0123456789abcdef0\" and \"sg-0123456789abcdef0\"."
  }

  validation {
    condition     = contains(["python3.12", "python3.13", "python3.14"], var.function.runtime)
    error_message = "function.runtime must be \"python3.12\", \"python3.13\" or \"python3.14\"."
  }

  validation {
    condition     = contains(["arm64", "x86_64"], var.function.architecture)
    error_message = "function.architecture must be \"arm64\" or \"x86_64\"."
  }

  # A zip that is built in the same apply is not there yet.
  validation {
    condition = (
      var.function.package == null || var.function.package_hash != null
      ? true
      : try(fileexists(var.function.package), false)
    )
    error_message = "function.package must be the path of a zip file that exists; begin it with path.root or path.module."
  }

  validation {
    condition     = var.function.package_hash == null || var.function.package != null
    error_message = "function.package_hash is the hash of function.package: give both, or leave it out."
  }

  validation {
    condition = alltrue([
      for arn in var.function.layers :
      can(regex("^arn:[a-z-]+:lambda:[a-z0-9-]+:[0-9]{12}:layer:[A-Za-z0-9_-]+:[0-9]+$", arn))
    ])
    error_message = "function.layers: each must be the ARN of a layer's version, for example \"arn:aws:lambda:eu-central-1:111111111111:layer:tools:3\"."
  }

  validation {
    condition     = alltrue([for name in keys(var.function.environment) : can(regex("^[A-Za-z][A-Za-z0-9_]+$", name))])
    error_message = "function.environment: a name must have 2 or more letters, digits or \"_\" and begin with a letter."
  }

  # AWS Lambda Developer Guide, "Defined runtime environment variables".
  validation {
    condition = length(setintersection(keys(var.function.environment), [
      "AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_DEFAULT_REGION", "AWS_EXECUTION_ENV",
      "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_VERSION",
      "AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME",
      "AWS_LAMBDA_RUNTIME_API", "AWS_REGION", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
      "LAMBDA_RUNTIME_DIR", "LAMBDA_TASK_ROOT",
    ])) == 0
    error_message = "function.environment must not have variables that Lambda sets itself, such as AWS_REGION or AWS_ACCESS_KEY_ID."
  }

  validation {
    condition = (
      var.function.environment_kms_key_arn == null ? true :
      can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$", var.function.environment_kms_key_arn))
    )
    error_message = "function.environment_kms_key_arn must be the ARN of a key, with \":key/\" in it, and not of an alias."
  }
}

variable "logs" {
  description = <<-EOT
    The function's log.
    - `level`: the least level that is logged, from `TRACE` to `FATAL`.
    - `retention_days`: how long CloudWatch keeps a line; 0 keeps it for good.
    - `class`: `STANDARD` or `INFREQUENT_ACCESS`, which costs half as much to take in and has no metric filters, live tail or subscriptions. Another class replaces the log group.
    - `kms_key_arn`: key that encrypts the log; its policy must let CloudWatch Logs use it. Null leaves it to CloudWatch.
    - `keep`: leave the log group, with its lines, when the module is destroyed or `name` changes. It must then be imported before the module is applied under this name again.
  EOT
  type = object({
    level          = optional(string, "INFO")
    retention_days = optional(number, 365)
    class          = optional(string, "STANDARD")
    kms_key_arn    = optional(string)
    keep           = optional(bool, true)
  })
  default  = {}
  nullable = false

  validation {
    condition     = contains(["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"], var.logs.level)
    error_message = "logs.level must be \"TRACE\", \"DEBUG\", \"INFO\", \"WARN\", \"ERROR\" or \"FATAL\"."
  }

  validation {
    condition     = contains(["STANDARD", "INFREQUENT_ACCESS"], var.logs.class)
    error_message = "logs.class must be \"STANDARD\" or \"INFREQUENT_ACCESS\"."
  }

  validation {
    condition = contains([
      0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180,
      365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
    ], var.logs.retention_days)
    error_message = "logs.retention_days must be a number of days that CloudWatch knows: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653, or 0 for good."
  }

  validation {
    condition = (
      var.logs.kms_key_arn == null ? true :
      can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$", var.logs.kms_key_arn))
    )
    error_message = "logs.kms_key_arn must be the ARN of a key, with \":key/\" in it, and not of an alias."
  }
}

variable "name" {
  description = "Names the function and its log group `<name>`, and the execution role `<name>-lambda`."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z][A-Za-z0-9_-]{1,47}$", var.name))
    error_message = "name must have 2 to 48 letters, digits, \"_\" or \"-\" and begin with a letter, for example \"inbound-mail\"."
  }
}

variable "session_seconds" {
  description = "How long a session of an assumed role lasts: 1800 to 3600 seconds. AWS allows no more, because Lambda's role assumes another."
  type        = number
  default     = 3600
  nullable    = false

  validation {
    condition = (
      var.session_seconds >= 1800 && var.session_seconds <= 3600 && floor(var.session_seconds) == var.session_seconds
    )
    error_message = "session_seconds must be a whole number from 1800 to 3600: AWS ends a chained role session after an hour, and a short one is renewed all the time."
  }
}

variable "sources" {
  description = <<-EOT
    What the function takes from its own account. Each entry has a key of your choice; the source stays as it is.
    - `buckets`: buckets whose objects are copied, each with its `name` and the `prefixes` of their keys. A prefix ends in `/`; `[""]` stands for the whole bucket. `told_by` says who tells of a new object: `eventbridge`, to which the bucket must send its events; `notification`, S3 itself, whose notification names the output `notify`; `queue:<key>` or `topic:<key>`, where notifications arrive; or `nobody`, for direct copies and jobs. `kms_key_arn` is the key of the bucket, if it has one of yours.
    - `queues`: SQS queues, each with its `arn`. What it `holds` is law: `messages` are archived as they are, `notifications` tell of objects, and `requests` are direct events, by which a sender chooses what is written. `batch_size` and `batch_window` (in seconds), `max_concurrency`, `filters` (patterns in JSON) and `kms_key_arn` are for Lambda's polling.
    - `topics`: SNS topics, each with its `arn`, what it `holds`, and a `filter_policy` in JSON with its `filter_policy_scope`.
    - `email`: where SES stores inbound mail, by the S3 action of a receipt rule: `bucket` and `prefixes`. `told_by` is `topic`, that of the action, with its `topic_arn`, or `function`, when a Lambda action follows, which needs a single prefix. `kms_key_arn` is the key of the bucket.
    - `rules`: rules of EventBridge, by `pattern` in JSON and `bus`; their events are archived as JSON.
    - `batch_jobs`: roles for jobs of S3 Batch Operations that copy what is in `buckets` already. Each reads its manifests, the lists of objects, below `manifest` and writes its reports below `report`, both a `bucket` and a `prefix`; `kms_key_arn` is their key, if they have one of yours.
  EOT
  type = object({
    buckets = optional(map(object({
      name        = string
      prefixes    = list(string)
      told_by     = string
      kms_key_arn = optional(string)
    })), {})
    queues = optional(map(object({
      arn             = string
      holds           = string
      batch_size      = optional(number, 10)
      batch_window    = optional(number, 0)
      max_concurrency = optional(number)
      filters         = optional(list(string), [])
      kms_key_arn     = optional(string)
    })), {})
    topics = optional(map(object({
      arn                 = string
      holds               = string
      filter_policy       = optional(string)
      filter_policy_scope = optional(string, "MessageAttributes")
    })), {})
    email = optional(map(object({
      bucket      = string
      prefixes    = list(string)
      told_by     = optional(string, "topic")
      topic_arn   = optional(string)
      kms_key_arn = optional(string)
    })), {})
    rules = optional(map(object({
      pattern = string
      bus     = optional(string, "default")
    })), {})
    batch_jobs = optional(map(object({
      manifest    = object({ bucket = string, prefix = string })
      report      = object({ bucket = string, prefix = string })
      kms_key_arn = optional(string)
    })), {})
  })
  default  = {}
  nullable = false

  validation {
    condition = alltrue([
      for name in concat(
        values(var.sources.buckets)[*].name,
        values(var.sources.email)[*].bucket,
        flatten([for job in var.sources.batch_jobs : [job.manifest.bucket, job.report.bucket]]),
      ) :
      can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", name))
    ])
    error_message = "sources: a bucket goes by its name, for example \"acme-uploads\", and not by an ARN."
  }

  validation {
    condition = alltrue([
      for prefixes in concat(values(var.sources.buckets)[*].prefixes, values(var.sources.email)[*].prefixes) :
      length(prefixes) > 0
    ])
    error_message = "sources: the prefixes of a bucket must name at least one prefix; [\"\"] stands for the whole bucket."
  }

  validation {
    condition = alltrue([
      for prefix in concat(
        flatten(values(var.sources.buckets)[*].prefixes),
        flatten(values(var.sources.email)[*].prefixes),
        flatten([for job in var.sources.batch_jobs : [job.manifest.prefix, job.report.prefix]]),
      ) :
      prefix == "" || endswith(prefix, "/")
    ])
    error_message = "sources: each prefix must be empty or end in \"/\", for example \"inbox/\"."
  }

  validation {
    condition = alltrue([
      for prefix in concat(
        flatten(values(var.sources.buckets)[*].prefixes),
        flatten(values(var.sources.email)[*].prefixes),
        flatten([for job in var.sources.batch_jobs : [job.manifest.prefix, job.report.prefix]]),
      ) :
      !can(regex("[*?$]", prefix))
    ])
    error_message = "sources: a prefix is taken literally and must not have \"*\", \"?\" or \"$\", which have a meaning of their own in a policy."
  }

  # They become parts of names and statement ids.
  validation {
    condition = alltrue([
      for key in flatten([for kind in [
        var.sources.buckets, var.sources.queues, var.sources.topics,
        var.sources.email, var.sources.rules, var.sources.batch_jobs,
      ] : keys(kind)]) :
      can(regex("^[A-Za-z0-9_-]+$", key))
    ])
    error_message = "sources: the key of an entry becomes a part of names and must have letters, digits, \"-\" and \"_\" only."
  }

  validation {
    condition = alltrue([
      for bucket in var.sources.buckets :
      can(regex("^(eventbridge|notification|nobody|(queue|topic):.+)$", bucket.told_by))
    ])
    error_message = "sources.buckets: told_by must be \"eventbridge\", \"notification\", \"queue:<key>\" or \"topic:<key>\" with a key of sources.queues or sources.topics, or \"nobody\"."
  }

  validation {
    condition = alltrue([
      for bucket in var.sources.buckets :
      try(
        merge(
          { for key, queue in var.sources.queues : "queue:${key}" => queue.holds },
          { for key, topic in var.sources.topics : "topic:${key}" => topic.holds },
        )[bucket.told_by],
        "none",
      ) == "notifications"
      if can(regex("^(queue|topic):", bucket.told_by))
    ])
    error_message = "sources.buckets: told_by = \"queue:<key>\" or \"topic:<key>\" needs an entry with this key in sources.queues or sources.topics, with holds = \"notifications\"."
  }

  validation {
    condition = alltrue([
      for teller in concat(
        [for key, queue in var.sources.queues : "queue:${key}" if queue.holds == "notifications"],
        [for key, topic in var.sources.topics : "topic:${key}" if topic.holds == "notifications"],
      ) :
      contains(values(var.sources.buckets)[*].told_by, teller)
    ])
    error_message = "sources: of a queue or a topic with holds = \"notifications\", say in sources.buckets which bucket it tells of: told_by = \"queue:<key>\" or \"topic:<key>\"."
  }

  validation {
    condition = alltrue([
      for holds in concat(values(var.sources.queues)[*].holds, values(var.sources.topics)[*].holds) :
      contains(["messages", "notifications", "requests"], holds)
    ])
    error_message = "sources: holds must be \"messages\", \"notifications\" or \"requests\"."
  }

  validation {
    condition = alltrue([
      for queue in var.sources.queues : can(regex("^arn:[a-z-]+:sqs:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_.-]+$", queue.arn))
    ])
    error_message = "sources.queues: each arn must be the ARN of a queue, for example \"arn:aws:sqs:eu-central-1:111111111111:orders\", and not its URL."
  }

  validation {
    condition     = length(distinct(values(var.sources.queues)[*].arn)) == length(var.sources.queues)
    error_message = "sources.queues: two entries must not have the same arn, because Lambda polls a queue once for a function."
  }

  validation {
    condition = alltrue([
      for queue in var.sources.queues : (
        queue.batch_size >= 1 &&
        queue.batch_size <= (endswith(queue.arn, ".fifo") ? 10 : 10000) &&
        floor(queue.batch_size) == queue.batch_size
      )
    ])
    error_message = "sources.queues: batch_size must be a whole number from 1 to 10000, and at most 10 for a FIFO queue."
  }

  validation {
    condition = alltrue([
      for queue in var.sources.queues : (
        queue.batch_window >= 0 &&
        queue.batch_window <= (endswith(queue.arn, ".fifo") ? 0 : 300) &&
        floor(queue.batch_window) == queue.batch_window
      )
    ])
    error_message = "sources.queues: batch_window must be a whole number from 0 to 300 (seconds), and 0 for a FIFO queue."
  }

  validation {
    condition = alltrue([
      for queue in var.sources.queues :
      queue.batch_size <= 10 || queue.batch_window >= 1 || endswith(queue.arn, ".fifo")
    ])
    error_message = "sources.queues: a batch_size above 10 needs a batch_window of at least 1 second: Lambda takes no more from a queue at once."
  }

  validation {
    condition = alltrue([
      for queue in var.sources.queues :
      queue.max_concurrency == null ? true : (
        queue.max_concurrency >= 2 &&
        queue.max_concurrency <= 1000 &&
        floor(queue.max_concurrency) == queue.max_concurrency
      )
    ])
    error_message = "sources.queues: max_concurrency must be a whole number from 2 to 1000, or null for no limit of its own."
  }

  validation {
    condition = alltrue([
      for pattern in concat(flatten(values(var.sources.queues)[*].filters), values(var.sources.rules)[*].pattern) :
      can(keys(jsondecode(pattern)))
    ])
    error_message = "sources: each of the filters of a queue, and the pattern of a rule, must be a JSON object: write jsonencode({ ... })."
  }

  validation {
    condition = alltrue([
      for topic in var.sources.topics : can(regex("^arn:[a-z-]+:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]+$", topic.arn))
    ])
    error_message = "sources.topics: each arn must be the ARN of a standard topic, for example \"arn:aws:sns:eu-central-1:111111111111:alerts\": a FIFO topic does not invoke functions."
  }

  validation {
    condition = (
      length(distinct(concat(values(var.sources.topics)[*].arn, compact(values(var.sources.email)[*].topic_arn)))) ==
      length(concat(values(var.sources.topics)[*].arn, compact(values(var.sources.email)[*].topic_arn)))
    )
    error_message = "sources: two entries of topics or email must not have the same topic, because a topic tells a function once."
  }

  validation {
    condition = alltrue([
      for topic in var.sources.topics :
      (topic.filter_policy == null ? true : can(keys(jsondecode(topic.filter_policy)))) &&
      contains(["MessageAttributes", "MessageBody"], topic.filter_policy_scope)
    ])
    error_message = "sources.topics: filter_policy must be a JSON object, written as jsonencode({ ... }), and filter_policy_scope must be \"MessageAttributes\" or \"MessageBody\"."
  }

  validation {
    condition = alltrue([
      for email in var.sources.email : (
        email.told_by == "topic"
        ? can(regex("^arn:[a-z-]+:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]+$", email.topic_arn))
        : email.told_by == "function" && email.topic_arn == null
      )
    ])
    error_message = "sources.email: give the topic_arn of the receipt rule's S3 action, or told_by = \"function\" and no topic_arn when a Lambda action follows it."
  }

  # SES does not say where the message is when it invokes a function.
  validation {
    condition = (
      length([for email in var.sources.email : email if email.told_by == "function"]) <= 1 &&
      alltrue([for email in var.sources.email : length(email.prefixes) == 1 if email.told_by == "function"])
    )
    error_message = "sources.email: only one entry can have told_by = \"function\", with a single prefix, because SES then does not say where the message is: use topics for more."
  }

  validation {
    condition     = alltrue([for rule in var.sources.rules : can(regex("^[A-Za-z0-9._-]+$", rule.bus))])
    error_message = "sources.rules: bus must be the name of an event bus of the Lambda account, for example \"orders\", and not its ARN."
  }

  # An alias names whichever key it points to, and a policy takes it for no key at all.
  validation {
    condition = alltrue([
      for arn in compact(concat(
        values(var.sources.buckets)[*].kms_key_arn,
        values(var.sources.queues)[*].kms_key_arn,
        values(var.sources.email)[*].kms_key_arn,
        values(var.sources.batch_jobs)[*].kms_key_arn,
      )) : can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$", arn))
    ])
    error_message = "sources: each kms_key_arn must be the ARN of a key, with \":key/\" in it, and not of an alias."
  }

  validation {
    condition     = length(var.sources.batch_jobs) == 0 || length(var.sources.buckets) > 0
    error_message = "sources.batch_jobs: a job copies from sources.buckets; name there the bucket of the objects in its manifests, and their prefixes."
  }
}

variable "tags" {
  description = "Tags of every resource."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "writer" {
  description = <<-EOT
    How the module's writer names and writes objects.
    - `on_existing`: what happens to an object that is there already: `replace` it, `keep` it, or replace it by what is `newer`, which needs `permissions` to read and list.
    - `object_key`: the key of a copied object, below the first of the key prefixes, made of text and `{source_bucket}`, `{source_key}`, `{content_hash}` (its ETag), `{message_id}` (of mail only) and `{year}`, `{month}`, `{day}`, `{hour}` (of the event, in UTC).
    - `message_key`: the key of an archived message, below the same prefix, made of text and `{message_id}`, `{content_hash}` (SHA-256) and the same dates. A direct invocation names its whole key.
    - `part_size`: in MiB; a larger object is copied in parts of this size.
    - `concurrency`: requests at once; a large copy holds as many parts in memory.
  EOT
  type = object({
    on_existing = optional(string, "replace")
    object_key  = optional(string, "{source_key}")
    message_key = optional(string, "{year}/{month}/{day}/{message_id}")
    part_size   = optional(number, 8)
    concurrency = optional(number, 8)
  })
  default  = {}
  nullable = false

  validation {
    condition     = contains(["replace", "keep", "newer"], var.writer.on_existing)
    error_message = "writer.on_existing must be \"replace\", \"keep\" or \"newer\"."
  }

  validation {
    condition = !can(regex("[{}]", replace(
      var.writer.object_key, "/{(source_bucket|source_key|content_hash|message_id|year|month|day|hour)}/", "",
    )))
    error_message = "writer.object_key: braces are for {source_bucket}, {source_key}, {content_hash}, {message_id}, {year}, {month}, {day} and {hour} only."
  }

  validation {
    condition = !can(regex("[{}]", replace(
      var.writer.message_key, "/{(message_id|content_hash|year|month|day|hour)}/", "",
    )))
    error_message = "writer.message_key: braces are for {message_id}, {content_hash}, {year}, {month}, {day} and {hour} only."
  }

  # Else every object would replace the one before.
  validation {
    condition     = can(regex("{(source_key|content_hash|message_id)}", var.writer.object_key))
    error_message = "writer.object_key must hold {source_key} or {content_hash}, which tell one object from another."
  }

  validation {
    condition     = can(regex("{(message_id|content_hash)}", var.writer.message_key))
    error_message = "writer.message_key must hold {message_id} or {content_hash}, which tell one message from another."
  }

  validation {
    condition = alltrue([
      for key in [var.writer.object_key, var.writer.message_key] :
      alltrue([for segment in split("/", key) : !contains(["", ".", ".."], segment)])
    ])
    error_message = "writer: object_key and message_key must not begin or end with \"/\", nor hold \"//\", \"/./\" or \"/../\", for example \"{year}/{month}/{message_id}\"."
  }

  validation {
    condition     = !can(regex("[[:cntrl:]]", "${var.writer.object_key}${var.writer.message_key}"))
    error_message = "writer: object_key and message_key must not have control characters, such as a line break."
  }

  validation {
    condition = (
      var.writer.part_size >= 5 && var.writer.part_size <= 512 && floor(var.writer.part_size) == var.writer.part_size
    )
    error_message = "writer.part_size must be a whole number from 5 to 512 (MiB): S3 takes no smaller parts, and they are held in memory."
  }

  validation {
    condition = (
      var.writer.concurrency >= 1 &&
      var.writer.concurrency <= 64 &&
      floor(var.writer.concurrency) == var.writer.concurrency
    )
    error_message = "writer.concurrency must be a whole number from 1 to 64 (requests at once)."
  }
}
