locals {
  uses_kms = var.encryption.mode == "own-key"
  key_arn  = one(aws_kms_key.this[*].arn)

  # Administration through IAM of the account; who may use the key is said by their identity policies.
  key_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "AccountAdministersThroughIam"
      Effect    = "Allow"
      Principal = { AWS = "arn:${local.partition}:iam::${local.account_id}:root" }
      Action    = "kms:*"
      Resource  = "*"
    }]
  })
}

resource "aws_kms_key" "this" {
  count = local.uses_kms ? 1 : 0

  description         = "Encrypts the bucket ${var.bucket.name}"
  enable_key_rotation = true
  policy              = local.key_policy
  tags                = var.tags
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    bucket_key_enabled = local.uses_kms && var.encryption.bucket_key

    apply_server_side_encryption_by_default {
      sse_algorithm     = local.uses_kms ? "aws:kms" : "AES256"
      kms_master_key_id = local.key_arn
    }
  }
}
