locals {
  role_names = { for key, writer in var.writers : key =>
    join("-", compact([coalesce(var.s3_role.name, "${var.name}-s3-writer"), key == "default" ? "" : key]))
  }
  role_arns = { for key, name in local.role_names : key =>
    "arn:${local.partition}:iam::${local.account_id}:role${var.s3_role.path}${name}"
  }

  # All conditions on the one Allow statement: statements are ORed, so a second one could only widen.
  trust_conditions = { for key, writer in var.writers : key => {
    for name, value in { "sts:ExternalId" = writer.external_id } : name => value if value != null
  } }

  trust_policies = { for key, writer in var.writers : key => jsonencode({
    Version = "2012-10-17"
    Statement = [merge(
      {
        Sid       = "WriterAssumesThisRole"
        Effect    = "Allow"
        Principal = { AWS = writer.role_arn }
        Action    = "sts:AssumeRole"
      },
      { for element, conditions in { Condition = local.trust_conditions[key] } : element => { StringEquals = conditions } if length(conditions) > 0 },
    )]
  }) }

  # Put only. It can overwrite, hence the bucket's versioning; it can neither read, list nor delete.
  write_policies = { for key, writer in var.writers : key => jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "WriteBelowItsPrefixes"
      Effect    = "Allow"
      Action    = ["s3:PutObject", "s3:AbortMultipartUpload"]
      Resource  = [for prefix in writer.key_prefixes : "${local.bucket_arn}/${prefix}*"]
      Condition = { StringEquals = { "s3:ResourceAccount" = local.account_id } }
    }]
  }) }

  # What S3 encrypts under: the bucket with a bucket key, else the object.
  encryption_context = { for key, writer in var.writers : key => var.encryption.bucket_key ? [local.bucket_arn] : [
    for prefix in writer.key_prefixes : "${local.bucket_arn}/${prefix}*"
  ] }

  # Apart from the write policy, because the ARN of a key that does not exist yet would hide that one from the first plan.
  kms_policies = { for key, writer in var.writers : key => jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid    = "EncryptThroughS3"
      Effect = "Allow"
      # S3 decrypts the parts of a multipart upload when it puts them together.
      Action   = ["kms:GenerateDataKey", "kms:Decrypt"]
      Resource = local.key_arn
      Condition = {
        StringEquals = { "kms:ViaService" = data.aws_service.s3.dns_name }
        StringLike   = { "kms:EncryptionContext:aws:s3:arn" = local.encryption_context[key] }
      }
    }]
  }) if local.uses_kms }
}

# A trust policy stores its principal by unique id: when the writer's role is made anew under its old name, the ARN
# reads the same and the trust is dead. The id makes the role below be made anew in the same apply.
resource "terraform_data" "writer_identity" {
  for_each = var.writers

  input = each.value.unique_id
}

resource "aws_iam_role" "writer" {
  for_each = var.writers

  name                 = local.role_names[each.key]
  path                 = var.s3_role.path
  description          = "Writes to the bucket ${var.bucket.name} for ${each.value.function_arn}"
  assume_role_policy   = local.trust_policies[each.key]
  permissions_boundary = var.s3_role.permissions_boundary
  tags                 = var.tags

  lifecycle {
    replace_triggered_by = [terraform_data.writer_identity[each.key]]

    precondition {
      condition     = var.allow_same_account || split(":", each.value.role_arn)[4] != local.account_id
      error_message = "The function's account and the bucket's are the same, ${local.account_id}: give the aws.s3_account provider credentials of the bucket's account, or set allow_same_account = true."
    }

    precondition {
      condition     = split(":", each.value.role_arn)[1] == local.partition
      error_message = "The function's account is in the partition ${split(":", each.value.role_arn)[1]} and the bucket's in ${local.partition}: no role can be assumed across partitions, so give both providers regions of one partition."
    }

    precondition {
      condition     = length(local.role_names[each.key]) <= 64
      error_message = "The role name ${local.role_names[each.key]} is longer than 64 characters: shorten s3_role.name or the writer's key."
    }
  }
}

# `.id`, not `.name`: it is unknown when the role is replaced, so the policies are replaced with it and not lost.
resource "aws_iam_role_policy" "write" {
  for_each = var.writers

  name   = "write"
  role   = aws_iam_role.writer[each.key].id
  policy = local.write_policies[each.key]
}

resource "aws_iam_role_policy" "kms" {
  for_each = local.uses_kms ? var.writers : {}

  name   = "kms"
  role   = aws_iam_role.writer[each.key].id
  policy = local.kms_policies[each.key]
}
