# The module planned with mocks: no account, no credentials. Run by `terraform test` (Terraform 1.7 or newer).
# docs/testing.md says how to do the same for a root of your own.

mock_provider "aws" {
  alias = "lambda_account"

  mock_data "aws_caller_identity" {
    defaults = { account_id = "111111111111" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws", dns_suffix = "amazonaws.com" }
  }
  mock_data "aws_service" {
    defaults = { region = "eu-central-1", dns_name = "lambda.eu-central-1.amazonaws.com" }
  }
}

mock_provider "aws" {
  alias = "s3_account"

  mock_data "aws_caller_identity" {
    defaults = { account_id = "222222222222" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws", dns_suffix = "amazonaws.com" }
  }
  mock_data "aws_service" {
    defaults = { region = "eu-west-1", dns_name = "s3.eu-west-1.amazonaws.com" }
  }
}

variables {
  name   = "inbound-mail"
  bucket = { name = "acme-inbound-mail" }
}

run "two_inputs_suffice" {
  command = plan

  assert {
    condition     = output.execution_role.arn == "arn:aws:iam::111111111111:role/inbound-mail-lambda"
    error_message = "The execution role must be in the Lambda account."
  }

  assert {
    condition     = output.s3_role.arn == "arn:aws:iam::222222222222:role/inbound-mail-s3-writer"
    error_message = "The writer's role must be in the S3 account."
  }

  assert {
    condition     = output.bucket.region == "eu-west-1"
    error_message = "The bucket must be in the region of the S3 account's provider."
  }
}

run "the_trust_names_the_execution_role_and_the_external_id" {
  command = plan

  variables {
    external_id = "inbound-mail/2f1c8e"
  }

  assert {
    condition = jsondecode(output.policies.s3_account.trust["default"]).Statement == [{
      Sid       = "WriterAssumesThisRole"
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::111111111111:role/inbound-mail-lambda" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "sts:ExternalId" = "inbound-mail/2f1c8e" } }
    }]
    error_message = "The trust must name exactly the execution role, and ask for the external ID."
  }
}

run "the_writer_may_write_below_its_prefixes_only" {
  command = plan

  variables {
    key_prefixes = ["inbox/"]
  }

  assert {
    condition     = jsondecode(output.policies.s3_account.write["default"]).Statement[*].Resource == [["arn:aws:s3:::acme-inbound-mail/inbox/*"]]
    error_message = "The write policy must have one statement, for the key prefix."
  }
}

run "a_bucket_that_exists_is_left_as_it_is" {
  command = plan

  variables {
    bucket     = { name = "acme-existing", create = false }
    encryption = { mode = "sse-s3" }
  }

  assert {
    condition     = output.policies.s3_account.bucket == null && output.policies.s3_account.key == null
    error_message = "Neither a bucket policy nor a key may be made for a bucket that exists."
  }

  assert {
    condition     = jsondecode(output.bucket_policy_statements["DenyPlainHttp"]).Effect == "Deny"
    error_message = "The owner of the bucket must be told how to deny plain HTTP."
  }
}

run "a_source_may_invoke_for_itself_only" {
  command = plan

  variables {
    sources = {
      buckets = { uploads = { name = "acme-uploads", prefixes = ["in/"], told_by = "notification" } }
    }
  }

  assert {
    condition = jsondecode(output.policies.lambda_account.function).Statement == [{
      Sid       = "bucket-uploads"
      Effect    = "Allow"
      Principal = { Service = "s3.amazonaws.com" }
      Action    = "lambda:InvokeFunction"
      Resource  = "arn:aws:lambda:eu-central-1:111111111111:function:inbound-mail"
      Condition = {
        ArnLike      = { "AWS:SourceArn" = "arn:aws:s3:::acme-uploads" }
        StringEquals = { "AWS:SourceAccount" = "111111111111" }
      }
    }]
    error_message = "S3 must be let in for this bucket of this account."
  }
}

run "a_tag_that_aws_keeps_for_itself_is_refused" {
  command = plan

  variables {
    tags = { "aws:team" = "mail" }
  }

  expect_failures = [var.tags]
}

run "every_input_at_once" {
  command = plan

  variables {
    external_id              = "archive/7d90b3"
    key_prefixes             = ["inbox/", "reports/"]
    permissions              = { read = true, list = true, delete = true, tag = true }
    trust_mode               = "decoupled"
    organization_id          = "o-a1b2c3d4e5"
    source_identity          = "archive"
    session_seconds          = 1800
    deny_other_encryption    = true
    deny_other_writers       = true
    deny_overwrites          = true
    object_lock              = { mode = "GOVERNANCE", days = 30 }
    encryption               = { alias = "archive", deletion_days = 7 }
    execution_role           = { name = "archive-function", path = "/service/" }
    execution_role_exclusive = true
    execution_role_boundary  = "arn:aws:iam::111111111111:policy/boundary"
    s3_role                  = { name = "archive-from-outside", path = "/partners/" }
    s3_role_boundary         = "arn:aws:iam::222222222222:policy/boundary"
    failure_queue            = { replay = true, retention_days = 7 }
    logs                     = { level = "WARN", retention_days = 731, class = "INFREQUENT_ACCESS", keep = false }
    function                 = { memory = 1024, timeout = 120, tracing = true, environment = { TEAM = "mail" } }
    writer                   = { on_existing = "keep" }
    sources                  = { rules = { orders = { pattern = "{\"source\":[\"acme\"]}" } } }
    tags                     = { team = "mail" }
  }

  assert {
    condition     = output.s3_role.arn == "arn:aws:iam::222222222222:role/partners/archive-from-outside"
    error_message = "The writer's role must have the name and the path that it is given."
  }

  assert {
    condition = alltrue([
      for statement in jsondecode(output.policies.s3_account.trust["default"]).Statement :
      statement.Condition.ArnEquals["aws:PrincipalArn"] == "arn:aws:iam::111111111111:role/service/archive-function"
    ])
    error_message = "A decoupled trust must name the one role by its ARN."
  }
}

run "the_lambda_side_plans_by_itself" {
  command = plan

  module {
    source = "./modules/lambda-account"
  }

  providers = {
    aws = aws.lambda_account
  }

  variables {
    destinations = {
      default = {
        bucket     = "acme-inbound-mail"
        region     = "eu-west-1"
        account_id = "222222222222"
        role_arn   = "arn:aws:iam::222222222222:role/inbound-mail-s3-writer"
      }
    }
  }

  assert {
    condition     = output.writer.role_arn == "arn:aws:iam::111111111111:role/inbound-mail-lambda"
    error_message = "The Lambda side must say which role writes."
  }
}

run "the_s3_side_plans_by_itself" {
  command = plan

  module {
    source = "./modules/s3-account"
  }

  providers = {
    aws = aws.s3_account
  }

  variables {
    writers = {
      default = {
        role_arn     = "arn:aws:iam::111111111111:role/inbound-mail-lambda"
        function_arn = "arn:aws:lambda:eu-central-1:111111111111:function:inbound-mail"
        trust_mode   = "decoupled"
      }
    }
  }

  assert {
    condition     = output.destinations["default"].role_arn == "arn:aws:iam::222222222222:role/inbound-mail-s3-writer"
    error_message = "The S3 side must say which role to assume."
  }
}
