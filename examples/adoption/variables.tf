variable "external_id" {
  description = "What the function must say when it assumes the role in the S3 account."
  type        = string
  default     = "inbound-mail/c03e77"
}

variable "lambda_profile" {
  description = "AWS profile of the account that runs the function."
  type        = string
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
