variable "bucket" {
  description = "Name of the first bucket; the second has `-partner` after it. Both are unique in all of AWS."
  type        = string
}

variable "lambda_profile" {
  description = "AWS profile of the account that runs the functions."
  type        = string
}

variable "name" {
  description = "Begins the names of the functions, their log groups and all roles."
  type        = string
  default     = "fan-out"
}

variable "region" {
  description = "Region of all resources."
  type        = string
  default     = "eu-central-1"
}

variable "s3_profile" {
  description = "AWS profile of the account that owns the first bucket."
  type        = string
}

variable "second_profile" {
  description = "AWS profile of the account that owns the second bucket."
  type        = string
}
