"""The library of the layer: code of one's own writes, copies and calls S3 in the other account."""

from __future__ import annotations

import os
from collections import Counter

import cross_account_s3
import pytest
from cross_account_s3.errors import DeadlineError, InputError, WriteError

from tests.writer import Context, Function

MIB = 1024 * 1024


def _requests(function: Function) -> Counter[str]:
    return Counter(seen.operation for seen in function.cloud.requests())


@pytest.mark.parametrize(
    ("body", "content_type", "stored_type"),
    [
        ("Grüße", None, "text/plain; charset=utf-8"),
        (b"\x00\xff", None, "application/octet-stream"),
        (b"<p>", "text/html", "text/html"),
    ],
)
def test_put_stores_text_and_bytes(
    function: Function, body: str | bytes, content_type: str | None, stored_type: str
) -> None:
    stored = cross_account_s3.destination().put("inbox/a", body, content_type=content_type, metadata={"Note": "x"})

    found = function.cloud.objects("destination")["inbox/a"]
    assert found.body == (body.encode() if isinstance(body, str) else body)
    assert (found.headers["content-type"], found.metadata) == (stored_type, {"note": "x"})
    assert (stored.outcome, stored.key, stored.size) == ("stored", "inbox/a", len(found.body))
    assert _requests(function) == {"AssumeRole": 1, "PutObject": 1}


def test_copy_moves_a_large_object_in_parts(function: Function) -> None:
    body = os.urandom(11 * MIB)
    function.cloud.put("source", "a", body)

    stored = cross_account_s3.destination(Context(60)).copy("source", "a")

    assert function.cloud.objects("destination")["inbox/a"].body == body
    assert (stored.outcome, stored.size) == ("stored", len(body))
    assert _requests(function)["UploadPart"] == 3


def test_copy_gives_a_version_the_key_that_it_is_told(function: Function) -> None:
    first = function.cloud.put("versions", "a", b"first")
    function.cloud.put("versions", "a", b"second")

    cross_account_s3.destination().copy("versions", "a", to="inbox/first", version_id=first.version_id)

    assert {key: found.body for key, found in function.cloud.objects("destination").items()} == {
        "inbox/first": b"first"
    }


def test_client_acts_as_the_role_with_the_same_session(function: Function) -> None:
    stored = cross_account_s3.destination().put("inbox/a", "hello")

    head = cross_account_s3.client("s3").head_object(Bucket=stored.bucket, Key=stored.key)

    assert head["ContentLength"] == 5
    put, looked = function.cloud.requests("PutObject") + function.cloud.requests("HeadObject")
    assert put.access_key == looked.access_key
    assert function.cloud.count("AssumeRole") == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"key": "outside/a", "body": ""}, "input.outside_prefix: key must begin with 'inbox/'"),
        ({"key": "inbox/../a", "body": ""}, 'input.invalid_key: key must not have "." or ".." between its slashes'),
        ({"key": "inbox/a", "body": None}, "input.invalid_body: body must be bytes or a string, not NoneType"),
        (
            {"key": "inbox/a", "body": "", "metadata": {"Ä": "x"}},
            "input.invalid_metadata: metadata '\\xc4' must be named with the characters of an HTTP header name",
        ),
        (
            {"key": "inbox/a", "body": "", "content_type": "text/plain\n"},
            'input.invalid_content_type: content_type must be printable ASCII, such as "message/rfc822"',
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_bad_input_is_refused_before_anything_is_sent(
    function: Function, arguments: dict[str, object], sentence: str
) -> None:
    with pytest.raises(InputError) as refused:
        cross_account_s3.destination().put(**arguments)  # type: ignore[arg-type]

    assert str(refused.value) == sentence
    assert function.cloud.requests() == []


def test_a_bucket_that_is_no_source_is_not_copied_from(function: Function) -> None:
    with pytest.raises(InputError, match=r"source\.bucket must be a bucket that is named in sources, not 'another'"):
        cross_account_s3.destination().copy("another", "a")


def test_another_service_is_refused() -> None:
    with pytest.raises(InputError, match='service must be "s3": the role may do nothing in any other'):
        cross_account_s3.client("sqs")


def test_the_time_of_the_invocation_ends_what_is_done(function: Function) -> None:
    function.cloud.put("source", "a", os.urandom(6 * MIB))
    function.cloud.fault("UploadPart", hang="before", seconds=30)

    with pytest.raises(DeadlineError):
        cross_account_s3.destination(Context(4)).copy("source", "a")

    assert function.cloud.uploads("destination") == []


def test_what_s3_refuses_is_an_error_of_writing(function: Function) -> None:
    function.cloud.fault("PutObject", status=403, code="AccessDenied")

    with pytest.raises(WriteError, match=r"^write\.AccessDenied: cannot write 'inbox/a' to destination"):
        cross_account_s3.destination().put("inbox/a", "hello")
