locals {
  uses_kms      = var.encryption.mode != "sse-s3"
  sse_algorithm = local.uses_kms ? "aws:kms" : "AES256"
  has_own_key   = var.encryption.mode == "own-key" && var.bucket.create
  key_arn       = local.uses_kms ? try(aws_kms_key.this[0].arn, var.encryption.key_arn) : null
  account_root  = "arn:${local.partition}:iam::${local.account_id}:root"

  # AWS's own default is kms:* for the account. Here the account's IAM may administer the key, which includes changing
  # this policy, and may let somebody use it through S3 in this region, and in no other way: whoever wants to decrypt
  # elsewhere must first change this policy, which is seen. It cannot be narrower: without the administration nobody
  # could mend or delete the key, and to name the writers' roles would tie the key to roles that are replaced.
  key_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "AccountAdministersThroughIam"
        Effect    = "Allow"
        Principal = { AWS = local.account_root }
        Action = [
          "kms:CancelKeyDeletion", "kms:CreateAlias", "kms:DeleteAlias", "kms:DescribeKey", "kms:DisableKey",
          "kms:DisableKeyRotation", "kms:EnableKey", "kms:EnableKeyRotation", "kms:GetKeyPolicy",
          "kms:GetKeyRotationStatus", "kms:ListGrants", "kms:ListKeyPolicies",
          "kms:ListKeyRotations", "kms:ListResourceTags", "kms:PutKeyPolicy", "kms:RevokeGrant",
          "kms:RotateKeyOnDemand", "kms:ScheduleKeyDeletion", "kms:TagResource", "kms:UntagResource",
          "kms:UpdateAlias", "kms:UpdateKeyDescription",
        ]
        Resource = "*"
      },
      {
        Sid       = "AccountUsesItThroughS3"
        Effect    = "Allow"
        Principal = { AWS = local.account_root }
        Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource  = "*"
        Condition = { StringEquals = { "kms:ViaService" = data.aws_service.s3.dns_name } }
      },
    ]
  })

  # What the policy of an existing key must say, unless it leaves the account's IAM to decide. The module never touches
  # the policy of a key that is not its own. Nothing here may read var.encryption: the key's ARN comes in by it, and a
  # caller who makes the key's policy of this would have a cycle.
  key_policy_statements = jsonencode([{
    Sid       = "WritersEncryptThroughS3"
    Effect    = "Allow"
    Principal = { AWS = local.account_root }
    Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
    Resource  = "*"
    Condition = {
      StringEquals = { "kms:ViaService" = data.aws_service.s3.dns_name }
      ArnEquals    = { "aws:PrincipalArn" = values(local.role_arns) }
    }
  }])
}

resource "aws_kms_key" "this" {
  count = local.has_own_key ? 1 : 0

  description             = "Encrypts the bucket ${var.bucket.name}"
  enable_key_rotation     = true
  deletion_window_in_days = var.encryption.deletion_days
  policy                  = local.key_policy
  tags                    = var.tags

  lifecycle {
    # The bucket turns to its next key before this one is scheduled for deletion, which ends its use at once.
    create_before_destroy = true

    postcondition {
      condition     = split(":", self.arn)[4] == local.account_id
      error_message = "The key was made in the account ${split(":", self.arn)[4]}, not in ${local.account_id}. ${local.two_causes}"
    }
  }
}

resource "aws_kms_alias" "this" {
  count = local.has_own_key && var.encryption.alias != null ? 1 : 0

  name          = "alias/${var.encryption.alias}"
  target_key_id = aws_kms_key.this[0].key_id
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  count = local.creates

  bucket = aws_s3_bucket.this[0].id

  rule {
    bucket_key_enabled = local.uses_kms && var.encryption.bucket_key

    apply_server_side_encryption_by_default {
      sse_algorithm     = local.sse_algorithm
      kms_master_key_id = local.key_arn
    }
  }

  # The writers may use the key before the bucket does.
  depends_on = [aws_iam_role_policy.kms]
}
