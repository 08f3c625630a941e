data "aws_caller_identity" "this" {}

data "aws_partition" "this" {}

# aws_region has no attribute that is free of deprecations on both 5.x and 6.x; this one has.
data "aws_service" "lambda" {
  service_id = "lambda"
}

# ARNs are computed, not read from the resources, so that every policy that holds them can be read in the first plan.
locals {
  account_id = data.aws_caller_identity.this.account_id
  partition  = data.aws_partition.this.partition
  region     = data.aws_service.lambda.region

  role_name = coalesce(var.execution_role.name, "${var.name}-lambda")
  role_arn  = "arn:${local.partition}:iam::${local.account_id}:role${var.execution_role.path}${local.role_name}"

  trust_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "LambdaRunsAsThisRole"
      Effect    = "Allow"
      Principal = { Service = "lambda.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })

  named_destinations = [for destination in var.destinations : destination if destination.source_identity != null]

  # Bound to this function: credentials that leak from another function with this role assume nothing.
  assume_statements = {
    ThisFunctionAssumesItsDestinations = {
      when = true
      body = {
        Action    = "sts:AssumeRole"
        Resource  = [for destination in var.destinations : destination.role_arn]
        Condition = { ArnEquals = { "lambda:SourceFunctionArn" = local.function_arn } }
      }
    }
    ThisFunctionSaysWhoItIs = {
      when = length(local.named_destinations) > 0
      body = {
        Action   = "sts:SetSourceIdentity"
        Resource = [for destination in local.named_destinations : destination.role_arn]
        Condition = {
          ArnEquals    = { "lambda:SourceFunctionArn" = local.function_arn }
          StringEquals = { "sts:SourceIdentity" = distinct(local.named_destinations[*].source_identity) }
        }
      }
    }
  }

  assume_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [for sid, statement in local.assume_statements : merge({ Sid = sid, Effect = "Allow" }, statement.body) if statement.when]
  })

  # Not AWSLambdaBasicExecutionRole, which may create log groups and write to every one of them.
  logs_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "WriteToItsOwnLogGroup"
      Effect   = "Allow"
      Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
      Resource = "${local.log_group_arn}:*"
    }]
  })
}

# This role reads no destination: the other side waits for it, so that would be a cycle.
resource "aws_iam_role" "execution" {
  name                 = local.role_name
  path                 = var.execution_role.path
  description          = "Execution role of the Lambda function ${var.name}"
  assume_role_policy   = local.trust_policy
  permissions_boundary = var.execution_role.permissions_boundary
  tags                 = var.tags
}

# `.id`, not `.name`: it is unknown when the role is replaced, so the policies are replaced with it and not lost.
resource "aws_iam_role_policy" "assume" {
  name   = "assume"
  role   = aws_iam_role.execution.id
  policy = local.assume_policy
}

resource "aws_iam_role_policy" "logs" {
  name   = "logs"
  role   = aws_iam_role.execution.id
  policy = local.logs_policy
}
