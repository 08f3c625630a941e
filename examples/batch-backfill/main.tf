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

module "backfill" {
  source = "../.."
  providers = {
    aws.lambda_account = aws.lambda_account
    aws.s3_account     = aws.s3_account
  }

  name         = var.name
  bucket       = { name = var.bucket }
  external_id  = var.external_id
  key_prefixes = ["archive/"]
  function     = { timeout = 300 }

  # A job waits for each answer: nothing arrives asynchronously.
  failure_queue = { create = false }

  # A sandbox: in production, the log is left when the function goes.
  logs = { keep = false }

  sources = {
    buckets = {
      uploads = { name = var.uploads_bucket, prefixes = [""], told_by = "nobody" }
    }
    batch_jobs = {
      backfill = {
        manifest = { bucket = var.jobs_bucket, prefix = "manifests/" }
        report   = { bucket = var.jobs_bucket, prefix = "reports/" }
      }
    }
  }
}
