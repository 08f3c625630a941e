"""Two boto3 sessions made at the start; streams the body of the answer into upload_fileobj."""

import os
from typing import Any
from urllib.parse import unquote_plus

import boto3

source = boto3.client("s3")
credentials = boto3.client("sts").assume_role(RoleArn=os.environ["ROLE_ARN"], RoleSessionName="writer")["Credentials"]
destination = boto3.Session(
    aws_access_key_id=credentials["AccessKeyId"],
    aws_secret_access_key=credentials["SecretAccessKey"],
    aws_session_token=credentials["SessionToken"],
).client("s3")


def handler(event: dict[str, Any], context: object) -> None:
    for record in event["Records"]:
        key = unquote_plus(record["s3"]["object"]["key"])
        body = source.get_object(Bucket=record["s3"]["bucket"]["name"], Key=key)["Body"]
        destination.upload_fileobj(body, os.environ["BUCKET"], f"inbox/{key}")
