"""S3's own events: its notifications, and what it tells EventBridge."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import unquote_plus

from cross_account_s3.errors import InputError
from cross_account_s3.events.fields import Fields
from cross_account_s3.events.keys import Subject, name
from cross_account_s3.model import CopyRequest, Naming, SourceObject

_USUAL = "{source_key}"


def is_test(event: Fields) -> bool:
    """S3 sends one when a notification is set up (Amazon S3 User Guide, "Event notification types")."""
    return event.value.get("Event") == "s3:TestEvent"


def is_notification(event: Fields) -> bool:
    records = event.value.get("Records")
    return isinstance(records, list) and bool(records) and all(_is_s3_s(record) for record in records)


def is_record(record: Fields) -> bool:
    return _is_s3_s(record.value)


def notification(record: Fields, naming: Naming) -> CopyRequest | None:
    """A record of a notification; None when no object was created (Amazon S3 User Guide, "Event message structure")."""
    if not record.text("eventName").startswith("ObjectCreated:"):
        return None
    s3 = record.fields("s3")
    created = s3.fields("object")
    try:
        # Here keys are encoded as in a form, and only here: EventBridge has them as they are.
        key = unquote_plus(created.text("key"), errors="strict")
    except UnicodeDecodeError:
        raise InputError("invalid_event", created.path("key"), "must be UTF-8, percent-encoded") from None
    source = SourceObject(
        bucket=s3.fields("bucket").text("name"),
        key=key,
        etag=created.optional_text("eTag"),
        version_id=created.optional_text("versionId"),
        sequencer=_sequencer(created),
    )
    return copy(source, naming, record.optional_text("eventTime"))


def object_created(event: Fields, naming: Naming) -> CopyRequest:
    """EventBridge's "Object Created" (Amazon S3 User Guide, "EventBridge event message structure")."""
    detail = event.fields("detail")
    created = detail.fields("object")
    source = SourceObject(
        bucket=detail.fields("bucket").text("name"),
        key=created.text("key"),
        etag=created.optional_text("etag"),
        version_id=created.optional_text("version-id"),
        sequencer=_sequencer(created),
    )
    return copy(source, naming, event.optional_text("time"))


def copy(source: SourceObject, naming: Naming, time: str | None, message_id: str | None = None) -> CopyRequest:
    """The copy of a source object; its ETag stands for what it holds."""
    subject = Subject(
        source_bucket=source.bucket,
        source_key=source.key,
        message_id=message_id,
        content_hash=source.etag.strip('"') if source.etag else None,
        time=time,
    )
    return CopyRequest(name(naming, subject, _USUAL), source)


def _is_s3_s(record: object) -> bool:
    return isinstance(record, Mapping) and record.get("eventSource") == "aws:s3"


def _sequencer(created: Fields) -> str | None:
    sequencer = created.optional_text("sequencer")
    try:
        int(sequencer or "0", 16)
    except ValueError:
        raise InputError("invalid_event", created.path("sequencer"), "must be hexadecimal") from None
    return sequencer
