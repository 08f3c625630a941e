"""The stub's faults and pace, as botocore meets them, and the stub in a process of its own."""

from __future__ import annotations

import concurrent.futures
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ReadTimeoutError,
    ResponseStreamingError,
)

from tests.tools.stub_clients import client
from tools.environments import ROOT
from tools.process import Process
from tools.stub import Fault, Stub, StubProcess

BODY = bytes(range(256)) * 8192  # 2 MiB: more than arrives at once


@pytest.fixture(scope="module")
def running() -> Iterator[Stub]:
    with Stub() as stub:
        yield stub


@pytest.fixture
def stub(running: Stub) -> Iterator[Stub]:
    """With the bucket `bucket`, which holds the object `big`; without faults and pace, before and after."""
    running.bucket("bucket")
    running.put("bucket", "big", BODY)
    running.forget()
    yield running
    running.clear_faults()
    running.configure(latency=0.0, bandwidth=None)


@pytest.fixture(scope="module")
def s3(running: Stub) -> Any:
    return client(running)


def put(s3: Any, key: str = "key", body: bytes = b"hello") -> Any:
    return s3.put_object(Bucket="bucket", Key=key, Body=body)


def get(s3: Any, key: str = "big") -> bytes:
    return bytes(s3.get_object(Bucket="bucket", Key=key)["Body"].read())


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (503, "SlowDown"),
        (500, "InternalError"),
        (403, "AccessDenied"),
        (403, "KMS.DisabledException"),
        (409, "ConditionalRequestConflict"),
        (412, "PreconditionFailed"),
    ],
)
def test_an_error_instead_of_the_write(stub: Stub, s3: Any, status: int, code: str) -> None:
    stub.fault("PutObject", status=status, code=code, message="as <told>", times=1)

    with pytest.raises(ClientError) as error:
        put(s3)

    response: Any = error.value.response
    assert response["Error"]["Code"] == code
    assert response["Error"]["Message"] == "as <told>"
    assert response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert response["ResponseMetadata"]["RequestId"]
    assert "key" not in stub.objects("bucket")
    assert stub.count("PutObject", status=status) == 1
    put(s3)
    assert stub.objects("bucket")["key"].body == b"hello"


def test_an_error_of_sts(stub: Stub) -> None:
    stub.fault("AssumeRole", status=400, code="Throttling", times=1)

    with pytest.raises(ClientError) as error:
        client(stub, "sts").assume_role(RoleArn="arn:aws:iam::222222222222:role/writer", RoleSessionName="me")
    assert error.value.response["Error"]["Code"] == "Throttling"


@pytest.mark.parametrize("how", ["reset", "close"])
@pytest.mark.parametrize(("stage", "applied"), [("head", False), ("body", False), ("before", False), ("after", True)])
def test_a_put_whose_connection_ends(stub: Stub, s3: Any, how: str, stage: str, applied: bool) -> None:
    number = stub.fault("PutObject", **{how: stage}, times=1)

    with pytest.raises(ConnectionClosedError):
        put(s3, body=BODY)

    assert stub.struck(number) == 1
    assert ("key" in stub.objects("bucket")) is applied
    assert [seen.status for seen in stub.requests("PutObject")] == [None]
    put(s3)


def test_a_reset_leaves_the_rest_of_the_body_unread(stub: Stub, s3: Any) -> None:
    stub.fault("PutObject", reset="head", times=1)
    with pytest.raises(ConnectionClosedError):
        put(s3, body=BODY)
    stub.fault("PutObject", reset="body", offset=1_000_000, times=1)
    with pytest.raises(ConnectionClosedError):
        put(s3, body=BODY)

    at_head, in_body = stub.requests("PutObject")
    assert at_head.received == 0
    assert 1_000_000 <= in_body.received < len(BODY)


def test_a_lost_response_to_a_conditional_put(stub: Stub, running: Stub) -> None:
    stub.fault("PutObject", reset="after", times=1)
    retrying = client(running, retries={"total_max_attempts": 2, "mode": "standard"})

    with pytest.raises(ClientError) as error:
        retrying.put_object(Bucket="bucket", Key="key", Body=b"hello", IfNoneMatch="*")

    assert error.value.response["Error"]["Code"] == "PreconditionFailed"
    assert stub.objects("bucket")["key"].body == b"hello"
    assert [seen.status for seen in stub.requests("PutObject")] == [None, 412]


