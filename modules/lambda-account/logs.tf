locals {
  log_group     = "/aws/lambda/${var.name}"
  log_group_arn = "arn:${local.partition}:logs:${local.region}:${local.account_id}:log-group:${local.log_group}"
}

# Made before the function, which would otherwise make one itself that never expires.
resource "aws_cloudwatch_log_group" "this" {
  name              = local.log_group
  retention_in_days = var.function.log_retention_days
  tags              = var.tags
}
