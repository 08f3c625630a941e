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

module "reports" {
  source = "../.."
  providers = {
    aws.lambda_account = aws.lambda_account
    aws.s3_account     = aws.s3_account
  }

  name         = var.name
  bucket       = { name = var.bucket }
  external_id  = var.external_id
  key_prefixes = ["reports/"]

  function = {
    package     = "${path.module}/function.zip"
    handler     = "function.handler"
    library     = true
    environment = { FOLDER = "reports/orders/" }
  }

  # A sandbox: in production, the log is left when the function goes.
  logs = { keep = false }
}
