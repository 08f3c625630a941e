"""Writes objects to an S3 bucket in another AWS account, from a Lambda function."""
