locals {
  outputs = { for key, one in { archive = module.archive, partner = module.partner } : key => {
    bucket         = one.bucket
    execution_role = one.execution_role
    function       = one.function
    policies       = one.policies
    s3_role        = one.s3_role
  } }
}

output "archive" {
  description = "The writer to the first account: `function`, `execution_role`, `s3_role`, `bucket`, `policies`."
  value       = local.outputs["archive"]
}

output "partner" {
  description = "The writer to the second account: the same."
  value       = local.outputs["partner"]
}
