"""EventBridge's events: S3's are copies to be made, all others are archived."""

from __future__ import annotations

import json

from cross_account_s3.errors import InputError
from cross_account_s3.events import archive, s3
from cross_account_s3.events.fields import Fields
from cross_account_s3.model import Ignored, Request, Rules

TELLER = "eventbridge"


def is_event(event: Fields) -> bool:
    """The fields that every event has (Amazon EventBridge Events Reference, "AWS service event metadata")."""
    return event.has("id", "source", "detail-type", "detail", "time")


def item(event: Fields, rules: Rules) -> Request | Ignored:
    """What an event asks for that a rule sends to the function.

    Raises:
        InputError: no rule of the function's sends such an event.
    """
    sources = rules.sources
    of_s3 = event.value["source"] == "aws.s3"
    if of_s3 and (not sources.rules or s3.bucket_of(event) in sources.told.get(TELLER, ())):
        return s3.bridged(event, rules, TELLER)
    if not sources.rules:
        raise InputError("unknown_source", "source", "must be aws.s3: sources.rules names no rule for other events")
    return archive.message(_json(event), rules, event.text("id"), event.text("time"))


def _json(event: Fields) -> str:
    try:
        return json.dumps(event.value, ensure_ascii=False, separators=(",", ":"))
    except RecursionError:
        raise InputError("too_deep", "detail", "must not be nested so deeply") from None
