"""Reading a source object: what comes is compared with what was asked for, and a body that breaks is read again."""

from __future__ import annotations

import io
import ssl
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError, FlexibleChecksumError
from cross_account_s3.errors import InputError, ReadError
from cross_account_s3.model import SourceObject
from cross_account_s3.transfer.source import Opened, Source, SourceChanged, State
from urllib3.exceptions import ProtocolError

BODY = bytes(range(200))
OBJECT = SourceObject("source", "a", etag="e1")


class _Body(io.BytesIO):
    """An answer's body, which may break off."""

    def __init__(self, data: bytes, error: Exception | None = None) -> None:
        super().__init__(data)
        self._error = error

    def read(self, size: int | None = -1) -> bytes:
        if self._error is not None:
            raise self._error
        return super().read(size)


class _Client:
    """Answers GETs of one object, each as ``change`` makes of the right answer."""

    def __init__(self, change: Callable[[int, dict[str, Any]], None] = lambda number, answer: None) -> None:
        self.asked: list[Mapping[str, Any]] = []
        self._change = change

    def get_object(self, **asked: Any) -> dict[str, Any]:
        self.asked.append(asked)
        headers: dict[str, str] = {}
        data = BODY
        answer: dict[str, Any] = {"ETag": '"e1"', "Metadata": {}, "ResponseMetadata": {"HTTPHeaders": headers}}
        if "Range" in asked:
            start, stop = map(int, asked["Range"].removeprefix("bytes=").split("-"))
            data = BODY[start : stop + 1]
            answer["ContentRange"] = f"bytes {start}-{stop}/{len(BODY)}"
        answer |= {"Body": _Body(data), "ContentLength": len(data)}
        self._change(len(self.asked), answer)
        return answer


def _open(client: Any, source: SourceObject = OBJECT) -> Opened:
    opened = Source(client).open(source)
    assert isinstance(opened, Opened)
    return opened


def _error(code: str, status: int) -> ClientError:
    answer: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "GetObject")


@pytest.mark.parametrize(
    "error",
    [
        ssl.SSLError("DECRYPTION_FAILED_OR_BAD_RECORD_MAC"),
        ProtocolError("IncompleteRead"),
        ConnectionResetError(),
        FlexibleChecksumError(error_msg="no"),
        ValueError("anything"),
    ],
    ids=lambda error: type(error).__name__,
)
@pytest.mark.parametrize(("start", "length"), [(0, 200), (0, 50), (50, 50)])
def test_a_body_that_breaks_is_read_again(error: Exception, start: int, length: int) -> None:
    def break_once(number: int, answer: dict[str, Any]) -> None:
        if number == (2 if start else 1):
            answer["Body"] = _Body(b"", error)

    client = _Client(break_once)

    assert _open(client).read(start, length) == BODY[start : start + length]
    assert len(client.asked) == (3 if start else 2)


def test_a_body_that_breaks_again_and_again_is_an_error_of_reading() -> None:
    client = _Client(lambda number, answer: answer.update(Body=_Body(b"", ssl.SSLError("bad record"))))

    with pytest.raises(ReadError, match=r"^read\.SSLError: cannot read 'a' from source: .*bad record"):
        _open(client).read(0, 200)

    assert len(client.asked) == 4


def test_a_body_that_ends_early_is_read_again() -> None:
    client = _Client(lambda number, answer: answer.update(Body=_Body(BODY[:199])) if number == 1 else None)

    assert _open(client).read(0, 200) == BODY


def test_what_is_read_whole_is_read_again_without_a_range() -> None:
    """S3 answers a range of an object that was uploaded in parts with a checksum of the parts' checksums."""
    client = _Client(lambda number, answer: answer.update(Body=_Body(b"", ssl.SSLError())) if number == 1 else None)

    _open(client).read(0, 200)

    assert client.asked[1] == {"Bucket": "source", "Key": "a", "IfMatch": '"e1"'}


