# What Lambda needs to put a function into a VPC, as the AWS Lambda Developer Guide lists it ("Giving Lambda functions
# access to resources in an Amazon VPC"). It is Lambda that calls, as this role and outside of the function's
# environment.
locals {
  ec2_arn        = "arn:${local.partition}:ec2:${local.region}:${local.account_id}"
  interfaces     = "${local.ec2_arn}:network-interface/*"
  subnets        = [for id in try(var.function.vpc.subnet_ids, []) : "${local.ec2_arn}:subnet/${id}"]
  groups         = [for id in try(var.function.vpc.security_group_ids, []) : "${local.ec2_arn}:security-group/${id}"]
  network_policy = jsonencode({ Version = "2012-10-17", Statement = local.network_statements })

  network_statements = [
    {
      Sid      = "LambdaMakesInterfaces"
      Effect   = "Allow"
      Action   = "ec2:CreateNetworkInterface"
      Resource = concat(local.subnets, local.groups, [local.interfaces])
    },
    {
      Sid    = "LambdaKeepsInterfaces"
      Effect = "Allow"
      Action = [
        "ec2:AssignPrivateIpAddresses", "ec2:DeleteNetworkInterface", "ec2:UnassignPrivateIpAddresses",
      ]
      Resource = local.interfaces
    },
    # EC2 knows no narrower resource for what describes.
    {
      Sid      = "LambdaDescribesTheNetwork"
      Effect   = "Allow"
      Action   = ["ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"]
      Resource = "*"
    },
    # The code of the function needs none of this, and its credentials must not have it.
    {
      Sid    = "ThisFunctionTouchesNoNetwork"
      Effect = "Deny"
      Action = [
        "ec2:AssignPrivateIpAddresses", "ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface",
        "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ec2:UnassignPrivateIpAddresses",
      ]
      Resource  = "*"
      Condition = { ArnEquals = { "lambda:SourceFunctionArn" = local.function_arn } }
    },
  ]
}

resource "aws_iam_role_policy" "network" {
  #checkov:skip=CKV_AWS_355:What describes interfaces and subnets takes no narrower resource
  #checkov:skip=CKV_AWS_290:Lambda does not say which interface it will make
  count = var.function.vpc == null ? 0 : 1

  name   = "network"
  role   = aws_iam_role.execution.id
  policy = local.network_policy
}