def test_an_answer_that_is_cut(stub: Stub, s3: Any) -> None:
    stub.fault("GetObject", close="answer", offset=10, times=1)
    stream = s3.get_object(Bucket="bucket", Key="big")

    assert stream["ContentLength"] == len(BODY)
    with pytest.raises(ResponseStreamingError, match="10 bytes read"):
        stream["Body"].read()
    assert get(s3) == BODY


def test_an_answer_that_is_reset(stub: Stub, s3: Any) -> None:
    stub.fault("GetObject", reset="answer", times=1)

    with pytest.raises(ResponseStreamingError):
        get(s3)
    assert get(s3) == BODY


def test_an_answer_that_stalls(stub: Stub) -> None:
    stub.fault("GetObject", hang="answer", offset=1000, seconds=60, times=1)
    stream = client(stub, read_timeout=0.5).get_object(Bucket="bucket", Key="big")["Body"]

    assert stream.read(1000) == BODY[:1000]
    with pytest.raises(ReadTimeoutError):
        stream.read()


@pytest.mark.parametrize("size", [5, len(BODY)])
@pytest.mark.parametrize(("stage", "applied"), [("head", False), ("body", False), ("before", False), ("after", True)])
def test_a_client_that_leaves_while_it_hangs(stub: Stub, stage: str, applied: bool, size: int) -> None:
    stub.fault("PutObject", hang=stage, seconds=1.5, times=1)
    leaving = client(stub, read_timeout=0.2, connect_timeout=0.2)

    with pytest.raises((ReadTimeoutError, ConnectionClosedError)):
        put(leaving, body=BODY[:size])
    leaving.close()

    deadline = time.monotonic() + 30
    while not stub.requests("PutObject"):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert [seen.status for seen in stub.requests("PutObject")] == [None]
    assert ("key" in stub.objects("bucket")) is applied


@pytest.mark.parametrize("stage", ["head", "body", "before", "after"])
def test_a_put_that_hangs_and_goes_on(stub: Stub, s3: Any, stage: str) -> None:
    stub.fault("PutObject", hang=stage, seconds=0.3, times=1)
    began = time.monotonic()

    put(s3, body=BODY)

    assert time.monotonic() - began >= 0.3
    assert stub.objects("bucket")["key"].body == BODY


def test_a_get_that_stalls_and_goes_on(stub: Stub, s3: Any) -> None:
    stub.fault("GetObject", hang="answer", seconds=0.3, times=1)

    assert get(s3) == BODY


def test_a_rule_strikes_what_it_names(stub: Stub, s3: Any) -> None:
    number = stub.fault("PutObject", key="b", nth=2, times=2, status=500)
    outcomes = []
    for key in ("a", "b", "a", "b", "b", "b"):
        try:
            outcomes.append(put(s3, key)["ResponseMetadata"]["HTTPStatusCode"])
        except ClientError as error:
            outcomes.append(error.response["ResponseMetadata"]["HTTPStatusCode"])

    assert outcomes == [200, 200, 200, 500, 500, 200]
    assert stub.struck(number) == 2


def test_a_rule_strikes_a_part(stub: Stub, s3: Any) -> None:
    stub.fault("UploadPart", part=2, status=503, code="SlowDown")
    upload = {"Bucket": "bucket", "Key": "key"}
    upload["UploadId"] = s3.create_multipart_upload(**upload)["UploadId"]

    s3.upload_part(**upload, PartNumber=1, Body=b"1")
    with pytest.raises(ClientError) as error:
        s3.upload_part(**upload, PartNumber=2, Body=b"2")
    assert error.value.response["Error"]["Code"] == "SlowDown"
    assert stub.uploads("bucket")[0]["parts"] == [1]


def test_the_first_rule_that_matches_strikes(stub: Stub, s3: Any) -> None:
    stub.fault("*", times=1, status=503, code="SlowDown")
    stub.fault("GetObject", status=500, code="InternalError")
    codes = []
    for _ in range(2):
        with pytest.raises(ClientError) as error:
            get(s3)
        codes.append(error.value.response["Error"]["Code"])

    assert codes == ["SlowDown", "InternalError"]


