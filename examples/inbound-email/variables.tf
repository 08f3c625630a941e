variable "bucket" {
  description = "Name of the bucket of the archive, unique in all of AWS."
  type        = string
}

variable "external_id" {
  description = "What the function must say when it assumes the role in the S3 account."
  type        = string
  default     = "inbound-email/9ae414"
}

variable "lambda_profile" {
  description = "AWS profile of the account that receives mail and runs the function."
  type        = string
}

variable "mail_bucket" {
  description = "Name of the bucket in the Lambda account where SES stores messages, unique in all of AWS."
  type        = string
}

variable "name" {
  description = "Names the function, its log group, both roles, the topic and the receipt rule set."
  type        = string
  default     = "inbound-email"
}

variable "recipients" {
  description = "Addresses or domains whose mail is archived."
  type        = list(string)
}

variable "region" {
  description = "Region of both accounts' resources, one in which SES receives mail."
  type        = string
  default     = "eu-central-1"
}

variable "s3_profile" {
  description = "AWS profile of the account that owns the archive."
  type        = string
}