@pytest.mark.parametrize(
    "changed",
    [
        {"ContentRange": None, "ContentLength": 200},
        {"ContentRange": "bytes 0-49/200"},
        {"ContentRange": "bytes 50-99/201"},
        {"ContentLength": 49},
    ],
    ids=str,
)
def test_an_answer_with_other_bytes_than_those_asked_for_is_refused(changed: Mapping[str, Any]) -> None:
    client = _Client(lambda number, answer: answer.update(changed) if number == 2 else None)

    with pytest.raises(
        ReadError, match=r"^read\.wrong_range: cannot read 'a' from source: asked for bytes 50 to 99 of"
    ):
        _open(client).read(50, 50)


@pytest.mark.parametrize("changed", [{"ETag": '"e2"'}, {"VersionId": "v2"}])
def test_an_answer_of_another_object_is_no_part_of_the_copy(changed: Mapping[str, Any]) -> None:
    client = _Client(lambda number, answer: answer.update(changed) if number == 2 else None)

    with pytest.raises(SourceChanged):
        _open(client).read(50, 50)


def test_an_object_that_is_overwritten_between_two_ranges_has_changed() -> None:
    def refuse(number: int, answer: dict[str, Any]) -> None:
        if number == 2:
            raise _error("PreconditionFailed", 412)

    with pytest.raises(SourceChanged):
        _open(_Client(refuse)).read(50, 50)


def test_another_object_than_the_event_s_is_superseded_also_where_conditions_are_ignored() -> None:
    client = _Client(lambda number, answer: answer.update(ETag='"e2"'))

    assert Source(client).open(OBJECT) == "superseded"  # type: ignore[arg-type]


def test_what_is_there_now_is_told_by_its_etag_and_version() -> None:
    class Head:
        def head_object(self, **asked: Any) -> dict[str, Any]:
            assert asked == {"Bucket": "source", "Key": "a"}
            return {"ETag": '"e2"', "VersionId": "v"}

    assert Source(Head()).state(OBJECT) == State("e2", "v")  # type: ignore[arg-type]


def test_whatever_else_goes_wrong_is_an_error_of_reading() -> None:
    def fail(number: int, answer: dict[str, Any]) -> None:
        raise ZeroDivisionError("of botocore's")

    with pytest.raises(ReadError, match=r"^read\.ZeroDivisionError: cannot read 'a' from source: of botocore's$"):
        _open(_Client(fail))


@pytest.mark.parametrize(
    ("header", "field", "value"),
    [
        ("content-disposition", "ContentDisposition", 'attachment; filename="ü.pdf"'),
        ("content-type", "ContentType", "text/plain; charset=utf-8"),
        ("content-language", "ContentLanguage", "de-日本"),
        ("expires", "ExpiresString", "0"),
        ("expires", "ExpiresString", "next week"),
        ("expires", "ExpiresString", "Tue, 03 Feb 2026 04:05:06 GMT"),
    ],
)
def test_headers_are_carried_over_as_they_came(header: str, field: str, value: str) -> None:
    """botocore gives the bytes of a header as Latin-1."""

    def add(number: int, answer: dict[str, Any]) -> None:
        came = value.encode().decode("latin-1")
        answer["ResponseMetadata"]["HTTPHeaders"][header] = came
        if header == "expires":
            answer["ExpiresString"] = came  # where botocore puts it, whatever it is

    assert _open(_Client(add)).carried() == {field: value}


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        (
            {"ResponseMetadata": {"HTTPHeaders": {"content-disposition": "\xfc.pdf"}}},
            "input.invalid_header: the source's Content-Disposition must be UTF-8 to be carried over",
        ),
        (
            {"Metadata": {"note": "\xc3\xbc"}},
            "input.invalid_metadata: the source's metadata 'note' must be ASCII to be carried over",
        ),
    ],
)
def test_what_cannot_be_carried_over_is_refused_in_one_line(changed: Mapping[str, Any], sentence: str) -> None:
    opened = _open(_Client(lambda number, answer: answer.update(changed)))

    with pytest.raises(InputError) as refused:
        {**opened.carried(), **opened.metadata()}

    assert str(refused.value) == sentence
