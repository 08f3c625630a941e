provider "aws" {
  profile = var.lambda_profile
  region  = var.region
}

module "lambda_account" {
  source = "../../../modules/lambda-account"

  name         = var.name
  destinations = jsondecode(file("${path.module}/../exchange/destinations.json"))

  # A sandbox: in production, the log is left when the function goes.
  logs = { keep = false }
}
