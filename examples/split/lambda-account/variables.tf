variable "lambda_profile" {
  description = "AWS profile of the account that runs the function."
  type        = string
}

variable "name" {
  description = "Names the function, its log group and its role."
  type        = string
  default     = "split"
}

variable "region" {
  description = "Region of the function."
  type        = string
  default     = "eu-central-1"
}
