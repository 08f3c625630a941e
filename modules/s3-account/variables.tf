variable "allow_same_account" {
  description = "Accept a writer in the bucket's own account. Off, because it usually means that two profiles were mixed up."
  type        = bool
  default     = false
  nullable    = false
}

variable "bucket" {
  description = <<-EOT
    The bucket.
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

  validation {
    condition = var.bucket.create || (
      var.bucket.abort_uploads_after_days == 7 &&
      var.bucket.noncurrent_days == null &&
      var.bucket.expire_days == null &&
      length(var.bucket.lifecycle_rules) == 0 &&
      var.bucket.access_log == null &&
      !var.bucket.force_destroy &&
      length(var.bucket.policy_statements) == 0
    )
    error_message = "bucket.create = false leaves the bucket as it is: give its name and create only, and set its lifecycle, its log and its policy where the bucket is made."
  }

  # S3 also allows dots; with one, HTTPS to the bucket's own host name fails its certificate. A bucket that exists may
  # have them.
  validation {
    condition = can(regex(
      "^[a-z0-9][a-z0-9${var.bucket.create ? "" : "."}-]{1,61}[a-z0-9]$",
      var.bucket.name,
    ))
    error_message = "bucket.name must have 3 to 63 lower-case letters, digits or \"-\", with a letter or digit first and last, for example \"acme-inbound-mail\"."
  }

  validation {
    condition = (
      var.bucket.abort_uploads_after_days >= 1 &&
      floor(var.bucket.abort_uploads_after_days) == var.bucket.abort_uploads_after_days
    )
    error_message = "bucket.abort_uploads_after_days must be a whole number of days, 1 or more."
  }

  validation {
    condition = (
      var.bucket.noncurrent_days == null ? true :
      var.bucket.noncurrent_days >= 1 && floor(var.bucket.noncurrent_days) == var.bucket.noncurrent_days
    )
    error_message = "bucket.noncurrent_days must be a whole number of days, 1 or more, or null to keep every version."
  }

  validation {
    condition = (
      var.bucket.expire_days == null ? true :
      var.bucket.expire_days >= 1 && floor(var.bucket.expire_days) == var.bucket.expire_days
    )
    error_message = "bucket.expire_days must be a whole number of days, 1 or more, or null to keep every object."
  }

  validation {
    condition     = !can(regex("^(xn--|sthree-|amzn-s3-demo-)|(-s3alias|--ol-s3|--x-s3|--table-s3)$", var.bucket.name))
    error_message = "bucket.name must not begin with \"xn--\", \"sthree-\" or \"amzn-s3-demo-\", nor end in \"-s3alias\", \"--ol-s3\", \"--x-s3\" or \"--table-s3\": S3 keeps those for itself."
  }

  validation {
    condition = alltrue([for name, rule in var.bucket.lifecycle_rules :
      rule.expire_days != null || rule.noncurrent_days != null || length(rule.transitions) > 0
    ])
    error_message = "bucket.lifecycle_rules: each rule must have expire_days, noncurrent_days or transitions."
  }

  validation {
    condition = alltrue(flatten([for rule in var.bucket.lifecycle_rules : [
      for days in concat(rule.expire_days[*], rule.noncurrent_days[*], values(rule.transitions)) :
      days >= 1 && floor(days) == days
    ]]))
    error_message = "bucket.lifecycle_rules: days must be whole numbers, 1 or more."
  }

  validation {
    condition = alltrue(flatten([for rule in var.bucket.lifecycle_rules : [
      for class in keys(rule.transitions) : contains(
        ["STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER_IR", "GLACIER", "DEEP_ARCHIVE"], class
      )
    ]]))
    error_message = "bucket.lifecycle_rules: transitions are to STANDARD_IA, ONEZONE_IA, INTELLIGENT_TIERING, GLACIER_IR, GLACIER or DEEP_ARCHIVE."
  }

  validation {
    condition     = !contains(keys(var.bucket.lifecycle_rules), "remove-what-is-left-over")
    error_message = "bucket.lifecycle_rules: the name \"remove-what-is-left-over\" is taken by the module's own rule."
  }

  validation {
    condition     = var.bucket.access_log == null ? true : var.bucket.access_log.bucket != var.bucket.name
    error_message = "bucket.access_log.bucket must be another bucket: each line of the log would cause the next one."
  }

  # The public access block refuses such a policy when it is applied.
  validation {
    condition = alltrue([for statement in var.bucket.policy_statements :
      statement.effect == "Deny" || length(statement.conditions) > 0 ||
      !contains(flatten(values(statement.principals)), "*")
    ])
    error_message = "bucket.policy_statements: a statement that allows everybody (\"*\") must have conditions; the bucket's public access block refuses it otherwise."
  }

  validation {
    condition = alltrue([for sid, statement in var.bucket.policy_statements :
      can(regex("^[A-Za-z0-9]+$", sid)) && !startswith(sid, "Deny")
    ])
    error_message = "bucket.policy_statements: each key is the statement's Sid and must have letters and digits only; those that begin with Deny are the module's own."
  }

  validation {
    condition = alltrue([
      for statement in var.bucket.policy_statements : contains(["Allow", "Deny"], statement.effect)
    ])
    error_message = "bucket.policy_statements: each effect must be \"Allow\" or \"Deny\"."
  }
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

  validation {
    condition     = contains(["own-key", "existing-key", "sse-s3"], var.encryption.mode)
    error_message = "encryption.mode must be \"own-key\", \"existing-key\" or \"sse-s3\"."
  }

  validation {
    condition     = (var.encryption.mode == "existing-key") == (var.encryption.key_arn != null)
    error_message = "encryption.key_arn must be given with encryption.mode = \"existing-key\", and only then."
  }

  # An alias names whichever key it points to, and a policy takes it for no key at all.
  validation {
    condition = alltrue([for arn in concat(var.encryption.key_arn[*], var.encryption.earlier_key_arns) :
      can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$", arn))
    ])
    error_message = "encryption: key_arn and earlier_key_arns must be ARNs of keys, with \":key/\" in them, and not of aliases."
  }

  validation {
    condition = (
      var.encryption.alias == null ? true :
      can(regex("^[A-Za-z0-9/_-]{1,250}$", var.encryption.alias)) &&
      !can(regex("^(alias|aws)/", var.encryption.alias))
    )
    error_message = "encryption.alias must have 1 to 250 letters, digits or \"/_-\", without \"alias/\" before it, for example \"inbound-mail\"; those that begin with \"aws/\" are AWS's own."
  }

  validation {
    condition     = var.encryption.alias == null || var.encryption.mode == "own-key"
    error_message = "encryption.alias is for the bucket's own key: leave it out, or set encryption.mode = \"own-key\"."
  }

  validation {
    condition = (
      var.encryption.deletion_days >= 7 &&
      var.encryption.deletion_days <= 30 &&
      floor(var.encryption.deletion_days) == var.encryption.deletion_days
    )
    error_message = "encryption.deletion_days must be a whole number from 7 to 30: KMS waits no shorter and no longer."
  }
}

