"""Tasks of S3 Batch Operations: what each ends with, and what S3 is told to try again."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import pytest

from tests.support.events import job
from tests.writer import Function, Tell


def _results(answer: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    return {result["taskId"]: (result["resultCode"], result["resultString"]) for result in answer["results"]}


@pytest.mark.parametrize("schema", ["1.0", "2.0"])
def test_a_task_is_answered_as_its_schema_says(function: Function, tell: Tell, schema: str) -> None:
    function.cloud.put("source", "in/a b", b"body")

    answer = function.invoke(job("in/a%20b", schema=schema))

    assert answer == {
        "invocationSchemaVersion": schema,
        "treatMissingKeysAs": "TemporaryFailure",
        "invocationId": "i",
        "results": [{"taskId": "t0", "resultCode": "Succeeded", "resultString": "stored: inbox/in/a b"}],
    }
    assert function.cloud.objects("destination")["inbox/in/a b"].body == b"body"
    tell(f"a task of schema {schema}", "Succeeded")


@pytest.mark.parametrize(
    ("fault", "code", "text"),
    [
        (None, "PermanentFailure", "gone: inbox/a"),
        ({"operation": "GetObject", "status": 403, "code": "AccessDenied"}, "PermanentFailure", "read.AccessDenied"),
        ({"operation": "PutObject", "status": 403, "code": "AccessDenied"}, "PermanentFailure", "write.AccessDenied"),
        ({"operation": "AssumeRole", "status": 403, "code": "AccessDenied"}, "PermanentFailure", "assume.AccessDenied"),
        ({"operation": "GetObject", "status": 503, "code": "SlowDown"}, "TemporaryFailure", "read.SlowDown"),
        ({"operation": "PutObject", "status": 503, "code": "SlowDown"}, "TemporaryFailure", "write.SlowDown"),
        ({"operation": "PutObject", "reset": "head"}, "TemporaryFailure", "write.ConnectionClosedError"),
        ({"operation": "PutObject", "hang": "before", "seconds": 3}, "TemporaryFailure", "deadline.no_time"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_what_may_pass_is_tried_again(
    function: Function, tell: Tell, fault: Mapping[str, Any] | None, code: str, text: str
) -> None:
    function.cloud.put("source", "b", b"")
    if fault is not None:
        function.cloud.put("source", "a", b"body")
        function.cloud.fault(**fault)

    result = _results(function.invoke(job("a"), seconds=2))["t0"]

    assert result[0] == code
    assert result[1].startswith(text)
    tell(f"a task: {text.partition(':')[0]}", code)


def test_a_task_outside_of_the_sources_fails_and_the_others_do_not(function: Function, tell: Tell) -> None:
    function.cloud.put("source", "a", b"a")
    event = job("a", "a")
    event["tasks"][1]["s3Bucket"] = "elsewhere"

    results = _results(function.invoke(event))

    assert results["t0"] == ("Succeeded", "stored: inbox/a")
    assert results["t1"][0] == "PermanentFailure"
    assert results["t1"][1].startswith("input.unknown_bucket: tasks[1].s3Bucket must be a bucket that is named in")
    tell("a task of another bucket", "PermanentFailure, the other is stored")


@pytest.mark.parametrize(
    ("there", "result"),
    [
        (["a+b"], ("Succeeded", "stored: inbox/a+b")),
        (["a b"], ("Succeeded", "stored: inbox/a b")),
        ([], ("PermanentFailure", "gone: inbox/a+b")),
        (["a+b", "a b"], ("PermanentFailure", "input.ambiguous_key: the source's key may be 'a+b' or 'a b'")),
    ],
    ids=["plus", "space", "neither", "both"],
)
def test_a_plus_sign_means_what_is_there(
    function: Function, tell: Tell, caplog: pytest.LogCaptureFixture, there: list[str], result: tuple[str, str]
) -> None:
    caplog.set_level(logging.INFO, "cross_account_s3")
    for key in there:
        function.cloud.put("source", key, key.encode())

    code, text = _results(function.invoke(job("a+b")))["t0"]

    assert code == result[0]
    assert text.startswith(result[1])
    stored = function.cloud.objects("destination")
    if code == "Succeeded":
        [key] = there
        assert stored[f"inbox/{key}"].body == key.encode()
        [line] = [vars(record) for record in caplog.records]
        assert line["source_key"] == key
    else:
        assert stored == {}
    tell(f"a task with a plus sign, {len(there)} keys fit", text.partition(":")[0])


def test_a_version_is_copied_though_another_has_replaced_it(function: Function, tell: Tell) -> None:
    old = function.cloud.put("versions", "a", b"old")
    function.cloud.put("versions", "a", b"new")

    results = _results(function.invoke(job("a", bucket="versions", version_id=old.version_id)))

    assert results["t0"] == ("Succeeded", "stored: inbox/a")
    assert function.cloud.objects("destination")["inbox/a"].body == b"old"
    source = {"bucket": "versions", "key": "a", "version_id": old.version_id}
    assert function.invoke({"source": source, "key": "inbox/direct"})["outcome"] == "stored"
    assert function.cloud.objects("destination")["inbox/direct"].body == b"old"
    tell("a task names a version that was replaced", "that version is stored")


def test_a_direct_copy_is_answered_like_a_put(function: Function, tell: Tell) -> None:
    function.cloud.put("source", "a", b"body")

    answer = function.invoke({"source": {"bucket": "source", "key": "a"}})

    assert (answer["outcome"], answer["bucket"], answer["key"]) == ("stored", "destination", "inbox/a")
    assert function.cloud.objects("destination")["inbox/a"].body == b"body"
    tell("a direct copy", "stored")


def test_1000_tasks_under_faults(function: Function, tell: Tell, caplog: pytest.LogCaptureFixture) -> None:
    """Tasks that failed for a time are invoked again, as S3 does before a job ends."""
    caplog.set_level(logging.CRITICAL)
    keys = [f"a{number}" for number in range(1000)]
    for key in keys:
        function.cloud.put("source", key, key.encode())
    function.cloud.fault("GetObject", probability=0.2, status=503, code="SlowDown")
    function.cloud.fault("PutObject", probability=0.2, status=500, code="InternalError")
    function.cloud.fault("PutObject", probability=0.1, reset="after")
    left, again = keys, 0
    for _ in range(20):
        results = _results(function.invoke(job(*left)))
        assert len(results) == len(left)
        assert {code for code, _ in results.values()} <= {"Succeeded", "TemporaryFailure"}
        left = [key for number, key in enumerate(left) if results[f"t{number}"][0] == "TemporaryFailure"]
        again += len(left)
        if not left:
            break

    stored = function.cloud.objects("destination")
    assert {key: stored[f"inbox/{key}"].body for key in keys} == {key: key.encode() for key in keys}
    assert again
    tell("1,000 tasks under faults", "all stored", made_again=again)
