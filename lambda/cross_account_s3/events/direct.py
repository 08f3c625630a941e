"""A direct event, which says what to write or what to copy, and where."""

from __future__ import annotations

import base64
import dataclasses
import re
from collections.abc import Mapping

from cross_account_s3.errors import InputError
from cross_account_s3.events import s3
from cross_account_s3.events.fields import Fields, kind
from cross_account_s3.events.keys import checked_key
from cross_account_s3.model import CopyRequest, PutRequest, Request, Rules, SourceObject

# What the writer itself keeps with a copy, to tell which of two events is the newer one.
_OWN_METADATA = ("source-object", "source-sequencer", "source-version-id")
_FIELDS = ("key", "body", "body_base64", "content_type", "metadata")
_COPY_FIELDS = ("source", "key")
_SOURCE_FIELDS = ("bucket", "key", "version_id")
_METADATA_BYTES = 2048  # Amazon S3 User Guide, "Working with object metadata"
_SHOWN = 100  # characters of a name, in an error about it
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")  # RFC 9110, section 5.6.2, token
_HEADER_VALUE = re.compile(r"[!-~]([ -~]*[!-~])?")  # ASCII, no space at either end: S3 would drop it


def request(event: Fields, rules: Rules) -> Request:
    """What an event asks for: a copy if it has a ``source``, else a put.

    Raises:
        InputError: the event has another shape; ``field`` names what is wrong.
    """
    return copy(event, rules) if event.has("source") else put(event)


def copy(event: Fields, rules: Rules) -> CopyRequest:
    """The copy that an event asks for: ``{"source": {"bucket", "key", "version_id"?}, "key"?}``.

    Without a key of its own, the copy has the key that an event of the source's would give it. A version that is named
    is copied whatever has replaced it.

    Raises:
        InputError: as ``request``.
    """
    source = event.fields("source")
    _check_fields(event, _COPY_FIELDS)
    _check_fields(source, _SOURCE_FIELDS)
    version_id = s3.token(source, "version_id")
    bucket = s3.source_bucket(source.text("bucket"), source.path("bucket"), rules)
    named = SourceObject(bucket, source.text("key"), version_id=version_id)
    key = event.optional_text("key")
    made = s3.copy(named, rules, None) if key is None else CopyRequest(checked_key(key, "key"), named)
    return dataclasses.replace(made, exact=version_id is not None)


def put(event: Fields) -> PutRequest:
    """The object that an event brings: ``{"key", "body" | "body_base64", "content_type"?, "metadata"?}``.

    ``body`` is text and is stored as UTF-8.

    Raises:
        InputError: as ``request``.
    """
    _check_fields(event, _FIELDS)
    if not isinstance(key := event.value.get("key"), str) or not key:
        raise InputError("invalid_key", "key", f"must be a string that is not empty, not {kind(key)}")
    body, text = _body(event.value), event.has("body")
    return _request(key, body, event.value.get("content_type"), event.value.get("metadata"), text=text)


def object_to_put(key: str, body: bytes | str, content_type: str | None, metadata: object) -> PutRequest:
    """The same of the arguments of a function.

    Raises:
        InputError: as ``request``.
    """
    if not isinstance(body, bytes | str):
        raise InputError("invalid_body", "body", f"must be bytes or a string, not {type(body).__name__}")
    encoded = _encoded(body, "give bytes") if isinstance(body, str) else body
    return _request(key, encoded, content_type, metadata, text=isinstance(body, str))


def _request(key: object, body: bytes, content_type: object, metadata: object, *, text: bool) -> PutRequest:
    return PutRequest(
        key=checked_key(key, "key"),
        body=body,
        content_type=_content_type(content_type, text=text),
        metadata=_metadata(metadata),
    )


def _check_fields(event: Fields, names: tuple[str, ...]) -> None:
    for name in event.value:
        if name not in names:
            sentence = f"is not a field of the event: use {', '.join(map(event.path, names))}"
            raise InputError("unknown_field", event.path(ascii(name[:_SHOWN])), sentence)


def _body(event: Mapping[str, object]) -> bytes:
    given = [name for name in ("body", "body_base64") if name in event]
    if len(given) != 1:
        raise InputError("invalid_body", "body", f"or body_base64 must be given, one of the two, not {len(given)}")
    [name] = given
    body = event[name]
    if not isinstance(body, str):
        raise InputError("invalid_body", name, f"must be a string, not {kind(body)}")
    if name == "body":
        return _encoded(body, "send body_base64")
    try:
        return base64.b64decode(body, validate=True)
    except ValueError as cause:  # binascii.Error is one, and b64decode raises it plain for what is not ASCII
        raise InputError("invalid_body", name, f"must be base64: {cause}") from None


def _encoded(text: str, instead: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise InputError("invalid_body", "body", f"must not have unpaired surrogates: {instead}") from None


def _content_type(content_type: object, *, text: bool) -> str:
    if content_type is None:
        return "text/plain; charset=utf-8" if text else "application/octet-stream"
    if not isinstance(content_type, str) or not _HEADER_VALUE.fullmatch(content_type):
        raise InputError("invalid_content_type", "content_type", 'must be printable ASCII, such as "message/rfc822"')
    return content_type


def _metadata(metadata: object) -> dict[str, str]:
    def refuse(field: str, sentence: str) -> InputError:
        return InputError("invalid_metadata", field, sentence)

    if metadata is None:
        return {}
    if not isinstance(metadata, Mapping):
        raise refuse("metadata", f"must be an object of strings, not {kind(metadata)}")
    checked: dict[str, str] = {}
    for name, value in metadata.items():
        if not _HEADER_NAME.fullmatch(name):
            raise refuse(f"metadata {name[:_SHOWN]!a}", "must be named with the characters of an HTTP header name")
        if not isinstance(value, str) or not _HEADER_VALUE.fullmatch(value):
            raise refuse(f"metadata.{name[:_SHOWN]}", "must be printable ASCII, without spaces at its ends")
        if name.lower() in _OWN_METADATA:
            raise refuse(f"metadata.{name}", "must have another name: the writer keeps there where copies come from")
        if name.lower() in checked:
            raise refuse(f"metadata.{name[:_SHOWN]}", "must be given once: S3 does not tell upper case from lower")
        checked[name.lower()] = value
    size = sum(len(name) + len(value) for name, value in checked.items())
    if size > _METADATA_BYTES:
        raise refuse("metadata", f"must have at most {_METADATA_BYTES} bytes in all, not {size}")
    return checked
