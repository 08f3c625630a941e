"""Assumes the role in every invocation, makes a client, and puts the object."""

import os
from typing import Any

import boto3


def handler(event: dict[str, Any], context: object) -> None:
    sts = boto3.client("sts")
    credentials = sts.assume_role(RoleArn=os.environ["ROLE_ARN"], RoleSessionName="writer")["Credentials"]
    session = boto3.Session(
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
    )
    s3 = session.client("s3")
    s3.put_object(Bucket=os.environ["BUCKET"], Key=event["key"], Body=event["body"].encode())
