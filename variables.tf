variable "allow_same_account" {
  description = "Accept that both provider aliases reach the same account. Off, because it usually means that two profiles were mixed up."
  type        = bool
  default     = false
  nullable    = false
}

variable "bucket" {
  description = <<-EOT
    The bucket in the S3 account.
    - `name`: its name, unique in all of AWS.
    - `create`: whether to make it. Without, it is one that exists in the S3 account and in the region of its provider: all its settings, its policy and its objects stay as they are, `encryption` says how it encrypts, and the output `bucket_policy_statements` what its owner may add. The attributes below are for a bucket of the module's.
    - `abort_uploads_after_days`: days after which the parts of an unfinished multipart upload are removed.
    - `noncurrent_days`: days after which an overwritten version is removed; null keeps every version.
    - `expire_days`: days after which an object expires; null keeps it. The version that it hides stays for `noncurrent_days`.
    - `lifecycle_rules`: further rules by name: the `prefix` that each is for, its own `expire_days` and `noncurrent_days`, and `transitions`: days by storage class, such as `{ GLACIER_IR = 30 }`.
    - `access_log`: the `bucket` that S3 writes its access log to, and a `prefix` for it; null writes none.
    - `force_destroy`: let Terraform delete the bucket with its objects. It counts once it is applied: a destroy right after setting it still fails, and takes the bucket's protection away before it does.
    - `policy_statements`: further statements of the bucket policy, by Sid, written like IAM statements. Every attribute must be given, because Terraform drops a misspelt one silently: `conditions = {}` for none.
  EOT
  type = object({
    name                     = string
    create                   = optional(bool, true)
    abort_uploads_after_days = optional(number, 7)
    noncurrent_days          = optional(number)
    expire_days              = optional(number)
    lifecycle_rules = optional(map(object({
      prefix          = string
      expire_days     = optional(number)
      noncurrent_days = optional(number)
      transitions     = optional(map(number), {})
    })), {})
    access_log    = optional(object({ bucket = string, prefix = optional(string, "") }))
    force_destroy = optional(bool, false)
    policy_statements = optional(map(object({
      effect     = string
      principals = map(list(string))
      actions    = list(string)
      resources  = list(string)
      conditions = map(map(list(string)))
    })), {})
  })
  nullable = false
}

variable "deny_other_encryption" {
  description = "Refuse objects that ask for another encryption than the bucket's own. Those that ask for none get it anyway. With a key that does not exist yet, the bucket policy cannot be read in the first plan."
  type        = bool
  default     = false
  nullable    = false
}

variable "deny_other_writers" {
  description = "Refuse objects from anybody but the roles made here, administrators of the bucket's account and replication included."
  type        = bool
  default     = false
  nullable    = false
}

variable "deny_overwrites" {
  description = "Refuse to replace objects: every put must say If-None-Match, as the writer does with `on_existing = \"keep\"`. Without it, whoever may write can hide what is there, and `bucket.noncurrent_days` then removes it."
  type        = bool
  default     = false
  nullable    = false
}

variable "encryption" {
  description = <<-EOT
    How the bucket encrypts what it stores.
    - `mode`: `own-key` (a KMS key made for this bucket; not for one that exists), `existing-key` (one that you have) or `sse-s3` (keys that S3 keeps, no KMS).
    - `key_arn`: the existing key. Its policy stays as it is; the output `key_policy_statements` says what it needs.
    - `earlier_key_arns`: keys that the bucket used before. The writers may use them as long as they are listed, so that no write is refused while the key changes, and older objects stay readable.
    - `bucket_key`: let S3 keep a bucket key, which saves most of the calls to KMS.
    - `alias`: a name for the bucket's own key, without `alias/`; null gives it none.
    - `deletion_days`: how long the own key waits, out of use, before KMS deletes it: 7 to 30 days.
  EOT
  type = object({
    mode             = optional(string, "own-key")
    key_arn          = optional(string)
    earlier_key_arns = optional(list(string), [])
    bucket_key       = optional(bool, true)
    alias            = optional(string)
    deletion_days    = optional(number, 30)
  })
  default  = {}
  nullable = false
}

variable "execution_role" {
  description = <<-EOT
    The function's execution role, in the Lambda account.
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
}

