# The front door: it introduces the two sides to each other and holds no resource of its own.
#
# The sides exchange two maps. Their values are computed, so that every policy can be read in the first plan; the order
# of creation travels in the outputs. Neither side may `depends_on` the other: that would make all of it unknown.

module "lambda_account" {
  source    = "./modules/lambda-account"
  providers = { aws = aws.lambda_account }

  name                     = var.name
  destinations             = { default = module.s3_account.destinations["default"] }
  session_seconds          = var.session_seconds
  execution_role           = var.execution_role
  execution_role_boundary  = var.execution_role_boundary
  execution_role_exclusive = var.execution_role_exclusive
  function                 = var.function
  writer                   = var.writer
  logs                     = var.logs
  failure_queue            = var.failure_queue
  sources                  = var.sources
  tags                     = var.tags
}

module "s3_account" {
  source    = "./modules/s3-account"
  providers = { aws = aws.s3_account }

  name = var.name
  writers = {
    default = merge(module.lambda_account.writer, {
      external_id     = var.external_id
      key_prefixes    = var.key_prefixes
      permissions     = var.permissions
      trust_mode      = var.trust_mode
      organization_id = var.organization_id
      source_identity = var.source_identity
      session_tags    = var.session_tags
    })
  }
  allow_same_account    = var.allow_same_account
  s3_role               = var.s3_role
  s3_role_boundary      = var.s3_role_boundary
  bucket                = var.bucket
  encryption            = var.encryption
  deny_other_encryption = var.deny_other_encryption
  deny_other_writers    = var.deny_other_writers
  deny_overwrites       = var.deny_overwrites
  object_lock           = var.object_lock
  tags                  = var.tags
}
