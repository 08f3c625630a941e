"""S3's own events: its notifications, and what it tells EventBridge."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import unquote_plus

from cross_account_s3.errors import InputError
from cross_account_s3.events.fields import Fields
from cross_account_s3.events.keys import Subject, object_key
from cross_account_s3.model import CopyRequest, Ignored, Rules, SourceObject

_SEQUENCER = re.compile("[0-9A-Fa-f]{1,32}")
_SHOWN = 100  # characters of a name, in an error about it


def is_test(event: Fields) -> bool:
    """S3 sends one when a notification is set up (Amazon S3 User Guide, "Event notification types")."""
    return event.value.get("Event") == "s3:TestEvent"


def test(event: Fields) -> Ignored:
    return Ignored("s3:TestEvent", _known(event.value.get("Bucket")))


def is_notification(event: Fields) -> bool:
    records = event.value.get("Records")
    return isinstance(records, list) and bool(records) and all(_is_s3_s(record) for record in records)


def is_record(record: Fields) -> bool:
    return _is_s3_s(record.value)


def notification(record: Fields, rules: Rules) -> CopyRequest | Ignored:
    """A record of a notification (Amazon S3 User Guide, "Event message structure")."""
    name = record.text("eventName")
    # S3 leaves "s3:" out, and stores that are compatible with it do not.
    if not name.removeprefix("s3:").startswith("ObjectCreated:"):
        return Ignored(name, *_bucket_and_key(record.value.get("s3")))
    s3 = record.fields("s3")
    created = s3.fields("object")
    try:
        # Here keys are encoded as in a form, and only here: EventBridge has them as they are.
        key = unquote_plus(created.text("key"), errors="strict")
    except UnicodeDecodeError:
        raise InputError("invalid_event", created.path("key"), "must be UTF-8, percent-encoded") from None
    source = SourceObject(
        bucket=bucket_name(s3.fields("bucket"), "name", rules),
        key=key,
        etag=_etag(created, "eTag"),
        version_id=token(created, "versionId"),
        sequencer=_sequencer(created),
    )
    return copy(source, rules, record.optional_text("eventTime"))


def object_created(event: Fields, rules: Rules) -> CopyRequest:
    """EventBridge's "Object Created" (Amazon S3 User Guide, "EventBridge event message structure")."""
    detail = event.fields("detail")
    created = detail.fields("object")
    source = SourceObject(
        bucket=bucket_name(detail.fields("bucket"), "name", rules),
        key=created.text("key"),
        etag=_etag(created, "etag"),
        version_id=token(created, "version-id"),
        sequencer=_sequencer(created),
    )
    return copy(source, rules, event.optional_text("time"))


def other_event(event: Fields) -> Ignored:
    """Any other event of S3 that comes from EventBridge, or from CloudTrail through it."""
    return Ignored(str(event.value["detail-type"])[:_SHOWN], *_bucket_and_key(event.value["detail"]))


def bucket_name(fields: Fields, name: str, rules: Rules) -> str:
    """The field ``name``: a bucket that may be copied from. Raises what ``source_bucket`` raises."""
    return source_bucket(fields.text(name), fields.path(name), rules)


def source_bucket(bucket: str, field: str, rules: Rules) -> str:
    """A bucket that may be copied from; ``field`` is where its name stands.

    Raises:
        InputError: it is another bucket's. Whoever can send an event must not choose what is copied.
    """
    if bucket not in rules.source_buckets:
        sentence = f"must be a bucket that is named in sources, not {ascii(bucket)[:_SHOWN]}"
        raise InputError("unknown_bucket", field, sentence)
    return bucket


def copy(source: SourceObject, rules: Rules, time: str | None, message_id: str | None = None) -> CopyRequest:
    """The copy of a source object; its ETag stands for what it holds."""
    subject = Subject(
        source_bucket=source.bucket, source_key=source.key, message_id=message_id, content_hash=source.etag, time=time
    )
    try:
        key = object_key(rules, subject)
    except InputError as error:
        error.source = source
        raise
    exact = "{content_hash}" in rules.object_key
    return CopyRequest(key, source, exact=exact, first_delivery=rules.first_delivery)


def _is_s3_s(record: object) -> bool:
    return isinstance(record, Mapping) and record.get("eventSource") == "aws:s3"


def _etag(created: Fields, name: str) -> str | None:
    """An ETag without the quotes, which HTTP has and S3's events have not."""
    etag = token(created, name)
    return etag.removeprefix("W/").strip('"') or None if etag else None


def token(created: Fields, name: str) -> str | None:
    """An optional text that is sent in a header or a query later on; an empty one says nothing."""
    value = created.value.get(name)
    if value is None or value == "":
        return None
    text = created.text(name)
    if not (text.isascii() and text.isprintable()) or " " in text:
        raise InputError("invalid_event", created.path(name), "must be printable ASCII without spaces")
    return text


def _sequencer(created: Fields) -> str | None:
    """What orders the events of a key; None for anything else than what S3 documents."""
    sequencer = created.value.get("sequencer")
    return sequencer if isinstance(sequencer, str) and _SEQUENCER.fullmatch(sequencer) else None


def _bucket_and_key(about: object) -> tuple[str | None, str | None]:
    """What an event is about that nothing is done for, as far as it says so."""
    if not isinstance(about, Mapping):
        return None, None
    bucket, found = about.get("bucket"), about.get("object")
    return (
        _known(bucket.get("name") if isinstance(bucket, Mapping) else None),
        _known(found.get("key") if isinstance(found, Mapping) else None),
    )


def _known(value: object) -> str | None:
    return value if isinstance(value, str) else None
