"""A function of your own: boto3 acts as the role in the bucket's account, and renews its credentials by itself."""

import os
from pathlib import Path

import boto3

# A profile that is made of the function's own credentials. In a configuration file, because boto3 renews what it
# assumes by itself only there. /tmp is the only folder that a function may write to.
_CONFIG = Path("/tmp/aws.config")  # noqa: S108 (nobody else is there)
_CONFIG.write_text(
    f"""[profile writer]
role_arn = {os.environ["ROLE_ARN"]}
external_id = {os.environ["EXTERNAL_ID"]}
credential_source = Environment
"""
)
os.environ["AWS_CONFIG_FILE"] = str(_CONFIG)
_s3 = boto3.Session(profile_name="writer", region_name=os.environ["BUCKET_REGION"]).client("s3")


def handler(event: dict[str, str], context: object) -> dict[str, object]:
    stored = _s3.put_object(
        Bucket=os.environ["BUCKET"],
        Key=event["key"],
        Body=event["body"].encode(),
        # Or a bucket of this name in another account would do as well.
        ExpectedBucketOwner=os.environ["BUCKET_OWNER"],
    )
    return {
        "outcome": "stored",
        "bucket": os.environ["BUCKET"],
        "key": event["key"],
        "version_id": stored.get("VersionId"),
    }
