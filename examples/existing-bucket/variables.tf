variable "bucket" {
  description = "Name of the bucket of the archive, unique in all of AWS."
  type        = string
}

variable "external_id" {
  description = "What the function must say when it assumes the role in the S3 account."
  type        = string
  default     = "existing-bucket/c3f08d"
}

variable "lambda_profile" {
  description = "AWS profile of the account that runs the function."
  type        = string
}

variable "name" {
  description = "Names the function, its log group, its queue and both roles."
  type        = string
  default     = "existing-bucket"
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
