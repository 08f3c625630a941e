"""The variables that the module sets for its function. tests/plan compares them with those of a plan."""

from __future__ import annotations

import json
from collections.abc import Sequence

S3_ACCOUNT = "222222222222"


def function_variables(
    bucket: str,
    *,
    key_prefixes: Sequence[str] = ("inbox/",),
    permissions: Sequence[str] = (),
    external_id: str | None = None,
    sources: Sequence[str] = (),
    **changed: str,
) -> dict[str, str]:
    """The variables of the function inbound-mail with the module's defaults, but for what is said.

    ``sources`` are the names of the buckets that it may read, and ``changed`` are further variables by their names.
    """
    destination = {
        "bucket": bucket,
        "region": "eu-central-1",
        "account_id": S3_ACCOUNT,
        "role_arn": f"arn:aws:iam::{S3_ACCOUNT}:role/inbound-mail-s3-writer",
        "external_id": external_id,
        "source_identity": None,
        "key_prefixes": list(key_prefixes),
        "permissions": {word: word in permissions for word in ("read", "list", "delete", "tag")},
        "deny_overwrites": False,
    }
    variables = {
        "DESTINATIONS": json.dumps({"default": destination}),
        "SESSION_SECONDS": "3600",
        "ON_EXISTING": "replace",
        "OBJECT_KEY": "{source_key}",
        "MESSAGE_KEY": "{year}/{month}/{day}/{message_id}",
        "PART_SIZE_MIB": "8",
        "CONCURRENCY": "8",
        "SOURCE_BUCKETS": json.dumps(sorted(sources)),
    }
    return variables | changed
