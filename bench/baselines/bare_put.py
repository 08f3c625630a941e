"""A client made at the start, and put_object: the least that there can be."""

import os
from typing import Any

import boto3

credentials = boto3.client("sts").assume_role(RoleArn=os.environ["ROLE_ARN"], RoleSessionName="writer")["Credentials"]
destination = boto3.Session(
    aws_access_key_id=credentials["AccessKeyId"],
    aws_secret_access_key=credentials["SecretAccessKey"],
    aws_session_token=credentials["SessionToken"],
).client("s3")


def handler(event: dict[str, Any], context: object) -> None:
    destination.put_object(Bucket=os.environ["BUCKET"], Key=event["key"], Body=event["body"].encode())
