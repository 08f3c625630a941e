variable "bucket" {
  description = "Name of the bucket, unique in all of AWS."
  type        = string
}

variable "external_id" {
  description = "What the function must say when it assumes the role."
  type        = string
  default     = "split/81d0c4"
}

variable "name" {
  description = "Names the role."
  type        = string
  default     = "split"
}

variable "region" {
  description = "Region of the bucket."
  type        = string
  default     = "eu-central-1"
}

variable "s3_profile" {
  description = "AWS profile of the account that owns the bucket."
  type        = string
}

variable "trust_mode" {
  description = "`pinned`, when the function's side is applied first, or `decoupled`, when either may be."
  type        = string
  default     = "pinned"
}
