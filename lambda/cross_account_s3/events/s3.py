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


def is_record(record: Fields) -> bool:
    return _is_s3_s(record.value)


def notification(record: Fields, rules: Rules, teller: str) -> CopyRequest | Ignored:
    """A record of a notification (Amazon S3 User Guide, "Event message structure"), which came from ``teller``."""
    name = record.text("eventName")
    s3 = record.fields("s3")
    bucket = told_of(s3.fields("bucket"), "name", rules, teller)
    # S3 leaves "s3:" out, and stores that are compatible with it do not.
    if not name.removeprefix("s3:").startswith("ObjectCreated:"):
        return Ignored(name, *_bucket_and_key(s3.value))
    created = s3.fields("object")
    try:
        # Here keys are encoded as in a form, and only here: EventBridge has them as they are.
        key = unquote_plus(created.text("key"), errors="strict")
    except UnicodeDecodeError:
        raise InputError("invalid_event", created.path("key"), "must be UTF-8, percent-encoded") from None
    source = SourceObject(
        bucket=bucket,
        key=key,
        etag=_etag(created, "eTag"),
        version_id=token(created, "versionId"),
        sequencer=_sequencer(created),
    )
    return copy(source, rules, record.optional_text("eventTime"))


def bridged(event: Fields, rules: Rules, teller: str) -> CopyRequest | Ignored:
    """S3's event from EventBridge, which came from ``teller``.

    Amazon S3 User Guide, "EventBridge event message structure".
    """
    if event.value["source"] != "aws.s3":
        raise InputError("unknown_source", event.path("source"), "must be aws.s3, to tell of an object")
    detail = event.fields("detail")
    bucket = told_of(detail.fields("bucket"), "name", rules, teller)
    if event.value["detail-type"] != "Object Created":
        return Ignored(str(event.value["detail-type"])[:_SHOWN], *_bucket_and_key(detail.value))
    created = detail.fields("object")
    source = SourceObject(
        bucket=bucket,
        key=created.text("key"),
        etag=_etag(created, "etag"),
        version_id=token(created, "version-id"),
        sequencer=_sequencer(created),
    )
    return copy(source, rules, event.optional_text("time"))


def bucket_of(event: Fields) -> str | None:
    """The bucket that S3's event from EventBridge is about, as far as it says so."""
    detail = event.value["detail"]
    return _bucket_and_key(detail)[0] if isinstance(detail, Mapping) else None


def told_of(fields: Fields, name: str, rules: Rules, teller: str) -> str:
    """The bucket in the field ``name``, of whose objects ``teller`` may tell.

    Raises:
        InputError: it is another bucket. Whoever can send an event must not choose what is copied.
    """
    bucket = fields.text(name)
    if bucket not in rules.sources.told.get(teller, ()):
        sentence = f"must be a bucket of sources that is told by {teller}, not {ascii(bucket)[:_SHOWN]}"
        raise InputError("unknown_bucket", fields.path(name), sentence)
    return bucket


def source_bucket(bucket: str, field: str, rules: Rules) -> str:
    """A bucket that may be copied from, whoever tells of its objects; ``field`` is where its name stands.

    Raises:
        InputError: it is another bucket.
    """
    if bucket not in rules.sources.buckets:
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


def _bucket_and_key(about: Mapping[str, object]) -> tuple[str | None, str | None]:
    """What an event is about that nothing is done for, as far as it says so."""
    bucket, found = about.get("bucket"), about.get("object")
    return (
        _known(bucket.get("name") if isinstance(bucket, Mapping) else None),
        _known(found.get("key") if isinstance(found, Mapping) else None),
    )


def _known(value: object) -> str | None:
    return value if isinstance(value, str) else None
