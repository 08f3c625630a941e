data "aws_caller_identity" "this" {}

data "aws_partition" "this" {}

data "aws_default_tags" "this" {}

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

  # Names that IAM takes for one, of var.tags and of the provider's default_tags.
  tags_alike = [
    for name in keys(var.tags) : name
    if contains([for other in keys(data.aws_default_tags.this.tags) : lower(other) if other != name], lower(name))
  ]

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
    # Where both roles are in one account, the trust alone lets this one in; and somebody may attach a wider policy. The
    # comparison is negated, so it also holds where there is no function at all.
    DenyStsToOthers = {
      when = true
      body = {
        Effect    = "Deny"
        Action    = "sts:*"
        Resource  = "*"
        Condition = { ArnNotEquals = { "lambda:SourceFunctionArn" = local.function_arn } }
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

  # A statement for each destination, because each has tags of its own.
  tag_statements = [for key, destination in var.destinations : {
    Sid      = "ThisFunctionTagsSessionsFor${replace(title(key), "/[^A-Za-z0-9]/", "")}"
    Effect   = "Allow"
    Action   = "sts:TagSession"
    Resource = [destination.role_arn]
    Condition = {
      ArnEquals                   = { "lambda:SourceFunctionArn" = local.function_arn }
      StringEquals                = { for name, value in destination.session_tags : "aws:RequestTag/${name}" => value }
      "ForAllValues:StringEquals" = { "aws:TagKeys" = keys(destination.session_tags) }
    }
  } if length(destination.session_tags) > 0]

  assume_policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        for sid, statement in local.assume_statements :
        merge({ Sid = sid, Effect = "Allow" }, statement.body) if statement.when
      ],
      local.tag_statements,
    )
  })

  two_causes = "Either the two provider aliases are mixed up, or the provider's assume_role was not known when this was planned: then the provider plans with its base credentials. Apply what its role depends on first."

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
  permissions_boundary = var.execution_role_boundary
  # A policy that somebody else has attached must not stop the role from being made anew.
  force_detach_policies = true
  tags                  = var.tags

  lifecycle {
    postcondition {
      condition     = self.arn == local.role_arn
      error_message = "The role was made as ${self.arn}, not as ${local.role_arn}. ${local.two_causes}"
    }

    precondition {
      condition = (
        var.execution_role_boundary == null ? true :
        contains([local.account_id, "aws"], split(":", var.execution_role_boundary)[4])
      )
      error_message = "execution_role_boundary must be a policy of the Lambda account, ${local.account_id}, or of AWS itself: IAM takes no other for a role there."
    }

    precondition {
      condition     = length(local.tags_alike) == 0
      error_message = "tags: ${join(", ", local.tags_alike)} differs only in upper and lower case from a name in the default_tags of the provider, and IAM takes them for one: write it as there."
    }
  }
}

# `.id`, not `.name`: it is unknown when the role is replaced, so the policies are replaced with it and not lost.
resource "aws_iam_role_policy_attachment" "further" {
  for_each = var.execution_role.policy_arns

  role       = aws_iam_role.execution.id
  policy_arn = each.value
}

resource "aws_iam_role_policy" "assume" {
  name   = "assume"
  role   = aws_iam_role.execution.id
  policy = local.assume_policy

  lifecycle {
    precondition {
      condition = (
        length(local.assume_policy) + length(local.logs_policy) + length(local.sources_policy) +
        length(local.failures_policy) + length(local.tracing_policy) + length(local.network_policy) <= 10240
      )
      error_message = "The policies of ${local.role_name} have more than 10,240 characters, which is what IAM takes for all inline policies of a role: give fewer or shorter prefixes in sources.buckets."
    }
  }
}

resource "aws_iam_role_policy" "logs" {
  name   = "logs"
  role   = aws_iam_role.execution.id
  policy = local.logs_policy
}

# After the module's own are there, so that a role that is taken over is never without what it needs.
resource "aws_iam_role_policies_exclusive" "execution" {
  count = var.execution_role_exclusive ? 1 : 0

  role_name = aws_iam_role.execution.id
  policy_names = concat(
    [aws_iam_role_policy.assume.name, aws_iam_role_policy.logs.name],
    aws_iam_role_policy.failures[*].name,
    aws_iam_role_policy.network[*].name,
    aws_iam_role_policy.sources[*].name,
    aws_iam_role_policy.tracing[*].name,
  )
}

resource "aws_iam_role_policy_attachments_exclusive" "execution" {
  count = var.execution_role_exclusive ? 1 : 0

  role_name   = aws_iam_role.execution.id
  policy_arns = values(var.execution_role.policy_arns)

  depends_on = [aws_iam_role_policy_attachment.further, aws_iam_role_policies_exclusive.execution]
}