variable "execution_role_boundary" {
  description = "ARN of a policy in the Lambda account that bounds the execution role. Null bounds nothing."
  type        = string
  default     = null
}

variable "execution_role_exclusive" {
  description = "Take away every policy of the execution role but the module's own and `execution_role.policy_arns`, whoever has put it there. The role in the S3 account is always kept so."
  type        = bool
  default     = false
  nullable    = false
}

variable "external_id" {
  description = "What the function must say when it assumes the role in the S3 account: 2 to 1224 letters, digits or `_+=,.@:/-`. It guards against a confused deputy and is not a secret. Null asks for none."
  type        = string
  default     = null
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
}

variable "key_prefixes" {
  description = "The key prefixes below which the function may write. Each ends in `/`; an empty one stands for the whole bucket."
  type        = list(string)
  default     = [""]
  nullable    = false
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
}

variable "name" {
  description = "Names everything: the function and its log group `<name>`, the roles `<name>-lambda` and `<name>-s3-writer`. 2 to 48 letters, digits, `_` or `-`, a letter first."
  type        = string
  nullable    = false

  # Both sides check it too; checked here, a bad name is reported once.
  validation {
    condition     = can(regex("^[A-Za-z][A-Za-z0-9_-]{1,47}$", var.name))
    error_message = "name must have 2 to 48 letters, digits, \"_\" or \"-\" and begin with a letter, for example \"inbound-mail\"."
  }
}

variable "object_lock" {
  description = "`mode` (`GOVERNANCE` or `COMPLIANCE`) and `days` for which no version of an object can be deleted. Null locks nothing. A bucket that exists can get it; S3 does not let it be taken away again."
  type        = object({ mode = string, days = number })
  default     = null
}

variable "organization_id" {
  description = "The AWS organization that the execution role must be in, for example `o-a1b2c3d4e5`. Null asks for none."
  type        = string
  default     = null
}

variable "permissions" {
  description = <<-EOT
    What the function may do below its prefixes besides writing.
    - `read`: get objects.
    - `list`: list them, and learn whether one exists.
    - `delete`: delete objects; with versioning that hides them, and the versions stay.
    - `tag`: set tags.
  EOT
  type = object({
    read   = optional(bool, false)
    list   = optional(bool, false)
    delete = optional(bool, false)
    tag    = optional(bool, false)
  })
  default  = {}
  nullable = false
}

variable "s3_role" {
  description = <<-EOT
    The role in the S3 account that the function assumes.
    - `name`: defaults to `<name>-s3-writer`.
    - `path`: begins and ends with `/`.
  EOT
  type = object({
    name = optional(string)
    path = optional(string, "/")
  })
  default  = {}
  nullable = false
}

variable "s3_role_boundary" {
  description = "ARN of a policy in the S3 account that bounds the role that the function assumes. Null bounds nothing."
  type        = string
  default     = null
}

variable "session_seconds" {
  description = "How long a session of the assumed role lasts: 1800 to 3600 seconds. AWS allows no more, because Lambda's role assumes another."
  type        = number
  default     = 3600
  nullable    = false
}

variable "session_tags" {
  description = "The tags that the function's sessions in the S3 account carry, and must carry: policies there can compare them as `aws:PrincipalTag/<name>`. A role session has 50 at most."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "source_identity" {
  description = "The source identity that the function's sessions in the S3 account must carry, where every entry of the trail then shows it: 2 to 64 letters, digits or `_+=,.@-`. Null asks for none."
  type        = string
  default     = null
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
}

variable "tags" {
  description = "Tags of every resource."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for key in keys(var.tags) : !startswith(lower(key), "aws:")])
    error_message = "tags: a name must not begin with \"aws:\", which AWS keeps for itself."
  }

  validation {
    condition     = length(var.tags) <= 50
    error_message = "tags: AWS takes at most 50 tags for a resource."
  }

  validation {
    condition     = length(distinct([for key in keys(var.tags) : lower(key)])) == length(var.tags)
    error_message = "tags: two names must not differ only in upper and lower case, because IAM takes them for one."
  }
}

variable "trust_mode" {
  description = "Whom the role in the S3 account trusts: `pinned`, exactly the execution role that is made here; `decoupled`, whichever role of the Lambda account has its ARN, so that the two accounts can be applied in any order."
  type        = string
  default     = "pinned"
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
}
