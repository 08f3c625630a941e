variable "bucket" {
  description = "Name of the bucket."
  type        = string
}

variable "lambda_profile" {
  description = "AWS profile of the account that runs the function."
  type        = string
}

variable "s3_profile" {
  description = "AWS profile of the account that owns the bucket."
  type        = string
}