variable "name" {
  description = "Names the roles: `<name>-s3-writer` for the writer `default`, `<name>-s3-writer-<key>` for others."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z][A-Za-z0-9_-]{1,47}$", var.name))
    error_message = "name must have 2 to 48 letters, digits, \"_\" or \"-\" and begin with a letter, for example \"inbound-mail\"."
  }
}

variable "object_lock" {
  description = "`mode` (`GOVERNANCE` or `COMPLIANCE`) and `days` for which no version of an object can be deleted. Null locks nothing. A bucket that exists can get it; S3 does not let it be taken away again."
  type        = object({ mode = string, days = number })
  default     = null

  validation {
    condition = (
      var.object_lock == null ? true :
      contains(["GOVERNANCE", "COMPLIANCE"], var.object_lock.mode) &&
      var.object_lock.days >= 1 &&
      floor(var.object_lock.days) == var.object_lock.days
    )
    error_message = "object_lock must have mode = \"GOVERNANCE\" or \"COMPLIANCE\", and days as a whole number of 1 or more."
  }
}

variable "s3_role" {
  description = <<-EOT
    The roles that the writers assume.
    - `name`: defaults to `<name>-s3-writer`; `-<key>` is added for writers other than `default`.
    - `path`: begins and ends with `/`.
  EOT
  type = object({
    name = optional(string)
    path = optional(string, "/")
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.s3_role.name == null ? true : can(regex("^[A-Za-z0-9_+=,.@-]{1,64}$", var.s3_role.name))
    error_message = "s3_role.name must have 1 to 64 letters, digits or \"_+=,.@-\"; a path goes into s3_role.path."
  }

  validation {
    condition     = can(regex("^/([!-.0-~]+/)*$", var.s3_role.path)) && length(var.s3_role.path) <= 512
    error_message = "s3_role.path must begin and end with \"/\" and have at most 512 characters, for example \"/service/\"."
  }

  validation {
    condition     = !can(regex("[*?$]", var.s3_role.path))
    error_message = "s3_role.path must not have \"*\", \"?\" or \"$\", which have a meaning of their own in a policy."
  }
}

variable "s3_role_boundary" {
  description = "ARN of a policy in the S3 account that bounds the writers' roles. Null bounds nothing."
  type        = string
  default     = null

  validation {
    condition = (
      var.s3_role_boundary == null ? true :
      can(regex("^arn:[a-z-]+:iam::([0-9]{12}|aws):policy/[!-)+->@-~]+$", var.s3_role_boundary))
    )
    error_message = "s3_role_boundary must be the ARN of a policy, for example \"arn:aws:iam::222222222222:policy/boundary\"."
  }
}

variable "tags" {
  description = "Tags of every resource."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "writers" {
  description = <<-EOT
    Who may write, by name: what the `writer` output of the Lambda side says, and what is granted to it here.
    - `role_arn`, `unique_id`: the execution role, and the id that tells it from an earlier role of that name.
    - `function_arn`: the function that writes; null for another kind of program. The output `assume_policies` is bound to it.
    - `external_id`: what it must say when it assumes the role; null asks for none.
    - `key_prefixes`: the prefixes below which it may write. Each ends in `/`; an empty one stands for the whole bucket.
    - `permissions`: what else it may do there: `read`, `list`, `delete`, `tag`.
    - `trust_mode`: `pinned` (that role, which must exist) or `decoupled` (whichever role has that ARN, now or later).
    - `organization_id`: the AWS organization that it must be in; null asks for none.
    - `source_identity`: the source identity that its sessions must carry; null asks for none.
    - `session_tags`: the tags that its sessions must carry, and no others.
  EOT
  type = map(object({
    role_arn     = string
    unique_id    = optional(string)
    function_arn = optional(string)
    external_id  = optional(string)
    key_prefixes = optional(list(string), [""])
    permissions = optional(object({
      read   = optional(bool, false)
      list   = optional(bool, false)
      delete = optional(bool, false)
      tag    = optional(bool, false)
    }), {})
    trust_mode      = optional(string, "pinned")
    organization_id = optional(string)
    source_identity = optional(string)
    session_tags    = optional(map(string), {})
  }))
  nullable = false

  validation {
    condition     = alltrue([for key, writer in var.writers : can(regex("^[A-Za-z0-9_-]+$", key))])
    error_message = "writers: each key becomes the end of a role name and must have letters, digits, \"_\" or \"-\" only."
  }

  validation {
    condition = alltrue([
      for writer in var.writers :
      can(regex("^arn:[a-z-]+:iam::[0-9]{12}:role/[!-)+->@-~]+$", writer.role_arn)) &&
      !strcontains(writer.role_arn, "$")
    ])
    error_message = "writers: each role_arn must be the ARN of a role, for example \"arn:aws:iam::111111111111:role/inbound-mail-lambda\"."
  }

  validation {
    condition     = alltrue([for writer in var.writers : contains(["pinned", "decoupled"], writer.trust_mode)])
    error_message = "trust_mode must be \"pinned\" or \"decoupled\"."
  }

  validation {
    condition = alltrue([
      for writer in var.writers :
      writer.organization_id == null ? true : can(regex("^o-[a-z0-9]{10,32}$", writer.organization_id))
    ])
    error_message = "organization_id must be the id of an AWS organization, for example \"o-a1b2c3d4e5\", or be null."
  }

  validation {
    condition = alltrue([
      for writer in var.writers :
      writer.source_identity == null ? true : can(regex("^[A-Za-z0-9_+=,.@-]{2,64}$", writer.source_identity))
    ])
    error_message = "source_identity must have 2 to 64 letters, digits or \"_+=,.@-\", or be null."
  }

  # AWS STS API Reference, "AssumeRole", Tags.
  validation {
    condition = alltrue(flatten([for writer in var.writers : [
      for name, value in writer.session_tags :
      can(regex("^[\\p{L}\\p{Z}\\p{N}_.:/=+@-]{1,128}$", name)) &&
      can(regex("^[\\p{L}\\p{Z}\\p{N}_.:/=+@-]{0,256}$", value)) &&
      !startswith(lower(name), "aws:")
    ]]))
    error_message = "session_tags: a name must have 1 to 128 letters, digits, spaces or \"_.:/=+@-\" and not begin with \"aws:\", and a value at most 256 of them."
  }

  validation {
    condition = alltrue([
      for writer in var.writers :
      length(writer.session_tags) <= 50 &&
      length(distinct([for name in keys(writer.session_tags) : lower(name)])) == length(writer.session_tags)
    ])
    error_message = "session_tags: a session has at most 50 tags, and their names must differ in more than upper and lower case."
  }

  # RE2 repeats at most 1000 times, so the length is a condition of its own.
  validation {
    condition = alltrue([for writer in var.writers : writer.external_id == null ? true :
      can(regex("^[A-Za-z0-9_+=,.@:/-]*$", writer.external_id)) &&
      length(writer.external_id) >= 2 && length(writer.external_id) <= 1224
    ])
    error_message = "external_id must have 2 to 1224 letters, digits or \"_+=,.@:/-\", or be null."
  }

  validation {
    condition     = alltrue([for writer in var.writers : length(writer.key_prefixes) > 0])
    error_message = "key_prefixes must name at least one prefix; [\"\"] stands for the whole bucket."
  }

  validation {
    condition     = alltrue([for prefix in flatten([for writer in var.writers : writer.key_prefixes]) : prefix != null])
    error_message = "key_prefixes must not hold null; [\"\"] stands for the whole bucket."
  }

  validation {
    condition = alltrue([
      for prefix in flatten([for writer in var.writers : writer.key_prefixes]) :
      prefix == null || prefix == "" || can(regex("(?s)^[^/](.*[^/])?/$", prefix))
    ])
    error_message = "key_prefixes: each prefix must be empty or end in \"/\" and not begin with one, for example \"inbox/\"."
  }

  validation {
    condition = alltrue([
      for prefix in flatten([for writer in var.writers : writer.key_prefixes]) :
      !can(regex("[*?$]", coalesce(prefix, " ")))
    ])
    error_message = "key_prefixes: a prefix is taken literally and must not have \"*\", \"?\" or \"$\", which have a meaning of their own in a policy."
  }

  validation {
    condition = alltrue([
      for prefix in flatten([for writer in var.writers : writer.key_prefixes]) :
      !can(regex("(^|/)[.]{1,2}/", coalesce(prefix, " ")))
    ])
    error_message = "key_prefixes: a prefix must not have \".\" or \"..\" between its slashes: S3 takes them literally, and whoever copies the bucket to a disk does not."
  }

  # The characters that IAM takes in a policy.
  validation {
    condition = alltrue([
      for prefix in flatten([for writer in var.writers : writer.key_prefixes]) :
      can(regex("^[\\x{20}-\\x{7e}\\x{a0}-\\x{ff}]*$", coalesce(prefix, " ")))
    ])
    error_message = "key_prefixes: a prefix must have characters that an IAM policy takes: printable ASCII and Latin-1, without line breaks."
  }

  validation {
    condition = alltrue([
      for prefix in flatten([for writer in var.writers : writer.key_prefixes]) : length(coalesce(prefix, " ")) <= 512
    ])
    error_message = "key_prefixes: a prefix must have at most 512 characters: a key has 1,024 bytes in all."
  }
}
