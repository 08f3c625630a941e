variable "bucket" {
  description = "Name of the bucket, unique in all of AWS."
  type        = string
}

variable "lambda_profile" {
  description = "AWS profile of the account that runs two of the functions."
  type        = string
}

variable "name" {
  description = "Begins the names of the functions, their log groups and all roles."
  type        = string
  default     = "central-logs"
}

variable "region" {
  description = "Region of all resources."
  type        = string
  default     = "eu-central-1"
}

variable "s3_profile" {
  description = "AWS profile of the account that owns the bucket."
  type        = string
}

variable "second_profile" {
  description = "AWS profile of the account that runs the third function."
  type        = string
}
