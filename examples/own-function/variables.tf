variable "bucket" {
  description = "Name of the bucket of the archive, unique in all of AWS."
  type        = string
}

variable "external_id" {
  description = "What the function must say when it assumes the role in the S3 account."
  type        = string
  default     = "own-function/5ea917"
}

variable "lambda_profile" {
  description = "AWS profile of the account that runs the function."
  type        = string
}

variable "name" {
  description = "Names the function, its log group and both roles."
  type        = string
  default     = "own-function"
}

variable "region" {
  description = "Region of both accounts' resources."
  type        = string
  default     = "eu-central-1"
}

variable "s3_profile" {
  description = "AWS profile of the account that owns the archive."
  type        = string
}
