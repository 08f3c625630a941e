data "aws_caller_identity" "this" {}

data "aws_partition" "this" {}

data "aws_default_tags" "this" {}

# aws_region has no attribute that is free of deprecations on both 5.x and 6.x; this one has.
data "aws_service" "s3" {
  service_id = "s3"
}

locals {
  account_id = data.aws_caller_identity.this.account_id
  partition  = data.aws_partition.this.partition
  region     = data.aws_service.s3.region

  creates    = var.bucket.create ? 1 : 0
  bucket_arn = "arn:${local.partition}:s3:::${var.bucket.name}"
  everything = [local.bucket_arn, "${local.bucket_arn}/*"]

  # Names that IAM takes for one, of var.tags and of the provider's default_tags.
  tags_alike = [
    for name in keys(var.tags) : name
    if contains([for other in keys(data.aws_default_tags.this.tags) : lower(other) if other != name], lower(name))
  ]

  # Whatever puts an object into the bucket or changes how it is encrypted; replication stores without s3:PutObject.
  storing_actions = ["s3:PutObject", "s3:ReplicateObject", "s3:UpdateObjectEncryption"]

  own_statements = {
    DenyPlainHttp = {
      when = true
      body = {
        Action    = "s3:*"
        Resource  = local.everything
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      }
    }
    DenyOldTls = {
      when = true
      body = {
        Action    = "s3:*"
        Resource  = local.everything
        Condition = { NumericLessThan = { "s3:TlsVersion" = "1.2" } }
      }
    }
    # Null, because a comparison that is negated holds for an absent key: a put that relies on the bucket's default
    # encryption names none. (So it does with IfExists.)
    DenyOtherEncryption = {
      when = var.deny_other_encryption
      body = {
        Action   = local.storing_actions
        Resource = "${local.bucket_arn}/*"
        Condition = {
          StringNotEquals = { "s3:x-amz-server-side-encryption" = local.sse_algorithm }
          Null            = { "s3:x-amz-server-side-encryption" = "false" }
        }
      }
    }
    DenyOtherKeys = {
      when = var.deny_other_encryption && local.uses_kms
      body = {
        Action   = local.storing_actions
        Resource = "${local.bucket_arn}/*"
        Condition = {
          ArnNotEquals = { "s3:x-amz-server-side-encryption-aws-kms-key-id" = local.key_arn }
          Null         = { "s3:x-amz-server-side-encryption-aws-kms-key-id" = "false" }
        }
      }
    }
    # Asked for KMS and told no key, S3 takes the account's aws/s3, and not the bucket's.
    DenyUnnamedKeys = {
      when = var.deny_other_encryption && local.uses_kms
      body = {
        Action   = local.storing_actions
        Resource = "${local.bucket_arn}/*"
        Condition = {
          StringEquals = { "s3:x-amz-server-side-encryption" = "aws:kms" }
          Null         = { "s3:x-amz-server-side-encryption-aws-kms-key-id" = "true" }
        }
      }
    }
    # Keys that come with the request (SSE-C): nobody in this account could read such an object.
    DenyKeysOfTheCaller = {
      when = true
      body = {
        Action    = "s3:PutObject"
        Resource  = "${local.bucket_arn}/*"
        Condition = { Null = { "s3:x-amz-server-side-encryption-customer-algorithm" = "false" } }
      }
    }
    # A put that may replace an object: one without If-None-Match. The parts of an upload create no object yet.
    DenyOverwrites = {
      when = var.deny_overwrites
      body = {
        Action   = "s3:PutObject"
        Resource = "${local.bucket_arn}/*"
        Condition = {
          Null = { "s3:if-none-match" = "true" }
          Bool = { "s3:ObjectCreationOperation" = "true" }
        }
      }
    }
    # By ARN and not as a principal: it then outlives the replacement of a role.
    DenyOtherWriters = {
      when = var.deny_other_writers
      body = {
        Action    = local.storing_actions
        Resource  = "${local.bucket_arn}/*"
        Condition = { ArnNotEquals = { "aws:PrincipalArn" = values(local.role_arns) } }
      }
    }
  }

  # What the owner of a bucket that exists may add to its policy. DenyOtherWriters and DenyOverwrites too: whether they
  # hold is then the owner's decision.
  advised_statements = {
    for sid, statement in local.own_statements :
    sid => jsonencode(merge({ Sid = sid, Effect = "Deny", Principal = "*" }, statement.body))
    if local.uses_kms || !contains(["DenyOtherKeys", "DenyUnnamedKeys"], sid)
  }

  callers_statements = { for sid, statement in var.bucket.policy_statements : sid => merge(
    {
      Effect    = statement.effect
      Principal = statement.principals
      Action    = statement.actions
      Resource  = statement.resources
    },
    length(statement.conditions) > 0 ? { Condition = statement.conditions } : {},
  ) }

  bucket_policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        for sid, statement in local.own_statements :
        merge({ Sid = sid, Effect = "Deny", Principal = "*" }, statement.body) if statement.when
      ],
      [for sid, statement in local.callers_statements : merge({ Sid = sid }, statement)],
    )
  })
}

