# What the function reads in its own account: the objects and the mail that events name, and the queues that Lambda
# polls as this role.
locals {
  buckets = values(var.sources.buckets)
  email   = values(var.sources.email)
  source_buckets = concat(local.buckets, [
    for email in local.email : { name = email.bucket, prefixes = email.prefixes }
  ])
  source_queues = concat(values(var.sources.queues)[*].arn, var.failure_queue.replay ? [local.replay_queue_arn] : [])
  reads_sources = length(local.source_buckets) + length(local.source_queues) > 0

  # By bucket, all prefixes that are named for it.
  prefixes_by_source = { for bucket in local.source_buckets : bucket.name => bucket.prefixes... }
  source_prefixes    = { for name, prefixes in local.prefixes_by_source : name => distinct(flatten(prefixes)) }
  source_objects = flatten([
    for name, prefixes in local.source_prefixes :
    [for prefix in prefixes : "arn:${local.partition}:s3:::${name}/${prefix}*"]
  ])
  object_keys = distinct(compact(concat(local.buckets[*].kms_key_arn, local.email[*].kms_key_arn)))
  queue_keys  = distinct(compact(values(var.sources.queues)[*].kms_key_arn))

  # By the code of this function only, whoever else has the role. And in this account only: a bucket of this name may
  # become somebody else's, once this account has given it up.
  read_by_this_function = {
    ArnEquals    = { "lambda:SourceFunctionArn" = local.function_arn }
    StringEquals = { "s3:ResourceAccount" = local.account_id }
  }

  source_statements = {
    ReadSourceObjects = {
      when = length(local.source_buckets) > 0
      body = {
        Action    = ["s3:GetObject", "s3:GetObjectVersion"]
        Resource  = local.source_objects
        Condition = local.read_by_this_function
      }
    }
    # Tags are carried over where the other side lets them be set.
    ReadSourceTags = {
      when = length(local.source_buckets) > 0 && var.destinations["default"].permissions.tag
      body = {
        Action    = ["s3:GetObjectTagging", "s3:GetObjectVersionTagging"]
        Resource  = local.source_objects
        Condition = local.read_by_this_function
      }
    }
    # Not bound to the function: AWS does not say whether S3 hands lambda:SourceFunctionArn on to KMS.
    DecryptSourceObjects = {
      when = length(local.object_keys) > 0
      body = {
        Action   = "kms:Decrypt"
        Resource = local.object_keys
        Condition = { StringEquals = { "kms:ViaService" = distinct([
          for arn in local.object_keys : "s3.${split(":", arn)[3]}.${data.aws_partition.this.dns_suffix}"
        ]) } }
      }
    }
    # Nor can these be: it is Lambda that polls, as this role and outside of the function's environment.
    DecryptSourceMessages = {
      when = length(local.queue_keys) > 0
      body = {
        Action   = "kms:Decrypt"
        Resource = local.queue_keys
        Condition = { StringEquals = { "kms:ViaService" = distinct([
          for arn in local.queue_keys : "sqs.${split(":", arn)[3]}.${data.aws_partition.this.dns_suffix}"
        ]) } }
      }
    }
    ReceiveFromQueues = {
      when = length(local.source_queues) > 0
      body = {
        Action   = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
        Resource = local.source_queues
      }
    }
  }

  # Without them S3 answers 403 for an object that is gone, as for one that may not be read. Each bucket has a
  # statement, because each has prefixes of its own.
  listing_sids = { for index, name in keys(local.source_prefixes) : name => "ListSourceBucket${index + 1}" }
  listing_statements = { for name, prefixes in local.source_prefixes : local.listing_sids[name] => {
    when = true
    body = {
      Action   = "s3:ListBucket"
      Resource = "arn:${local.partition}:s3:::${name}"
      Condition = merge(
        local.read_by_this_function,
        # A listing of the whole bucket has no prefix to compare. For an object that is gone, S3 compares its key.
        contains(prefixes, "") ? {} : { StringLike = { "s3:prefix" = [for prefix in prefixes : "${prefix}*"] } },
      )
    }
  } }

  sources_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      for sid, statement in merge(local.source_statements, local.listing_statements) :
      merge({ Sid = sid, Effect = "Allow" }, statement.body) if statement.when
    ]
  })
}

resource "aws_iam_role_policy" "sources" {
  count = local.reads_sources ? 1 : 0

  name   = "sources"
  role   = aws_iam_role.execution.id
  policy = local.sources_policy
}
