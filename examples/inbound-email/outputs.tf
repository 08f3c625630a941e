output "bucket" {
  description = "The bucket of the archive."
  value       = module.inbound_mail.bucket
}

output "execution_role" {
  description = "The function's execution role."
  value       = module.inbound_mail.execution_role
}

output "failure_queue" {
  description = "Where events wait whose message could not be archived."
  value       = module.inbound_mail.failure_queue
}

output "function" {
  description = "The function that writes."
  value       = module.inbound_mail.function
}

output "mail_bucket" {
  description = "The bucket where SES stores messages, and where older mail can be imported."
  value       = aws_s3_bucket.mail.bucket
}

output "policies" {
  description = "Every rendered policy of the module, for review."
  value       = module.inbound_mail.policies
}

output "rule_set" {
  description = "The receipt rule set, to be made the active one."
  value       = aws_ses_receipt_rule_set.this.rule_set_name
}

output "s3_role" {
  description = "The role that the function assumes."
  value       = module.inbound_mail.s3_role
}

output "topic_arn" {
  description = "The topic that SES tells of received mail."
  value       = aws_sns_topic.received.arn
}
