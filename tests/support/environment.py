"""The variables that the module sets for its function. tests/plan compares them with those of a plan."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

S3_ACCOUNT = "222222222222"
HOLDS = ("messages", "notifications", "requests", "mail", "events")
_NO_SOURCES: Mapping[str, Any] = {
    "buckets": [],
    "told": {},
    "queues": {},
    "topics": {},
    "mail": None,
    "rules": False,
    "jobs": False,
}


def queue(holds: str) -> str:
    """The ARN of the queue of the function's account that holds such messages, in ``every_way``."""
    return f"arn:aws:sqs:eu-central-1:111111111111:{holds}"


def topic(holds: str) -> str:
    """The ARN of the topic of the function's account that holds such messages, in ``every_way``."""
    return f"arn:aws:sns:eu-central-1:111111111111:{holds}"


def every_way(*buckets: str, **changed: Any) -> Mapping[str, Any]:
    """Sources in which everything that can tells of each of these buckets; ``changed`` are further entries."""
    fifo = {f"{queue(holds)}.fifo": holds for holds in HOLDS}
    queues, topics = {queue(holds): holds for holds in HOLDS} | fifo, {topic(holds): holds for holds in HOLDS}
    tellers = ("eventbridge", "notification", *queues, *topics)
    told = {teller: sorted(buckets) for teller in tellers}
    sources = {
        "buckets": sorted(buckets),
        "told": told,
        "queues": queues,
        "topics": topics,
        "rules": True,
        "jobs": True,
    }
    return {**_NO_SOURCES, **sources, **changed}


def function_variables(
    bucket: str,
    *,
    key_prefixes: Sequence[str] = ("inbox/",),
    permissions: Sequence[str] = (),
    external_id: str | None = None,
    sources: Mapping[str, Any] = _NO_SOURCES,
    **changed: str,
) -> dict[str, str]:
    """The variables of the function inbound-mail with the module's defaults, but for what is said.

    ``changed`` are further variables by their names.
    """
    destination = {
        "bucket": bucket,
        "region": "eu-central-1",
        "account_id": S3_ACCOUNT,
        "role_arn": f"arn:aws:iam::{S3_ACCOUNT}:role/inbound-mail-s3-writer",
        "external_id": external_id,
        "source_identity": None,
        "session_tags": {},
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
        "SOURCES": json.dumps(sources),
    }
    return variables | changed
