"""Assumes the role in every invocation, makes a client, and puts the object: the how-to that this module began as."""

import os
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote_plus

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
    for key, body in objects(event):
        s3.put_object(Bucket=os.environ["BUCKET"], Key=key, Body=body)


def objects(event: dict[str, Any]) -> Iterator[tuple[str, bytes]]:
    """The object that a direct event has, or those that S3 tells of."""
    if "Records" not in event:
        yield event["key"], event["body"].encode()
        return
    source = boto3.client("s3")
    for record in event["Records"]:
        key = unquote_plus(record["s3"]["object"]["key"])
        yield f"inbox/{key}", source.get_object(Bucket=record["s3"]["bucket"]["name"], Key=key)["Body"].read()
