# The bucket as its owner has it. It is here so that this example applies as it stands; yours exists already, and then
# its name is all that main.tf needs.

resource "aws_s3_bucket" "archive" {
  #checkov:skip=CKV_AWS_18:Who reads the archive is not asked here
  #checkov:skip=CKV_AWS_144:A copy in a second region is a decision about cost and place
  #checkov:skip=CKV_AWS_145:S3 encrypts it with keys of its own; for a KMS key, see encryption in the README
  #checkov:skip=CKV2_AWS_61:How long an object stays is for whoever owns the bucket
  #checkov:skip=CKV2_AWS_62:Nobody listens to this bucket's events
  provider = aws.s3_account

  bucket = var.bucket
}

# S3 refuses changes of one bucket that overlap (OperationAborted): the next three wait for each other.
resource "aws_s3_bucket_public_access_block" "archive" {
  provider = aws.s3_account

  bucket                  = aws_s3_bucket.archive.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

# Three of the statements that the module advises, beside whatever stands in the policy already.
resource "aws_s3_bucket_policy" "archive" {
  provider = aws.s3_account

  bucket = aws_s3_bucket.archive.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      for sid in ["DenyPlainHttp", "DenyOldTls", "DenyKeysOfTheCaller"] :
      jsondecode(module.archive.bucket_policy_statements[sid])
    ]
  })

  depends_on = [aws_s3_bucket_public_access_block.archive]
}

resource "aws_s3_bucket_ownership_controls" "archive" {
  provider = aws.s3_account

  bucket = aws_s3_bucket.archive.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }

  depends_on = [aws_s3_bucket_policy.archive]
}

resource "aws_s3_bucket_versioning" "archive" {
  provider = aws.s3_account

  bucket = aws_s3_bucket.archive.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "archive" {
  provider = aws.s3_account

  bucket = aws_s3_bucket.archive.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}