def test_chance_is_repeated_by_its_seed(stub: Stub, s3: Any) -> None:
    def run() -> list[int]:
        stub.clear_faults()
        stub.forget()
        stub.fault("HeadObject", probability=0.5, status=500)
        for _ in range(40):
            try:
                s3.head_object(Bucket="bucket", Key="big")
            except ClientError:
                continue
        return [seen.status or 0 for seen in stub.requests()]

    first = run()
    assert run() == first
    assert 5 < first.count(500) < 35


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({}, "exactly one of status, reset, close, hang, not 0"),
        ({"status": 500, "reset": "head"}, "exactly one of status, reset, close, hang, not 2"),
        ({"reset": "later"}, "must be one of head, body, before, after, answer, not 'later'"),
        ({"rest": "head"}, "unexpected keyword argument 'rest'"),
    ],
)
def test_a_rule_that_is_none(stub: Stub, arguments: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        stub.fault("PutObject", **arguments)
    with pytest.raises((ValueError, TypeError), match=sentence):
        Fault("PutObject", **arguments)


def test_latency_is_waited_once_for_each_request(stub: Stub, s3: Any) -> None:
    get(s3)
    stub.configure(latency=0.2)
    began = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: put(s3, str(number)), range(16)))
    seconds = time.monotonic() - began

    assert 0.4 <= seconds < 1.6  # two rounds of eight; one after the other it would be 3.2 s


@pytest.mark.parametrize("connections", [1, 8])
@pytest.mark.parametrize("direction", ["put", "get"])
def test_bandwidth_is_that_of_each_connection(stub: Stub, direction: str, connections: int) -> None:
    stub.configure(bandwidth=4e6)  # 2 MiB take 0.52 s
    s3 = client(stub, max_pool_connections=8)
    began = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        if direction == "get":
            assert list(pool.map(lambda _: get(s3), range(connections))) == [BODY] * connections
        else:
            list(pool.map(lambda number: put(s3, str(number), BODY), range(connections)))
    seconds = time.monotonic() - began

    assert 0.5 <= seconds < 2.0


def test_whoever_leaves_a_stub_hears_of_its_failures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tools.stub.s3.perform", None)
    stub = Stub().__enter__()
    with pytest.raises(ConnectionClosedError):
        put(client(stub))

    with pytest.raises(RuntimeError, match="'NoneType' object is not callable"):
        stub.__exit__(None, None, None)


def test_a_process_of_its_own() -> None:
    with StubProcess(["--mode", "discard", "--no-record", "--latency", "0.01"]) as stub:
        stub.bucket("bucket", versioned=True)
        stub.put("bucket", "big", size=5 * 1024**3)
        s3 = client(stub)
        stub.fault("PutObject", status=503, times=1)
        with pytest.raises(ClientError):
            put(s3)
        put(s3, body=BODY)

        assert s3.head_object(Bucket="bucket", Key="big")["ContentLength"] == 5 * 1024**3
        assert stub.count("PutObject") == 2
        assert stub.requests() == []
        assert stub.objects("bucket")["key"].size == len(BODY)
        with pytest.raises(ValueError, match="bandwidth must be more than 0"):
            stub.configure(bandwidth=0)
        pid = stub.pid
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@pytest.mark.parametrize(("how", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130), (None, 0)])
def test_it_ends_quietly(tmp_path: Path, how: signal.Signals | None, code: int) -> None:
    with Process(
        [sys.executable, "-m", "tools.stub", "--until-eof"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("http://127.0.0.1:")
        if how is not None:
            process.send_signal(how)
            process.wait(30)
        said = process.communicate(timeout=30)

    assert process.returncode == code
    assert said == ("", "")


def test_help_and_bad_arguments() -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "tools.stub", *arguments]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert run("--help").stdout.startswith("usage: python -m tools.stub")
    wrong = run("--bandwidth", "0")
    assert wrong.returncode == 2
    assert "bandwidth must be more than 0" in wrong.stderr
