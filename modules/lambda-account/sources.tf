# What the function reads in its own account: the objects and the mail that events name, and the queues that Lambda
# polls as this role.
locals {
  email_source   = [for email in var.sources.email[*] : { name = email.bucket, prefixes = [email.prefix] }]
  source_buckets = concat(var.sources.buckets, local.email_source)
  reads_sources  = length(local.source_buckets) + length(var.sources.queue_arns) + length(var.sources.kms_key_arns) > 0

  # By bucket, all prefixes that are named for it.
  prefixes_by_source = { for bucket in local.source_buckets : bucket.name => bucket.prefixes... }
  source_prefixes    = { for name, prefixes in local.prefixes_by_source : name => distinct(flatten(prefixes)) }
  source_objects = flatten([
    for name, prefixes in local.source_prefixes :
    [for prefix in prefixes : "arn:${local.partition}:s3:::${name}/${prefix}*"]
  ])

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
    # Not bound to the function, for it serves queues too. AWS does not say whether S3 hands lambda:SourceFunctionArn
    # on to KMS.
    DecryptSources = {
      when = length(var.sources.kms_key_arns) > 0
      body = {
        Action   = "kms:Decrypt"
        Resource = var.sources.kms_key_arns
        Condition = { StringEquals = { "kms:ViaService" = distinct(flatten([
          for arn in var.sources.kms_key_arns :
          [for service in ["s3", "sqs"] : "${service}.${split(":", arn)[3]}.${data.aws_partition.this.dns_suffix}"]
        ])) } }
      }
    }
    # Nor can this be: it is Lambda that polls, as this role and outside of the function's environment.
    ReceiveFromQueues = {
      when = length(var.sources.queue_arns) > 0
      body = {
        Action   = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
        Resource = var.sources.queue_arns
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
