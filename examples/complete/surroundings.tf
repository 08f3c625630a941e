# What an organization has already: a key for its functions, a queue of orders, and a boundary for its roles in either
# account.

data "aws_caller_identity" "lambda" {
  provider = aws.lambda_account
}

data "aws_partition" "this" {
  provider = aws.lambda_account
}

locals {
  account_id = data.aws_caller_identity.lambda.account_id
  partition  = data.aws_partition.this.partition
  logs_arn   = "arn:${local.partition}:logs:${var.region}:${local.account_id}"
}

resource "aws_kms_key" "function" {
  provider = aws.lambda_account

  description         = "Encrypts the log and the environment of the function archive, and its queue"
  enable_key_rotation = true
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "AccountAdministersThroughIam"
        Effect    = "Allow"
        Principal = { AWS = "arn:${local.partition}:iam::${local.account_id}:root" }
        Action    = "kms:*"
        Resource  = "*"
      },
      {
        Sid       = "CloudWatchEncryptsThisLog"
        Effect    = "Allow"
        Principal = { Service = "logs.${var.region}.amazonaws.com" }
        Action    = ["kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*", "kms:Describe*"]
        Resource  = "*"
        Condition = { ArnEquals = {
          "kms:EncryptionContext:aws:logs:arn" = "${local.logs_arn}:log-group:/aws/lambda/archive"
        } }
      },
    ]
  })
}

resource "aws_sqs_queue" "orders" {
  provider = aws.lambda_account

  name                       = "archive-orders"
  kms_master_key_id          = aws_kms_key.function.arn
  visibility_timeout_seconds = 6 * 120
}

resource "aws_iam_policy" "lambda_boundary" {
  provider = aws.lambda_account

  name        = "functions-boundary"
  description = "The most that a function's role may be allowed"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "WriteToLogsOfFunctions"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "arn:${data.aws_partition.this.partition}:logs:*:*:log-group:/aws/lambda/*"
      },
      {
        Sid      = "SendFailures"
        Effect   = "Allow"
        Action   = "sqs:SendMessage"
        Resource = "arn:${data.aws_partition.this.partition}:sqs:*:*:*-failures"
      },
      {
        Sid      = "ReadSources"
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket"]
        Resource = "arn:${data.aws_partition.this.partition}:s3:::*"
      },
      {
        Sid      = "DecryptSources"
        Effect   = "Allow"
        Action   = "kms:Decrypt"
        Resource = "arn:${data.aws_partition.this.partition}:kms:*:*:key/*"
      },
      {
        Sid      = "ReceiveFromQueues"
        Effect   = "Allow"
        Action   = ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]
        Resource = "arn:${data.aws_partition.this.partition}:sqs:*:*:*"
      },
      {
        Sid      = "AssumePartnersRoles"
        Effect   = "Allow"
        Action   = ["sts:AssumeRole", "sts:SetSourceIdentity"]
        Resource = "arn:${data.aws_partition.this.partition}:iam::*:role/partners/*"
      },
      {
        Sid      = "SendTraces"
        Effect   = "Allow"
        Action   = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]
        Resource = "*"
      },
    ]
  })
}

resource "aws_iam_policy" "s3_boundary" {
  provider = aws.s3_account

  name        = "partners-boundary"
  description = "The most that a role for outsiders may be allowed"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "PutAndGetObjects"
        Effect   = "Allow"
        Action   = ["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"]
        Resource = "arn:${data.aws_partition.this.partition}:s3:::*/*"
      },
      {
        Sid      = "ListThem"
        Effect   = "Allow"
        Action   = "s3:ListBucket"
        Resource = "arn:${data.aws_partition.this.partition}:s3:::*"
      },
      {
        Sid      = "EncryptThem"
        Effect   = "Allow"
        Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource = "arn:${data.aws_partition.this.partition}:kms:*:*:key/*"
      },
    ]
  })
}
