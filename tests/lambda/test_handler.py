"""The handler, with a destination of our own in place of S3."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from cross_account_s3 import handler as module
from cross_account_s3.errors import InputError, WriterError
from cross_account_s3.model import PutRequest, Stored

STORED = Stored("acme-inbound-mail", "inbox/a", "e", "v1", 5, "CRC32:NhCmhg==", "stored")


class _Destination:
    def __init__(self, error: WriterError | None = None) -> None:
        self.requests: list[PutRequest] = []
        self._error = error

    def put(self, request: PutRequest) -> Stored:
        self.requests.append(request)
        if self._error:
            raise self._error
        return STORED


def test_the_answer_is_what_s3_has(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    destination = _Destination()
    monkeypatch.setattr(module, "_destination", lambda: destination)

    with caplog.at_level(logging.INFO):
        answer = module.handler({"key": "inbox/a", "body": "hello"}, None)

    assert answer == {
        "bucket": "acme-inbound-mail",
        "key": "inbox/a",
        "etag": "e",
        "version_id": "v1",
        "size": 5,
        "checksum": "CRC32:NhCmhg==",
        "outcome": "stored",
    }
    assert [request.body for request in destination.requests] == [b"hello"]
    [record] = caplog.records
    fields: Any = vars(record)
    assert (record.getMessage(), fields["key"], fields["size"]) == ("stored", "inbox/a", 5)
    assert fields["duration_ms"] >= 0


def test_bad_input_makes_no_call(monkeypatch: pytest.MonkeyPatch) -> None:
    destination = _Destination()
    monkeypatch.setattr(module, "_destination", lambda: destination)

    with pytest.raises(InputError, match=r"^input\.unknown_field: 'kee' is not a field of the event"):
        module.handler({"kee": "inbox/a"}, None)

    assert destination.requests == []


def test_an_error_is_logged_and_raised_never_returned(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    error = WriterError("write", "AccessDenied", "no")
    monkeypatch.setattr(module, "_destination", lambda: _Destination(error))

    with pytest.raises(WriterError) as raised:
        module.handler({"key": "inbox/a", "body": ""}, None)

    assert raised.value is error
    [record] = caplog.records
    fields: Any = vars(record)
    assert (record.levelname, fields["stage"], fields["error_code"]) == ("ERROR", "write", "AccessDenied")
    assert fields["error"] == "write.AccessDenied: no"


def test_a_missing_configuration_is_said_at_the_first_event(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DESTINATIONS", raising=False)

    with pytest.raises(InputError, match=r"^config\.invalid: the function's environment must have DESTINATIONS"):
        module.handler({"key": "inbox/a", "body": ""}, None)
