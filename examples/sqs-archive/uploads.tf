# A bucket of the Lambda account whose new objects are told of in the same queue.

locals {
  uploads_arn = "arn:${local.partition}:s3:::${var.uploads_bucket}"
}

resource "aws_s3_bucket" "uploads" {
  #checkov:skip=CKV_AWS_18:Who reads the uploads is not asked here; what is archived has a log of its own, bucket.access_log
  #checkov:skip=CKV_AWS_144:What matters is copied to the other account
  #checkov:skip=CKV2_AWS_61:How long an upload stays after it was archived is for whoever puts it there
  provider = aws.lambda_account

  bucket = var.uploads_bucket
}

resource "aws_s3_bucket_notification" "uploads" {
  provider = aws.lambda_account

  bucket = aws_s3_bucket.uploads.id

  queue {
    queue_arn = aws_sqs_queue.archive.arn
    events    = ["s3:ObjectCreated:*"]
  }
}

# S3 refuses changes of one bucket that overlap (OperationAborted): the next three wait for each other.
resource "aws_s3_bucket_public_access_block" "uploads" {
  provider = aws.lambda_account

  bucket                  = aws_s3_bucket.uploads.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_policy" "uploads" {
  provider = aws.lambda_account

  bucket = aws_s3_bucket.uploads.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [for sid, condition in {
      DenyOldTls    = { NumericLessThan = { "s3:TlsVersion" = "1.2" } }
      DenyPlainHttp = { Bool = { "aws:SecureTransport" = "false" } }
      } : {
      Sid       = sid
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = [local.uploads_arn, "${local.uploads_arn}/*"]
      Condition = condition
    }]
  })

  depends_on = [aws_s3_bucket_public_access_block.uploads]
}

resource "aws_s3_bucket_ownership_controls" "uploads" {
  provider = aws.lambda_account

  bucket = aws_s3_bucket.uploads.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }

  depends_on = [aws_s3_bucket_policy.uploads]
}

# With versions, a notification that comes late still finds what it tells of.
resource "aws_s3_bucket_versioning" "uploads" {
  provider = aws.lambda_account

  bucket = aws_s3_bucket.uploads.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "uploads" {
  provider = aws.lambda_account

  bucket = aws_s3_bucket.uploads.id

  rule {
    bucket_key_enabled = true

    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = aws_kms_key.sources.arn
    }
  }
}
