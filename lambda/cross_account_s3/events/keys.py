"""Keys in the destination, which no event can lead out of where they belong."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import NamedTuple

from cross_account_s3.errors import InputError
from cross_account_s3.model import Rules

_KEY_BYTES = 1024  # Amazon S3 User Guide, "Naming Amazon S3 objects"
# Control characters, which the XML of S3's listings cannot hold, and surrogates, which UTF-8 cannot.
_UNWRITABLE = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_ONE_SEGMENT = re.compile(r"[A-Za-z0-9_=+@.-]*[A-Za-z0-9_=+@-]")
_DATES = {"year": "%Y", "month": "%m", "day": "%d", "hour": "%H"}


class Subject(NamedTuple):
    """What is known of something that needs a key; ``time`` is in ISO 8601, or milliseconds since 1970."""

    source_bucket: str | None = None
    source_key: str | None = None
    message_id: str | None = None
    content_hash: str | None = None
    time: str | None = None


def object_key(rules: Rules, subject: Subject) -> str:
    """The key of an object that is copied.

    Raises:
        InputError: the template asks for something that the object does not have, or the key is invalid.
    """
    return _filled_in(rules.prefix, rules.object_key, "writer.object_key", subject)


def message_key(rules: Rules, subject: Subject) -> str:
    """The key of a message that is archived. Raises what ``object_key`` raises."""
    return _filled_in(rules.prefix, rules.message_key, "writer.message_key", subject)


def _filled_in(prefix: str, template: str, variable: str, subject: Subject) -> str:
    def fill(placeholder: re.Match[str]) -> str:
        field = placeholder[1]
        if field in _DATES:
            return _time(subject.time, variable).strftime(_DATES[field])
        value: str | None = getattr(subject, field, None)
        if value is None:
            raise InputError("no_name", variable, f"asks for {{{field}}}, which this event does not have")
        # All but a key must not have slashes: what an event says stays within its part of the template.
        if field != "source_key" and not _ONE_SEGMENT.fullmatch(value):
            raise InputError("invalid_name", field, 'must have letters, digits and "_=+@.-" only, to be part of a key')
        return value

    return checked_key(prefix + _PLACEHOLDER.sub(fill, template), "the key")


def checked_key(key: object, field: str) -> str:
    """A key that S3 takes and that keeps its place also where it becomes a file's path.

    Raises:
        InputError: it is another.
    """
    if not isinstance(key, str) or not key:
        raise InputError("invalid_key", field, "must be a string that is not empty")
    if _UNWRITABLE.search(key):
        raise InputError("invalid_key", field, "must not have control characters or unpaired surrogates")
    if (size := len(key.encode())) > _KEY_BYTES:
        raise InputError("invalid_key", field, f"must have at most {_KEY_BYTES} bytes in UTF-8, not {size}")
    # S3 stores these as they are, and then they lead whoever copies the bucket to a disk out of its folder.
    if {".", ".."} & set(key.split("/")):
        raise InputError("invalid_key", field, 'must not have "." or ".." between its slashes')
    return key


def _time(time: str | None, variable: str) -> datetime:
    if time is None:
        raise InputError("no_name", variable, "asks for a date, which this event does not have")
    try:
        if time.isdecimal():
            return datetime.fromtimestamp(int(time) / 1000, UTC)
        return datetime.fromisoformat(time).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        raise InputError("invalid_time", "the event's time", "must be a date and time in ISO 8601") from None
