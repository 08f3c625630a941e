output "bucket" {
  description = "The bucket of the archive."
  value       = module.archive.bucket
}

output "dead_letter_queue_url" {
  description = "Where messages end that could not be archived."
  value       = aws_sqs_queue.dead_letters.url
}

output "execution_role" {
  description = "The function's execution role."
  value       = module.archive.execution_role
}

output "function" {
  description = "The function that writes."
  value       = module.archive.function
}

output "policies" {
  description = "Every rendered policy of the module, for review."
  value       = module.archive.policies
}

output "queue_url" {
  description = "The queue whose messages are archived."
  value       = aws_sqs_queue.orders.url
}

output "s3_role" {
  description = "The role that the function assumes."
  value       = module.archive.s3_role
}
