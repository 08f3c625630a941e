"""EventBridge's events: S3's are copies to be made, all others are archived."""

from __future__ import annotations

import json

from cross_account_s3.errors import InputError
from cross_account_s3.events import archive, s3
from cross_account_s3.events.fields import Fields
from cross_account_s3.model import Ignored, Request, Rules


def is_event(event: Fields) -> bool:
    """The fields that every event has (Amazon EventBridge Events Reference, "AWS service event metadata")."""
    return event.has("id", "source", "detail-type", "detail", "time")


def item(event: Fields, rules: Rules, text: str | None = None) -> Request | Ignored:
    """What an event asks for; ``text`` is the event as it came, where it came as text."""
    if event.value["source"] != "aws.s3":
        body = _json(event) if text is None else text
        return archive.message(body, rules, event.text("id"), event.text("time"))
    if event.value["detail-type"] != "Object Created":
        return s3.other_event(event)
    return s3.object_created(event, rules)


def _json(event: Fields) -> str:
    try:
        return json.dumps(event.value, ensure_ascii=False, separators=(",", ":"))
    except RecursionError:
        raise InputError("too_deep", "detail", "must not be nested so deeply") from None
