locals {
  log_group     = "/aws/lambda/${var.name}"
  log_group_arn = "arn:${local.partition}:logs:${local.region}:${local.account_id}:log-group:${local.log_group}"
}

# Made before the function, which would otherwise make one itself that never expires.
resource "aws_cloudwatch_log_group" "this" {
  #checkov:skip=CKV_AWS_158:CloudWatch encrypts it; a key of one's own needs a policy for that: logs.kms_key_arn takes one
  name              = local.log_group
  retention_in_days = var.logs.retention_days
  log_group_class   = var.logs.class
  kms_key_id        = var.logs.kms_key_arn
  skip_destroy      = var.logs.keep
  tags              = var.tags
}
