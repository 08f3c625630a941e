"""What is carried over of a source object beside its content: the same bytes, or an error that says why not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cross_account_s3.errors import InputError

_CARRIED = {
    "Cache-Control": "CacheControl",
    "Content-Disposition": "ContentDisposition",
    "Content-Encoding": "ContentEncoding",
    "Content-Language": "ContentLanguage",
    "Content-Type": "ContentType",
}


def carried(answer: Mapping[str, Any]) -> dict[str, str]:
    """The fields of a put, from the answer to a GET.

    Raises:
        InputError: a header cannot be sent as it is.
    """
    headers = answer["ResponseMetadata"]["HTTPHeaders"]  # their names are in lower case
    found = {name: value for name in _CARRIED if (value := headers.get(name.lower()))}
    fields = {_CARRIED[name]: _utf8(name, value) for name, value in found.items()}
    # Not the API's Expires, which is a date: what the source has may be none, as the usual "0".
    if expires := answer.get("ExpiresString"):
        fields["ExpiresString"] = _utf8("Expires", expires)
    encodings = fields.pop("ContentEncoding", "").split(",")
    # S3 keeps how an upload was sent among the encodings of what was sent; it is none of them.
    if encoding := ",".join(part for part in encodings if part.strip() not in ("", "aws-chunked")):
        fields["ContentEncoding"] = encoding
    return fields


def metadata(answer: Mapping[str, Any]) -> dict[str, str]:
    """The user metadata, from the answer to a GET.

    Raises:
        InputError: some is not ASCII, which S3 has encoded when it gives it (Amazon S3 User Guide, "Working with
            object metadata") and botocore refuses to send.
    """
    found: dict[str, str] = answer["Metadata"]
    for name, value in found.items():
        if not (name + value).isascii():
            raise InputError("invalid_metadata", f"the source's metadata {name!a}", "must be ASCII to be carried over")
    return found


def _utf8(name: str, value: str) -> str:
    """A header as botocore has to get it: it reads headers as Latin-1, and sends them as UTF-8."""
    try:
        return value.encode("latin-1").decode()
    except UnicodeError:
        raise InputError("invalid_header", f"the source's {name}", "must be UTF-8 to be carried over") from None


def send_expires(client: Any) -> None:
    """Let an S3 client take ExpiresString beside the fields of the API, and send it as it is."""

    def take(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        context["cross_account_s3.expires"] = params.pop("ExpiresString", None)

    def add(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        if expires := context.get("cross_account_s3.expires"):
            params["headers"]["Expires"] = expires

    for operation in ("PutObject", "CreateMultipartUpload"):
        client.meta.events.register(f"before-parameter-build.s3.{operation}", take)
        client.meta.events.register(f"before-call.s3.{operation}", add)
