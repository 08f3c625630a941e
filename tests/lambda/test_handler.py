"""The handler, with a destination of our own in place of S3: each source is answered in its own protocol."""

from __future__ import annotations

import dataclasses
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from cross_account_s3 import function
from cross_account_s3 import handler as module
from cross_account_s3.config import from_environment
from cross_account_s3.errors import EventError, InputError, WriterError
from cross_account_s3.invocation import Invocation
from cross_account_s3.model import CopyRequest, PutRequest, Stored
from cross_account_s3.transfer import Source

from tests.support.environment import every_way, function_variables
from tests.writer import CONFIG, environment, message
from tools.environments import ROOT


class _Destination:
    """Stores what it is asked to; a key with `bad` in it is refused."""

    def __init__(self) -> None:
        self.requests: list[PutRequest | CopyRequest] = []

    def put(self, request: PutRequest) -> Stored:
        return self._store(request)

    def copy(self, request: CopyRequest, source: Source, invocation: Invocation) -> Stored:
        return self._store(request)

    def _store(self, request: PutRequest | CopyRequest) -> Stored:
        self.requests.append(request)
        if "bad" in request.key:
            raise WriterError("write", "AccessDenied", f"cannot write {request.key}")
        if "bug" in request.key:
            raise ZeroDivisionError("division\nby zero")
        return Stored("acme-inbound-mail", request.key, "e", "v1", 5, "CRC32:NhCmhg==", "stored")


@pytest.fixture
def destination(monkeypatch: pytest.MonkeyPatch) -> _Destination:
    destination = _Destination()
    rules = from_environment(function_variables("acme-inbound-mail", sources=every_way("b"))).rules
    config = dataclasses.replace(CONFIG, rules=rules)
    made: dict[str, Callable[[], Any]] = {"config": lambda: config, "destination": lambda: destination}
    for name, value in {**made, "source": lambda: None}.items():
        monkeypatch.setattr(function, name, value)
    return destination


def _batch(*bodies: str | Mapping[str, Any]) -> Any:
    return {"Records": [message(f"m{number}", body) for number, body in enumerate(bodies)]}


def _direct(key: str) -> Mapping[str, Any]:
    return {"key": key, "body": ""}


def _notification(*keys: str) -> Any:
    return {
        "Records": [
            {
                "eventSource": "aws:s3",
                "eventName": "ObjectCreated:Put",
                "s3": {"bucket": {"name": "b"}, "object": {"key": key}},
            }
            for key in keys
        ]
    }


def test_a_direct_event_is_answered_with_what_s3_has(
    destination: _Destination, caplog: pytest.LogCaptureFixture
) -> None:
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
    [record] = caplog.records
    fields: Any = vars(record)
    assert (record.getMessage(), fields["key"], fields["size"]) == ("stored", "inbox/a", 5)
    assert fields["duration_ms"] >= 0


def test_bad_input_makes_no_call(destination: _Destination) -> None:
    with pytest.raises(InputError, match=r"^input\.unknown_field: 'kee' is not a field of the event"):
        module.handler({"kee": "inbox/a"}, None)

    assert destination.requests == []


