variable "auditor_account_id" {
  description = "The account whose administrators may let somebody read the reports."
  type        = string
}

variable "bucket" {
  description = "Name of the bucket, unique in all of AWS."
  type        = string
}

variable "code_signing_config_arn" {
  description = "The code signing configuration that says which packages may run; null accepts any."
  type        = string
  default     = null
}

variable "external_id" {
  description = "What the function must say when it assumes the role in the S3 account."
  type        = string
  default     = "archive/7d90b3"
}

variable "lambda_profile" {
  description = "AWS profile of the account that runs the function."
  type        = string
}

variable "log_bucket" {
  description = "The bucket that S3 writes access logs to; null logs no access."
  type        = string
  default     = null
}

variable "organization_id" {
  description = "The AWS organization that the function's role must be in; null asks for none."
  type        = string
  default     = null
}

variable "region" {
  description = "Region of the function and of the bucket."
  type        = string
  default     = "eu-central-1"
}

variable "s3_profile" {
  description = "AWS profile of the account that owns the bucket."
  type        = string
}

variable "source_identity" {
  description = "The source identity that the function's sessions carry; null asks for none."
  type        = string
  default     = null
}
