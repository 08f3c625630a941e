output "bucket" {
  description = "The bucket that the function writes to."
  value       = module.s3_account.bucket
}

output "destinations" {
  description = "For the team of the function, as exchange/destinations.json."
  value       = module.s3_account.destinations
}

output "policies" {
  description = "Every policy of this side, for review."
  value       = { s3_account = module.s3_account.policies }
}

output "s3_role" {
  description = "The role that the function assumes."
  value       = module.s3_account.roles["default"]
}
