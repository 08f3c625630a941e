locals {
  functions = merge(module.first_account, module.second_account)
  outputs = { for key, function in local.functions : key => {
    bucket         = module.central.bucket
    execution_role = function.role
    function       = function.function
    s3_role        = module.central.roles[key]
    policies = {
      lambda_account = function.policies
      s3_account = merge(module.central.policies, {
        for kind in ["trust", "write", "kms"] : kind => { default = module.central.policies[kind][key] }
      })
    }
  } }
}

output "invoices" {
  description = "The writer of invoices/: `function`, `execution_role`, `s3_role`, `bucket`, `policies`."
  value       = local.outputs["invoices"]
}

output "orders" {
  description = "The writer of orders/: the same."
  value       = local.outputs["orders"]
}

output "shop" {
  description = "The writer of shop/, in the second account: the same."
  value       = local.outputs["shop"]
}
