variable "bucket" {
  description = "Name of the bucket, unique in all of AWS."
  type        = string
}

variable "external_id" {
  description = "What the function must say when it assumes the role in the S3 account."
  type        = string
  default     = "reports/4b81d2"
}

variable "lambda_profile" {
  description = "AWS profile of the account that runs the function."
  type        = string
}

variable "name" {
  description = "Names the function, its layer, its log group and both roles."
  type        = string
  default     = "reports"
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
