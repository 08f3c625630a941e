"""Direct events: what they ask for, and one sentence for each way to get it wrong."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from cross_account_s3.errors import InputError
from cross_account_s3.events import decode as decode_event
from cross_account_s3.model import PutRequest, Rules


def decode(event: Any) -> list[PutRequest]:
    """The object that a direct event asks for. Its prefix is for those that do not name themselves."""
    [message] = decode_event(event, Rules("elsewhere/")).messages
    return [request for request in message.requests if isinstance(request, PutRequest)]


def test_text_is_stored_as_utf_8() -> None:
    assert decode({"key": "inbox/ü.txt", "body": "Grüße"}) == [
        PutRequest(key="inbox/ü.txt", body="Grüße".encode(), content_type="text/plain; charset=utf-8", metadata={})
    ]


def test_bytes_come_as_base64() -> None:
    body = bytes(range(256))

    [request] = decode({"key": "a", "body_base64": base64.b64encode(body).decode()})

    assert request.body == body
    assert request.content_type == "application/octet-stream"


@pytest.mark.parametrize("name", ["body", "body_base64"])
def test_nothing_is_a_body_too(name: str) -> None:
    assert decode({"key": "a", name: ""})[0].body == b""


def test_content_type_and_metadata_are_carried() -> None:
    [request] = decode(
        {"key": "a", "body": "", "content_type": "message/rfc822", "metadata": {"Message-Id": "<1@example.com>"}}
    )

    assert request.content_type == "message/rfc822"
    assert request.metadata == {"message-id": "<1@example.com>"}


def test_null_is_the_same_as_absent_for_what_is_optional() -> None:
    assert decode({"key": "a", "body": "", "content_type": None, "metadata": None}) == decode({"key": "a", "body": ""})


@pytest.mark.parametrize("key", ["a" * 1024, "é" * 512, "a b+c%20?.txt", "a//b", "inbox/..hidden"])
def test_keys_that_s3_takes(key: str) -> None:
    assert decode({"key": key, "body": ""})[0].key == key


@pytest.mark.parametrize(
    ("event", "field", "sentence"),
    [
        (None, "the event", "must be an object, not null"),
        ([], "the event", "must be an object, not an array"),
        ("text", "the event", "must be an object, not a string"),
        ({"kee": "a"}, "'kee'", "is not a field of the event: use key, body, body_base64, content_type, metadata"),
        ({"k\u00fc": "a"}, "'k\\xfc'", "is not a field of the event"),
        ({"body": ""}, "key", "must be a string that is not empty, not null"),
        ({"key": "", "body": ""}, "key", "must be a string that is not empty, not an empty string"),
        ({"key": 7, "body": ""}, "key", "must be a string that is not empty, not a number"),
        ({"key": True, "body": ""}, "key", "must be a string that is not empty, not a boolean"),
        ({"key": "a\nb", "body": ""}, "key", "must not have control characters or unpaired surrogates"),
        ({"key": "a\0", "body": ""}, "key", "must not have control characters or unpaired surrogates"),
        ({"key": "\ud800", "body": ""}, "key", "must not have control characters or unpaired surrogates"),
        ({"key": "é" * 512 + "a", "body": ""}, "key", "must have at most 1024 bytes in UTF-8, not 1025"),
        ({"key": "inbox/../x", "body": ""}, "key", 'must not have "." or ".." between its slashes'),
        ({"key": "./x", "body": ""}, "key", 'must not have "." or ".." between its slashes'),
        ({"key": "a"}, "body", "or body_base64 must be given, one of the two, not 0"),
        ({"key": "a", "body": "", "body_base64": ""}, "body", "or body_base64 must be given, one of the two, not 2"),
        ({"key": "a", "body": {}}, "body", "must be a string, not an object"),
        ({"key": "a", "body": None}, "body", "must be a string, not null"),
        ({"key": "a", "body": "\udfff"}, "body", "must not have unpaired surrogates: send body_base64"),
        ({"key": "a", "body_base64": "a"}, "body_base64", "must be base64: "),
        ({"key": "a", "body_base64": "a b="}, "body_base64", "must be base64: "),
        ({"key": "a", "body_base64": "ä"}, "body_base64", "must be base64: "),
        ({"key": "a", "body": "", "content_type": "a\r\nb"}, "content_type", "must be printable ASCII, such as "),
        ({"key": "a", "body": "", "content_type": ""}, "content_type", "must be printable ASCII, such as "),
        ({"key": "a", "body": "", "content_type": 1}, "content_type", "must be printable ASCII, such as "),
        ({"key": "a", "body": "", "metadata": []}, "metadata", "must be an object of strings, not an array"),
        ({"key": "a", "body": "", "metadata": {"a b": "x"}}, "metadata 'a b'", "must be named with the characters of"),
        ({"key": "a", "body": "", "metadata": {"": "x"}}, "metadata ''", "must be named with the characters of"),
        ({"key": "a", "body": "", "metadata": {"n": 1}}, "metadata.n", "must be printable ASCII, without spaces at"),
        ({"key": "a", "body": "", "metadata": {"n": "é"}}, "metadata.n", "must be printable ASCII, without spaces at"),
        ({"key": "a", "body": "", "metadata": {"n": "x "}}, "metadata.n", "must be printable ASCII, without spaces at"),
        ({"key": "a", "body": "", "metadata": {"N": "x", "n": "y"}}, "metadata.n", "must be given once"),
        (
            {"key": "a", "body": "", "metadata": {"source-object": "x"}},
            "metadata.source-object",
            "must have another na",
        ),
        (
            {"key": "a", "body": "", "metadata": {"Source-Sequencer": "ffff"}},
            "metadata.Source-Sequencer",
            "must have an",
        ),
        (
            {"key": "a", "body": "", "metadata": {"source-version-id": "x"}},
            "metadata.source-version-id",
            "must have an",
        ),
        (
            {"key": "a", "body": "", "metadata": {"n": "x" * 2048}},
            "metadata",
            "must have at most 2048 bytes in all",
        ),
    ],
)
def test_refused(event: Any, field: str, sentence: str) -> None:
    with pytest.raises(InputError) as refused:
        decode(event)

    assert refused.value.field == field
    code, _, said = str(refused.value).partition(": ")
    assert said.startswith(f"{field} {sentence}")
    assert code.startswith("input.")
    assert "\n" not in said
    said.encode()  # can be written anywhere
