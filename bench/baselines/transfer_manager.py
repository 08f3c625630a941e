"""Two boto3 sessions made at the start; s3transfer's manager, down to a temporary file in parts, and up again."""

import os
import tempfile
from typing import Any
from urllib.parse import unquote_plus

import boto3
from s3transfer.manager import TransferManager

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
        with tempfile.NamedTemporaryFile() as file, TransferManager(source) as down, TransferManager(destination) as up:
            down.download(record["s3"]["bucket"]["name"], key, file.name).result()
            up.upload(file.name, os.environ["BUCKET"], f"inbox/{key}").result()
