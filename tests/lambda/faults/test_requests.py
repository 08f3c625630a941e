"""One request goes wrong, or all of a kind: what the function answers, and what is left in either bucket.

Each row is run before moto behind a proxy, with botocore's own retries. Whatever happens, the object in the destination
is whole or is not there, and no upload is left open.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from cross_account_s3 import session
from cross_account_s3.errors import WriterError

from tests.support.cloud.faults import Fault
from tests.writer import Function, Tell, created

SMALL = os.urandom(1000)
LARGE = os.urandom(5 * 1024 * 1024 + 1000)  # two parts
READS = {"permissions": ("read", "list")}


@dataclass(frozen=True)
class Row:
    """A fault, and what comes of it: an outcome of Stored, or the beginning of an error's text.

    ``struck`` is how often the fault must have struck, at least: a fault that never strikes proves nothing.
    """

    name: str
    fault: Fault
    comes: str
    large: bool = False
    struck: int = 1
    environ: Mapping[str, Any] = field(default_factory=dict)


def _once(operation: str, **how: Any) -> Fault:
    return Fault(operation, times=1, **how)


# What botocore or the writer gets over: every operation of a copy, at every stage of a request.
_SMALL = ("AssumeRole", "GetObject", "PutObject")
_LARGE = ("GetObject", "CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload")
PASSING = [
    Row(f"{operation}, {'large' if large else 'small'} object: {what}", _once(operation, **how), "stored", large=large)
    for large, operations in ((False, _SMALL), (True, _LARGE))
    for operation in operations
    for what, how in (
        ("503, once", {"status": 503, "code": "SlowDown"}),
        ("500, once", {"status": 500, "code": "InternalError"}),
        ("a reset before the request is read", {"reset": "head"}),
        ("a reset while it is read", {"reset": "body"}),
        ("a reset before it is done", {"reset": "before"}),
        ("a reset after it is done: the answer is lost", {"reset": "after"}),
    )
    # Not what a second try cannot mend, because the first was done: see below.
    if not (operation in ("CreateMultipartUpload", "CompleteMultipartUpload") and how.get("reset") == "after")
] + [
    Row("STS throttles, once", _once("AssumeRole", status=400, code="Throttling"), "stored"),
    Row("a small body is cut in the middle", _once("GetObject", close="answer"), "stored"),
    Row("a small body is reset in the middle", _once("GetObject", reset="answer"), "stored"),
    Row("the first part's body is cut", _once("GetObject", close="answer", offset=100), "stored", large=True),
    Row("a later part's body is cut", Fault("GetObject", nth=2, times=1, close="answer"), "stored", large=True),
    Row("three bodies are cut", Fault("GetObject", times=3, close="answer", offset=7), "stored", struck=3),
]
LASTING = [
    Row("STS is down", Fault("AssumeRole", reset="head"), "assume.ConnectionClosedError: cannot assume", struck=3),
    Row("STS hangs", Fault("AssumeRole", hang="before"), "assume.ReadTimeoutError: cannot assume", struck=3),
    Row("STS denies", Fault("AssumeRole", status=403, code="AccessDenied"), "assume.AccessDenied: cannot assume"),
    Row("the source is denied", Fault("GetObject", status=403, code="AccessDenied"), "read.AccessDenied: cannot read"),
    Row("every body is cut", Fault("GetObject", close="answer"), "read.", struck=4),
    Row("the destination says 503", Fault("PutObject", status=503, code="SlowDown"), "write.SlowDown:", struck=4),
    Row("the key is disabled", Fault("PutObject", status=400, code="KMS.DisabledException"), "write.KMS.DisabledExc"),
    Row("the key is denied", Fault("PutObject", status=403, code="AccessDenied"), "write.AccessDenied: cannot write"),
    Row("no such bucket", Fault("PutObject", status=404, code="NoSuchBucket"), "write.NoSuchBucket: cannot write"),
    Row("no upload begins", Fault("CreateMultipartUpload", status=403, code="AccessDenied"), "write.Acc", large=True),
    Row(
        "the second part is denied", Fault("UploadPart", part=2, status=403, code="AccessDenied"), "write.", large=True
    ),
    Row("the parts are never put together", Fault("CompleteMultipartUpload", status=500), "write.Intern", large=True),
    Row(
        "a part of the source is gone", Fault("GetObject", nth=2, status=404, code="NoSuchKey"), "read.NoS", large=True
    ),
    Row("every body of a part is cut", Fault("GetObject", nth=2, close="answer"), "read.", large=True, struck=4),
]
CONDITIONAL = [
    Row(
        f"{mode}, {'readable' if environ else 'put-only'}, {what}",
        fault,
        comes,
        large=large,
        environ={"ON_EXISTING": mode, **environ},
    )
    for mode, environ, large, what, fault, comes in (
        ("keep", {}, False, "409, once", _once("PutObject", status=409, code="ConditionalRequestConflict"), "stored"),
        ("keep", {}, False, "412", _once("PutObject", status=412, code="PreconditionFailed"), "exists"),
        ("keep", {}, False, "the answer is lost", _once("PutObject", reset="after"), "exists"),
        ("keep", READS, False, "the answer is lost", _once("PutObject", reset="after"), "stored"),
        ("keep", {}, True, "409, once", _once("CompleteMultipartUpload", status=409, code="Conditional"), "stored"),
        ("keep", {}, True, "412", _once("CompleteMultipartUpload", status=412, code="PreconditionFailed"), "exists"),
        ("newer", READS, False, "the answer is lost", _once("PutObject", reset="after"), "stored"),
        ("newer", READS, False, "409, once", _once("PutObject", status=409, code="Conditional"), "stored"),
        ("newer", READS, False, "412, once", _once("PutObject", status=412, code="PreconditionFailed"), "stored"),
        ("newer", READS, True, "409, once", _once("CompleteMultipartUpload", status=409, code="Cond"), "stored"),
        (
            "newer",
            READS,
            False,
            "looking is denied",
            Fault("HeadObject", status=403),
            "write.read_denied: cannot write",
        ),
        ("newer", READS, False, "always 409", Fault("PutObject", status=409, code="Conditional"), "write.Conditional:"),
    )
]


@pytest.mark.parametrize("row", [*PASSING, *LASTING, *CONDITIONAL], ids=lambda row: row.name)
def test_fault(function: Function, tell: Tell, monkeypatch: pytest.MonkeyPatch, row: Row) -> None:
    monkeypatch.setattr(session, "_READ_SECONDS", 0.2)
    function.start(**row.environ)
    cloud, body = function.cloud, LARGE if row.large else SMALL
    etag = cloud.put("source", "a", body).etag
    number = cloud.fault(**dataclasses.asdict(row.fault))

    outcome = _outcome(function, {"Records": [created("source", "a", etag=etag)]})

    assert outcome.startswith(row.comes), outcome
    assert "\n" not in outcome
    assert cloud.struck(number) >= row.struck
    held = {key: found.body for key, found in cloud.objects("destination").items()}
    if "." in row.comes:
        assert held == {}
    else:
        assert held == ({"inbox/a": body} if row.comes == "stored" or "lost" in row.name else {})
    assert cloud.uploads("destination") == []
    requests = cloud.count() - cloud.count("AssumeRole")
    tell(row.name, outcome.partition(":")[0], struck=cloud.struck(number), requests=requests)


def test_the_answer_to_the_last_request_of_an_upload_is_lost(function: Function, tell: Tell) -> None:
    """The object is there and nobody knows. The event fails, and is delivered again, which writes the same again."""
    etag = function.cloud.put("source", "a", LARGE).etag
    event = {"Records": [created("source", "a", etag=etag)]}
    function.cloud.fault("CompleteMultipartUpload", reset="after", times=1)

    outcomes = [_outcome(function, event), _outcome(function, event)]

    assert outcomes[0].startswith("write.NoSuchUpload: cannot write 'inbox/a'")
    assert outcomes[1] == "stored"
    assert {found.body for found in function.cloud.versions("destination", "inbox/a")} == {LARGE}
    assert function.cloud.uploads("destination") == []
    tell("CompleteMultipartUpload: the answer is lost", "write.NoSuchUpload, then stored")


def test_the_answer_to_the_first_request_of_an_upload_is_lost(function: Function, tell: Tell) -> None:
    """An upload is open whose id nobody knows. botocore begins another; only the lifecycle rule finds the first."""
    etag = function.cloud.put("source", "a", LARGE).etag
    function.cloud.fault("CreateMultipartUpload", reset="after", times=1)

    outcome = _outcome(function, {"Records": [created("source", "a", etag=etag)]})

    assert outcome == "stored"
    assert [upload["parts"] for upload in function.cloud.uploads("destination")] == [[]]  # and nothing is paid for it
    tell("CreateMultipartUpload: the answer is lost", "stored", left_to_the_lifecycle_rule=1)


def test_an_upload_that_cannot_be_aborted_is_left_to_the_lifecycle_rule(function: Function, tell: Tell) -> None:
    etag = function.cloud.put("source", "a", LARGE).etag
    function.cloud.fault("UploadPart", status=403, code="AccessDenied")
    function.cloud.fault("AbortMultipartUpload", status=500)

    outcome = _outcome(function, {"Records": [created("source", "a", etag=etag)]})

    assert outcome.startswith("write.AccessDenied: cannot write 'inbox/a'")  # and not what went wrong while cleaning up
    assert len(function.cloud.uploads("destination")) == 1
    tell("an upload cannot be aborted", "write.AccessDenied", left_to_the_lifecycle_rule=1)


def test_the_bucket_belongs_to_somebody_else(function: Function, tell: Tell) -> None:
    function.cloud.bucket("destination", versioned=True, owner="666666666666")

    outcome = _outcome(function, {"key": "inbox/a", "body": "mine"})

    assert outcome.startswith("write.AccessDenied: cannot write 'inbox/a' to destination")
    assert function.cloud.objects("destination") == {}
    tell("the bucket belongs to another account", "write.AccessDenied")


def _outcome(function: Function, event: Any) -> str:
    try:
        answer = function.invoke(event)
    except WriterError as error:
        return str(error)
    return str(answer["outcome"] if "outcome" in answer else answer["objects"][0]["outcome"])
