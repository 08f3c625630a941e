provider "aws" {
  profile = var.s3_profile
  region  = var.region
}

locals {
  writer = jsondecode(file("${path.module}/../exchange/writer.json"))
}

module "s3_account" {
  source = "../../../modules/s3-account"

  name   = var.name
  bucket = { name = var.bucket }
  writers = {
    default = merge(local.writer, {
      # A decoupled trust needs no id, and another one would replace the role.
      unique_id    = var.trust_mode == "pinned" ? try(local.writer.unique_id, null) : null
      external_id  = var.external_id
      key_prefixes = ["inbox/"]
      trust_mode   = var.trust_mode
    })
  }
}
