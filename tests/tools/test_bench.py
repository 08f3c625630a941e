"""The benchmarks' own parts. Nothing is measured here that would have to be fast."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore.session
import pytest

from bench import child
from bench.measure import in_turn
from bench.server import Server, etag
from bench.setting import Setting
from tools.environments import ROOT

_ENVIRONMENT = {"PATH": os.environ.get("PATH", os.defpath)}


def run(*programs: str, folder: Path, given: bytes = b"") -> child.Finished:
    commands = [[sys.executable, "-c", program] for program in programs]
    return child.run(*commands, environment=_ENVIRONMENT, folder=folder, given=given)


def test_a_process_is_accounted_for(tmp_path: Path) -> None:
    waits = run("import time; time.sleep(0.5)", folder=tmp_path)
    computes = run("import time\nwhile time.process_time() < 0.5: pass", folder=tmp_path)
    # The kernel counts from the peak of whoever started a process, which here is the tests' own.
    more = waits.peak_bytes + 200_000_000
    holds = run(f"x = bytearray(b'x') * {more}", folder=tmp_path)

    assert waits.seconds >= 0.5 > waits.cpu_seconds
    assert computes.cpu_seconds >= 0.5
    assert holds.peak_bytes > more


def test_a_pipe_is_a_pipe(tmp_path: Path) -> None:
    shout = "import sys; sys.stdout.write(sys.stdin.read().upper())"
    twice = "import sys; sys.stdout.write(2 * sys.stdin.read())"

    assert run(shout, twice, folder=tmp_path, given=b"ab").output == b"ABAB"


@pytest.mark.parametrize("failing", [0, 1])
def test_what_fails_is_not_measured(failing: int, tmp_path: Path) -> None:
    programs = ["import sys; sys.stdin.read()"] * 2
    programs[failing] = "raise SystemExit('no such bucket')"

    with pytest.raises(RuntimeError, match="no such bucket"):
        run(*programs, folder=tmp_path)


def test_ctrl_c_leaves_no_process(tmp_path: Path) -> None:
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)  # which what runs in the background lacks
    program = "import os, sys, time; open(str(os.getpid()), 'w').close(); time.sleep(60)"

    def interrupt() -> None:
        while len([*tmp_path.iterdir()]) < 2:
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt).start()
    try:
        with pytest.raises(KeyboardInterrupt):
            run(program, program, folder=tmp_path)
    finally:
        signal.signal(signal.SIGINT, handler)

    for path in tmp_path.iterdir():
        with pytest.raises(ProcessLookupError):
            os.kill(int(path.name), 0)


def test_a_function_is_imported_once_and_invoked_in_turn(tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text("calls = []\ndef handler(event, context): calls.append(event)\n")
    (tmp_path / "two.py").write_text("import one\ndef handler(event, context): assert len(one.calls) >= event\n")
    asked = {"modules": ["one", "two"], "event": 2, "warm_up": 1, "times": 3}

    answer = subprocess.run(
        [sys.executable, ROOT / "bench" / "function.py"],
        env={**_ENVIRONMENT, "PYTHONPATH": str(tmp_path)},
        input=json.dumps(asked),
        text=True,
        capture_output=True,
        check=True,
    )

    ran = json.loads(answer.stdout)
    assert {name: len(seconds) for name, seconds in ran["seconds"].items()} == {"one": 3, "two": 3}
    assert all(ran["first"][name][0] > ran["seconds"][name][0] for name in ("one", "two"))


def test_every_other_round_goes_backwards() -> None:
    order: list[str] = []

    def measure(name: str) -> dict[str, float]:
        order.append(name)
        return {"seconds": float(len(order))}

    contenders = {"a": lambda: measure("a"), "b": lambda: measure("b")}
    first, second = in_turn(Setting(quick=True), 2, "", contenders)

    assert order == ["a", "b", "b", "a"]
    assert (first.samples, second.samples) == ({"seconds": [1.0, 4.0]}, {"seconds": [2.0, 3.0]})


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["warmth"], "warmth: not a row; there are cold, warm"), (["--publish", "warm"], "--publish wants all rows")],
)
def test_what_is_not_there_is_named(arguments: list[str], said: str) -> None:
    answer = subprocess.run(
        [sys.executable, "-m", "bench", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert answer.returncode == 2
    assert said in answer.stderr


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        yield server


def _s3(server: Server) -> Any:
    session = botocore.session.Session()
    session.set_credentials("AKIA", "secret")
    return session.create_client("s3", region_name="eu-central-1", endpoint_url=server.endpoint)


def test_what_is_read_is_as_long_as_was_said_and_always_the_same(server: Server) -> None:
    server.put("source", "a b", 3_000_000)

    whole = _s3(server).get_object(Bucket="source", Key="a b")
    part = _s3(server).get_object(Bucket="source", Key="a b", Range="bytes=1000000-2999999", IfMatch=whole["ETag"])

    body = whole["Body"].read()  # botocore compares its checksum
    assert (len(body), whole["ETag"].strip('"')) == (3_000_000, etag("a b", 3_000_000))
    assert part["Body"].read() == body[1_000_000:]
    assert part["ContentRange"] == "bytes 1000000-2999999/3000000"


def test_what_is_written_is_counted(server: Server) -> None:
    s3 = _s3(server)
    upload = s3.create_multipart_upload(Bucket="destination", Key="large")["UploadId"]
    where = {"Bucket": "destination", "Key": "large", "UploadId": upload}
    parts = [
        {"PartNumber": number, "ETag": s3.upload_part(**where, PartNumber=number, Body=b"x" * number)["ETag"]}
        for number in (1, 2)
    ]
    s3.complete_multipart_upload(**where, MultipartUpload={"Parts": parts})
    s3.put_object(Bucket="destination", Key="small", Body=b"12345")

    assert (server.take("destination", "large"), server.take("destination", "small")) == (3, 5)
    assert server.take("destination", "small") is None
    expected = {"CreateMultipartUpload": 1, "UploadPart": 2, "CompleteMultipartUpload": 1, "PutObject": 1}
    assert server.counts() == expected


def test_it_answers_at_a_pace(server: Server) -> None:
    s3 = _s3(server)
    server.put("source", "key", 2_000_000)
    server.configure(latency=0.1, bandwidth=4e6)

    started = time.monotonic()
    s3.get_object(Bucket="source", Key="key")["Body"].read()

    assert time.monotonic() - started >= 0.1 + 0.5 - 0.05  # the last piece is not waited for by whoever reads it
