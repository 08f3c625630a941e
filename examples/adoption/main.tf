provider "aws" {
  alias   = "lambda_account"
  profile = var.lambda_profile
  region  = var.region
}

provider "aws" {
  alias   = "s3_account"
  profile = var.s3_profile
  region  = var.region
}

module "inbound_mail" {
  source = "../.."
  providers = {
    aws.lambda_account = aws.lambda_account
    aws.s3_account     = aws.s3_account
  }

  # Everything is called what it is called already: another name would make it anew.
  name    = "inbound-mail"
  bucket  = { name = "acme-by-hand" }
  s3_role = { name = "s3-account-role" }

  execution_role = { name = "lambda_role" }

  # The policies that it had are taken away, because they are wider than the module's.
  execution_role_exclusive = true

  # As the function is. With `package` and `handler`, it keeps its code, too.
  function = { runtime = "python3.13", architecture = "x86_64" }

  external_id  = var.external_id
  key_prefixes = ["inbox/"]

  # A sandbox: in production, the log is left when the function goes.
  logs = { keep = false }
}
