# The bucket where SES stores messages, and where older mail can be imported.

locals {
  mail_arn = "arn:${local.partition}:s3:::${var.mail_bucket}"

  # Apart, so that a message is archived once: SES tells of what it receives, S3 of what is imported.
  received = "received/"
  imported = "imported/"
}

resource "aws_s3_bucket" "mail" {
  #checkov:skip=CKV_AWS_18:Who reads the mail is not asked here; what is archived has a log of its own, bucket.access_log
  #checkov:skip=CKV_AWS_144:What matters is copied to the other account
  #checkov:skip=CKV_AWS_145:SES puts objects as a service without a role, and AWS documents no rights of its on a bucket's key; S3's keys ask for none
  #checkov:skip=CKV2_AWS_61:How long a message stays after it was archived is for whoever answers for the mail
  provider = aws.lambda_account

  bucket = var.mail_bucket
}

# S3 refuses changes of one bucket that overlap (OperationAborted): the next three wait for each other.
resource "aws_s3_bucket_public_access_block" "mail" {
  provider = aws.lambda_account

  bucket                  = aws_s3_bucket.mail.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_policy" "mail" {
  provider = aws.lambda_account

  bucket = aws_s3_bucket.mail.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "SesStoresReceivedMail"
        Effect    = "Allow"
        Principal = { Service = "ses.amazonaws.com" }
        Action    = "s3:PutObject"
        Resource  = "${local.mail_arn}/${local.received}*"
        Condition = local.by_this_rule
      },
      {
        Sid       = "DenyOldTls"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource  = [local.mail_arn, "${local.mail_arn}/*"]
        Condition = { NumericLessThan = { "s3:TlsVersion" = "1.2" } }
      },
      {
        Sid       = "DenyPlainHttp"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource  = [local.mail_arn, "${local.mail_arn}/*"]
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
    ]
  })

  depends_on = [aws_s3_bucket_public_access_block.mail]
}

resource "aws_s3_bucket_ownership_controls" "mail" {
  provider = aws.lambda_account

  bucket = aws_s3_bucket.mail.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }

  depends_on = [aws_s3_bucket_policy.mail]
}

resource "aws_s3_bucket_versioning" "mail" {
  provider = aws.lambda_account

  bucket = aws_s3_bucket.mail.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "mail" {
  provider = aws.lambda_account

  bucket = aws_s3_bucket.mail.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}