def test_an_error_is_logged_and_raised_never_returned(
    destination: _Destination, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(WriterError) as raised:
        module.handler({"key": "inbox/bad", "body": ""}, None)

    [record] = caplog.records
    fields: Any = vars(record)
    assert (record.levelname, fields["stage"], fields["error_code"]) == ("ERROR", "write", "AccessDenied")
    assert fields["error"] == str(raised.value) == "write.AccessDenied: cannot write inbox/bad"
    assert (fields["bucket"], fields["key"]) == ("acme-inbound-mail", "inbox/bad")


def test_what_nobody_has_thought_of_is_one_sentence_too(destination: _Destination) -> None:
    with pytest.raises(WriterError, match=r"^unexpected\.ZeroDivisionError: division by zero$"):
        module.handler({"key": "inbox/bug", "body": ""}, None)


def test_a_batch_is_answered_with_the_messages_that_failed(
    destination: _Destination, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        answer = module.handler(_batch("a", _direct("inbox/bad"), _direct("../x"), "d", _direct("inbox/bug")), None)

    assert answer == {"batchItemFailures": [{"itemIdentifier": name} for name in ("m1", "m2", "m4")]}
    assert {request.key for request in destination.requests} == {
        "inbox/2026/02/03/m0",
        "inbox/bad",
        "inbox/2026/02/03/m3",
        "inbox/bug",
    }
    summary: Any = next(vars(record) for record in caplog.records if record.getMessage() == "batch")
    assert (summary["messages"], summary["failed"]) == (5, 3)
    assert set(summary["failures"].split(", ")) == {
        "input.invalid_key=1",
        "unexpected.ZeroDivisionError=1",
        "write.AccessDenied=1",
    }
    failed: Any = [vars(record) for record in caplog.records if record.getMessage() == "failed"]
    assert [line["message_id"] for line in failed] == ["m1", "m2", "m4"]


def test_a_failed_copy_is_logged_with_its_source_and_its_destination(
    destination: _Destination, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(WriterError):
        module.handler(_notification("bad"), None)

    [record] = caplog.records
    fields: Any = vars(record)
    assert (fields["bucket"], fields["key"]) == ("acme-inbound-mail", "inbox/bad")
    assert (fields["source_bucket"], fields["source_key"]) == ("b", "bad")


def test_an_event_that_cannot_be_decoded_is_logged_with_the_object_that_it_is_about(
    destination: _Destination, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(InputError, match=r"^input\.invalid_key"):
        module.handler(_notification("a/../b"), None)

    [record] = caplog.records
    fields: Any = vars(record)
    assert (fields["source_bucket"], fields["source_key"]) == ("b", "a/../b")


def test_what_asks_for_nothing_leaves_a_line(destination: _Destination, caplog: pytest.LogCaptureFixture) -> None:
    event = _notification("a")
    event["Records"][0]["eventName"] = "ObjectRemoved:Delete"

    with caplog.at_level(logging.INFO):
        module.handler(event, None)

    [record] = caplog.records
    fields: Any = vars(record)
    assert (record.getMessage(), record.levelname) == ("ignored", "INFO")
    assert (fields["reason"], fields["source_bucket"], fields["source_key"]) == ("ObjectRemoved:Delete", "b", "a")


def test_a_batch_without_failures_has_none(destination: _Destination) -> None:
    assert module.handler(_batch("a", {"Event": "s3:TestEvent"}), None) == {"batchItemFailures": []}
    assert len(destination.requests) == 1


def test_a_batch_of_which_all_failed_is_an_error(destination: _Destination) -> None:
    with pytest.raises(EventError) as raised:
        module.handler(_batch(_direct("inbox/bad"), _direct("../x")), None)

    assert str(raised.value) == (
        "event.failed: none of 2 messages was stored; the first: write.AccessDenied: cannot write inbox/bad"
    )


def test_an_asynchronous_event_is_answered_with_what_was_stored(destination: _Destination) -> None:
    answer: Any = module.handler(_notification("a", "b"), None)

    assert [stored["key"] for stored in answer["objects"]] == ["inbox/a", "inbox/b"]
    assert all(isinstance(request, CopyRequest) for request in destination.requests)


def test_an_asynchronous_event_that_failed_is_raised_and_what_it_could_is_done(destination: _Destination) -> None:
    with pytest.raises(WriterError, match=r"^write\.AccessDenied: cannot write inbox/bad$"):
        module.handler(_notification("bad", "b"), None)
    assert {request.key for request in destination.requests} == {"inbox/bad", "inbox/b"}

    with pytest.raises(EventError, match=r"^event\.failed: 2 objects were not stored; the first: write\.AccessDenied"):
        module.handler(_notification("bad", "b", "bad2"), None)


def test_an_event_that_asks_for_nothing_is_acknowledged(destination: _Destination) -> None:
    assert module.handler({"Event": "s3:TestEvent", "Bucket": "b"}, None) == {"objects": []}
    assert destination.requests == []


def test_a_missing_configuration_is_said_at_the_first_event(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DESTINATIONS", raising=False)

    with pytest.raises(InputError, match=r"^config\.invalid: the function's environment must be as the Terraform"):
        module.handler({"key": "inbox/a", "body": ""}, None)


@pytest.mark.parametrize(("environ", "made"), [(environment("http://127.0.0.1:9"), 1), ({}, 0)])
def test_what_every_invocation_needs_is_made_while_the_function_starts(environ: Mapping[str, str], made: int) -> None:
    """Without a call, and without an error: a bad configuration is told to the events."""
    program = (
        "import gc; from cross_account_s3 import function, handler;"
        "print(gc.isenabled(), function.destination.cache_info())"
    )
    variables = {**environ, "PYTHONPATH": str(ROOT / "lambda"), "PATH": os.environ["PATH"]}

    said = subprocess.run([sys.executable, "-c", program], env=variables, capture_output=True, text=True, check=True)

    assert said.stdout.startswith("True ")
    assert f"currsize={made})" in said.stdout
