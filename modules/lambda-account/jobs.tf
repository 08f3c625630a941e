# Roles for jobs of S3 Batch Operations, which invoke the function for the objects of a manifest. Terraform has no
# resource for a job: whoever creates one passes such a role to it.
locals {
  # AWS documents no condition for this principal. To use the role, one must be allowed to pass it (iam:PassRole).
  batch_job_trust = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "S3RunsJobs"
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "batchoperations.s3.amazonaws.com" }
    }]
  })

  # In this account only: a bucket of this name may become somebody else's, once this account has given it up.
  in_this_account = { StringEquals = { "s3:ResourceAccount" = local.account_id } }

  batch_job_policies = { for key, job in var.sources.batch_jobs : key => jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Sid      = "InvokeTheFunction"
          Effect   = "Allow"
          Action   = "lambda:InvokeFunction"
          Resource = [local.function_arn, "${local.function_arn}:*"]
        },
        {
          Sid       = "ReadTheManifest"
          Effect    = "Allow"
          Action    = ["s3:GetObject", "s3:GetObjectVersion"]
          Resource  = "arn:${local.partition}:s3:::${job.manifest.bucket}/${job.manifest.prefix}*"
          Condition = local.in_this_account
        },
        {
          Sid       = "WriteTheReport"
          Effect    = "Allow"
          Action    = "s3:PutObject"
          Resource  = "arn:${local.partition}:s3:::${job.report.bucket}/${job.report.prefix}*"
          Condition = local.in_this_account
        },
      ],
      [for arn in job.kms_key_arn[*] : {
        Sid      = "UseTheKeyOfManifestAndReport"
        Effect   = "Allow"
        Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource = arn
        Condition = { StringEquals = {
          "kms:ViaService" = "s3.${split(":", arn)[3]}.${data.aws_partition.this.dns_suffix}"
        } }
      }],
    )
  }) }
}

resource "aws_iam_role" "batch_job" {
  for_each = var.sources.batch_jobs

  name               = "${var.name}-${each.key}-batch"
  path               = var.execution_role.path
  description        = "Role of jobs of S3 Batch Operations that invoke the Lambda function ${var.name}"
  assume_role_policy = local.batch_job_trust
  # A policy that somebody else has attached must not stop the role from being deleted.
  force_detach_policies = true
  tags                  = var.tags

  lifecycle {
    precondition {
      condition     = length("${var.name}-${each.key}-batch") <= 64
      error_message = "sources.batch_jobs: the role ${var.name}-${each.key}-batch has more than the 64 characters that IAM takes: give the entry ${each.key} a shorter key."
    }
  }
}

resource "aws_iam_role_policy" "batch_job" {
  for_each = var.sources.batch_jobs

  name   = "batch-job"
  role   = aws_iam_role.batch_job[each.key].id
  policy = local.batch_job_policies[each.key]
}
