variable "bucket" {
  description = "Name of the bucket, unique in all of AWS."
  type        = string
}

variable "external_id" {
  description = "What the function must say when it assumes the role in the S3 account."
  type        = string
  default     = "inbound-mail/2f1c8e"
}

variable "lambda_profile" {
  description = "AWS profile of the account that runs the function."
  type        = string
}

variable "name" {
  description = "Names the function, its log group and both roles."
  type        = string
  default     = "inbound-mail"
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
