"""A message of a queue or a topic."""

from __future__ import annotations

from typing import NamedTuple

from cross_account_s3.errors import InputError
from cross_account_s3.events.archive import parsed
from cross_account_s3.events.fields import Fields


class Text(NamedTuple):
    """What was sent, the source's id of it and its time, and the ARN of the queue or the topic that it came from.

    ``time`` is in ISO 8601, or milliseconds since 1970.
    """

    body: str
    id: str
    time: str | None
    teller: str


def json_object(body: str, holds: str) -> Fields:
    """The JSON object that a message is.

    Raises:
        InputError: it is none, although this is what its queue or topic ``holds``.
    """
    value = parsed(body)
    if not isinstance(value, dict):
        raise InputError("invalid_event", "the message", f"must be a JSON object: sources says that it holds {holds}")
    return Fields(value, "the message")
