"""The record that Lambda keeps of an asynchronous event that failed: in the failure queue, for instance."""

from __future__ import annotations

from cross_account_s3.errors import InputError
from cross_account_s3.events.fields import Fields

_DEPTH = 4  # a record that is given back and fails again is in a record itself


def is_record(event: Fields) -> bool:
    """AWS Lambda Developer Guide, "Capturing records of Lambda asynchronous invocations"."""
    return event.has("requestContext", "requestPayload")


def carried(event: Fields) -> Fields:
    """The event that a record is about, which is handled as if it had come itself. Another event is returned as it is.

    Raises:
        InputError: the record has no event, or is in a record more often than anybody gives one back.
    """
    for _ in range(_DEPTH):
        if not is_record(event):
            return event
        event = event.fields("requestPayload")
    raise InputError("too_deep", event.path("requestPayload"), f"must not be in more than {_DEPTH} records")