resource "aws_s3_bucket" "this" {
  #checkov:skip=CKV_AWS_18:Access logs need a bucket of their own to go to: bucket.access_log names one
  #checkov:skip=CKV_AWS_144:A copy in a second region is a decision about cost and place, which is the caller's
  #checkov:skip=CKV2_AWS_62:Nobody listens to this bucket's events yet; who does sets them up
  count = local.creates

  bucket        = var.bucket.name
  force_destroy = var.bucket.force_destroy
  tags          = var.tags

  # Destroyed before its key: when a destroy is refused because the bucket holds objects, their key stays.
  depends_on = [aws_kms_key.this]

  lifecycle {
    precondition {
      condition     = !var.deny_other_writers || length(var.writers) > 0
      error_message = "deny_other_writers would refuse everybody: there are no writers."
    }

    precondition {
      condition     = length(local.tags_alike) == 0
      error_message = "tags: ${join(", ", local.tags_alike)} differs only in upper and lower case from a name in the default_tags of the provider, and IAM takes them for one: write it as there."
    }

    # AWS refuses to delete a bucket with objects, but only after Terraform has deleted its policy, its public access
    # block, its versioning and its encryption.
    precondition {
      condition = (
        var.bucket.force_destroy || contains(["", var.bucket.name], terraform_data.bucket_name.output)
      )
      error_message = "bucket.name must stay \"${terraform_data.bucket_name.output}\": another name would delete that bucket, and its protection first. To let it go with its objects, apply bucket.force_destroy = true before; to keep it, take it out of the state and give this module a new name."
    }
  }
}

# The name of the bucket that was first made here; empty if it existed. With force_destroy it follows the input.
resource "terraform_data" "bucket_name" {
  input            = var.bucket.create ? var.bucket.name : ""
  triggers_replace = var.bucket.force_destroy ? var.bucket.name : null

  lifecycle {
    ignore_changes = [input]
  }
}

# S3 refuses changes of one bucket that overlap (OperationAborted): the next three wait for each other.
resource "aws_s3_bucket_public_access_block" "this" {
  count = local.creates

  bucket                  = aws_s3_bucket.this[0].id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_policy" "this" {
  count = local.creates

  bucket = aws_s3_bucket.this[0].id
  policy = local.bucket_policy

  depends_on = [aws_s3_bucket_public_access_block.this]
}

# Every object belongs to the bucket's account, and there are no ACLs.
resource "aws_s3_bucket_ownership_controls" "this" {
  count = local.creates

  bucket = aws_s3_bucket.this[0].id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }

  depends_on = [aws_s3_bucket_policy.this]
}

resource "aws_s3_bucket_versioning" "this" {
  count = local.creates

  bucket = aws_s3_bucket.this[0].id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "this" {
  count = local.creates

  bucket = aws_s3_bucket.this[0].id

  rule {
    id     = "remove-what-is-left-over"
    status = "Enabled"

    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = var.bucket.abort_uploads_after_days
    }

    dynamic "expiration" {
      for_each = var.bucket.expire_days == null ? [] : [var.bucket.expire_days]

      content {
        days = expiration.value
      }
    }

    dynamic "noncurrent_version_expiration" {
      for_each = var.bucket.noncurrent_days == null ? [] : [var.bucket.noncurrent_days]

      content {
        noncurrent_days = noncurrent_version_expiration.value
      }
    }
  }

  dynamic "rule" {
    for_each = var.bucket.lifecycle_rules

    content {
      id     = rule.key
      status = "Enabled"

      filter {
        prefix = rule.value.prefix
      }

      dynamic "expiration" {
        for_each = rule.value.expire_days[*]

        content {
          days = expiration.value
        }
      }

      dynamic "noncurrent_version_expiration" {
        for_each = rule.value.noncurrent_days[*]

        content {
          noncurrent_days = noncurrent_version_expiration.value
        }
      }

      dynamic "transition" {
        for_each = rule.value.transitions

        content {
          days          = transition.value
          storage_class = transition.key
        }
      }
    }
  }

  depends_on = [aws_s3_bucket_versioning.this]
}

resource "aws_s3_bucket_object_lock_configuration" "this" {
  count = var.object_lock == null ? 0 : local.creates

  bucket = aws_s3_bucket.this[0].id

  rule {
    default_retention {
      mode = var.object_lock.mode
      days = var.object_lock.days
    }
  }

  depends_on = [aws_s3_bucket_versioning.this]
}

resource "aws_s3_bucket_logging" "this" {
  count = var.bucket.access_log == null ? 0 : local.creates

  bucket        = aws_s3_bucket.this[0].id
  target_bucket = var.bucket.access_log.bucket
  target_prefix = var.bucket.access_log.prefix
}
