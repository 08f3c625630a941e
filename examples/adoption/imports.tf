# What exists, by its address in the module and by its id in AWS. All else is made anew beside it.

import {
  to = module.inbound_mail.module.lambda_account.aws_iam_role.execution
  id = "lambda_role"
}

import {
  to = module.inbound_mail.module.lambda_account.aws_lambda_function.this
  id = "inbound-mail"
}

# Lambda has made it when the function ran first. Leave this out if the function never ran.
import {
  to = module.inbound_mail.module.lambda_account.aws_cloudwatch_log_group.this
  id = "/aws/lambda/inbound-mail"
}

import {
  to = module.inbound_mail.module.s3_account.aws_iam_role.writer["default"]
  id = "s3-account-role"
}

import {
  to = module.inbound_mail.module.s3_account.aws_s3_bucket.this[0]
  id = "acme-by-hand"
}
