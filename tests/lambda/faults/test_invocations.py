"""Several invocations in one process, as Lambda reuses it: nothing of one reaches into the next."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from cross_account_s3.errors import WriterError

from tests.support.cloud import CloudProcess
from tests.writer import Function, Tell, created, environment, let_minutes_pass, message
from tools.environments import ROOT
from tools.process import Process

LARGE = os.urandom(5 * 1024 * 1024 + 1000)  # two parts
READS = ("read", "list")


def _failed(answer: Mapping[str, Any]) -> list[str]:
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def _text(function: Function, key: str) -> str:
    return (function.cloud.objects("destination")[key].body or b"").decode()


def _applied(function: Function, operation: str, since: float) -> list[str]:
    """The keys of requests that were carried out after a time."""
    return [seen.key for seen in function.cloud.requests(operation) if (seen.applied_at or 0) > since]


class TestNothingIsLate:
    @pytest.mark.parametrize("fault", [{"status": 503, "code": "SlowDown"}, {"hang": "before", "seconds": 2}], ids=str)
    def test_a_message_that_was_handed_back_is_not_written_afterwards(
        self, function: Function, tell: Tell, fault: Mapping[str, Any]
    ) -> None:
        """Its older content would replace what the next invocation has written."""
        function.invoke({"key": "inbox/warm", "body": ""})
        late = 0
        for turn in range(10):
            key = f"inbox/k{turn}"
            old = message("m1", {"key": key, "body": "old"}, group="c1")
            new = message("m2", {"key": key, "body": "new"}, group="c1")
            other = message("x", {"key": f"inbox/x{turn}", "body": ""}, group="c2")
            number = function.cloud.fault("PutObject", key=key, **fault)

            assert _failed(function.invoke({"Records": [old, other]}, seconds=0.5)) == ["m1"]
            assert function.cloud.struck(number)
            function.cloud.clear_faults()
            assert _failed(function.invoke({"Records": [old, new]})) == []
            ended = time.time()

            if turn == 9:
                time.sleep(3)  # as long as the oldest thread could still want something
            late += len(_applied(function, "PutObject", ended))
        assert late == 0
        assert {_text(function, f"inbox/k{turn}") for turn in range(10)} == {"new"}
        what = "503 until time is up" if "status" in fault else "a put hangs until time is up"
        tell(f"{what}, 10 times, the next invocation writes the key anew", "handed back, then stored", late=late)

    @pytest.mark.parametrize("fault", [{"status": 503, "code": "SlowDown"}, {"hang": "before", "seconds": 2}], ids=str)
    def test_a_process_that_was_frozen_sends_nothing_when_it_thaws(
        self, function: Function, tell: Tell, fault: Mapping[str, Any]
    ) -> None:
        """Lambda freezes the process as soon as it has answered, and thaws it for the next event."""
        with _Process(function) as process:
            process.invoke({"key": "inbox/warm", "body": ""})
            function.cloud.fault("PutObject", key="inbox/k", **fault)
            old = message("m1", {"key": "inbox/k", "body": "old"}, group="c1")
            new = message("m2", {"key": "inbox/k", "body": "new"}, group="c1")
            other = message("x", {"key": "inbox/x", "body": ""}, group="c2")
            assert _failed(process.invoke({"Records": [old, other]}, seconds=0.5)) == ["m1"]
            process.freeze()
            function.cloud.clear_faults()
            time.sleep(0.5)

            assert _failed(process.invoke({"Records": [old, new]})) == []
            ended = time.time()
            time.sleep(2.5)

        assert _applied(function, "PutObject", ended) == []
        assert _text(function, "inbox/k") == "new"
        what = "503" if "status" in fault else "a put hangs"
        tell(f"{what} until time is up, frozen and thawed", "handed back, then stored", late=0)


HANGS = [
    (operation, large)
    for operation, large in (
        ("AssumeRole", False),
        ("GetObject", False),
        ("PutObject", False),
        ("HeadObject", False),
        ("GetObject", True),
        ("CreateMultipartUpload", True),
        ("UploadPart", True),
        ("CompleteMultipartUpload", True),
        ("AbortMultipartUpload", True),
    )
]


class TestWhateverHangs:
    @pytest.mark.parametrize(("operation", "large"), HANGS, ids=str)
    @pytest.mark.parametrize("batch", [False, True], ids=["event", "batch"])
    def test_the_handler_returns_in_time(
        self, function: Function, tell: Tell, operation: str, large: bool, batch: bool
    ) -> None:
        etag = function.cloud.put("source", "a", LARGE if large else b"body").etag
        number = function.cloud.fault(operation, hang="before", seconds=5)
        if operation == "AbortMultipartUpload":
            function.cloud.fault("UploadPart", hang="before", seconds=5)
        event = {"Records": [created("source", "a", etag=etag)]}
        began = time.monotonic()

        with pytest.raises(WriterError, match=r"deadline\.no_time: "):
            function.invoke({"Records": [message("m", event)]} if batch else event, seconds=1.5)

        took = time.monotonic() - began
        assert took < 1.5
        assert function.cloud.struck(number)
        left = len(function.cloud.uploads("destination"))
        # Nobody knows the id of an upload whose first request was not answered.
        assert left == (operation in ("AbortMultipartUpload",))
        tell(
            f"{operation} hangs, {'large' if large else 'small'} object, one {'message' if batch else 'event'}",
            "deadline.no_time",
            left_to_the_lifecycle_rule=left,
        )

    def test_an_upload_that_there_is_no_time_to_abort_is_named_once(
        self, function: Function, tell: Tell, caplog: pytest.LogCaptureFixture
    ) -> None:
        etag = function.cloud.put("source", "a", LARGE).etag
        function.cloud.fault("UploadPart", hang="before", seconds=5)
        function.cloud.fault("AbortMultipartUpload", hang="before", seconds=5)

        with pytest.raises(WriterError, match=r"^deadline\.no_time: "):
            function.invoke({"Records": [created("source", "a", etag=etag)]}, seconds=1)
        time.sleep(0.5)

        lines = [vars(record) for record in caplog.records if record.getMessage() == "abort_failed"]
        assert [line["key"] for line in lines] == ["inbox/a"]

    def test_a_copy_without_time_does_not_reach_into_the_next_invocation(self, function: Function, tell: Tell) -> None:
        """Two copies run out of time, and the abort of one takes long while the next invocation copies."""
        etags = {key: function.cloud.put("source", key, LARGE).etag for key in "abc"}
        function.cloud.fault("UploadPart", key="inbox/a", hang="before", seconds=3)
        function.cloud.fault("UploadPart", key="inbox/b", hang="before", seconds=3)
        function.cloud.fault("AbortMultipartUpload", key="inbox/b", hang="before", seconds=1.5)
        records = [message(key, {"Records": [created("source", key, etag=etags[key])]}) for key in "ab"]
        with pytest.raises(WriterError, match=r"deadline\.no_time"):
            function.invoke({"Records": records}, seconds=1)
        function.cloud.fault("UploadPart", key="inbox/c", hang="before", seconds=0.5)

        function.invoke({"Records": [created("source", "c", etag=etags["c"])]})

        assert function.cloud.objects("destination")["inbox/c"].body == LARGE
        tell("two copies run out of time, a third follows at once", "stored")


class TestNothingIsStale:
    @pytest.mark.parametrize("mode", ["replace", "keep", "newer"])
    def test_200_overwrites_in_mid_copy_leave_no_stale_copy(
        self, function: Function, tell: Tell, caplog: pytest.LogCaptureFixture, mode: str
    ) -> None:
        """Each object is overwritten within 20 ms of its event; both events are handled, side by side."""
        caplog.set_level(logging.CRITICAL)
        function.start(ON_EXISTING=mode, permissions=READS if mode == "newer" else ())
        chance = random.Random(11)  # noqa: S311
        moments = [chance.uniform(0, 0.02) for _ in range(200)]
        overwritten: dict[str, float] = {}

        def overwrite(number: int) -> None:
            bucket, key = ("source", "versions")[number % 2], f"o{number}"
            old = function.cloud.put(bucket, key, b"old")
            first = threading.Thread(target=function.invoke, args=(_created(bucket, key, old, "0A"),))
            first.start()
            time.sleep(moments[number])
            new = function.cloud.put(bucket, key, b"new")
            overwritten[key] = time.time()
            function.invoke(_created(bucket, key, new, "0B"))
            first.join()

        with ThreadPoolExecutor(3) as pool:
            list(pool.map(overwrite, range(200)))

        held = {key.removeprefix("inbox/"): found.body for key, found in function.cloud.objects("destination").items()}
        assert held.keys() == overwritten.keys()
        stale = {key for key, body in held.items() if body != b"new"}
        if mode == "keep":  # keeps the first object, unless the source was overwritten before the second look at it
            looks = {seen.key: seen.applied_at or 0.0 for seen in function.cloud.requests("HeadObject")}
            stale = {key for key in stale if looks[key] > overwritten[key]}
        assert stale == set()
        again = function.cloud.count("GetObject") - 200
        assert again > 20  # else nothing was overwritten in mid-copy
        tell(f"200 objects are overwritten within 20 ms, {mode}", "stored", stale=len(stale))

    @pytest.mark.parametrize("mode", ["replace", "keep", "newer"])
    @pytest.mark.parametrize("permissions", [(), READS], ids=["put-only", "readable"])
    @pytest.mark.parametrize("large", [False, True], ids=["small", "large"])
    def test_a_source_that_is_overwritten_before_its_copy_is_written_is_copied_again(
        self, function: Function, tell: Tell, mode: str, permissions: tuple[str, ...], large: bool
    ) -> None:
        if mode == "newer" and not permissions:
            pytest.skip("newer needs to read")
        function.start(ON_EXISTING=mode, permissions=permissions)
        old = function.cloud.put("versions", "a", LARGE if large else b"old")
        write = "CompleteMultipartUpload" if large else "PutObject"
        function.cloud.fault(write, times=1, put={"bucket": "versions", "key": "a", "body": "new"})

        outcome = function.invoke(_created("versions", "a", old, "0A"))["objects"][0]

        assert (outcome["outcome"], outcome["size"]) == ("stored", 3)
        assert _text(function, "inbox/a") == "new"
        tell(f"overwritten between GET and write, {mode}, {'large' if large else 'small'}", "stored, the newer object")

    def test_a_stale_copy_of_a_delivery_that_failed_is_put_right_by_the_next(
        self, function: Function, tell: Tell
    ) -> None:
        """The newer object's event was handled already, and the older copy was written after it: then time was up."""
        old = function.cloud.put("source", "a", b"old")
        function.cloud.fault("PutObject", times=1, put={"bucket": "source", "key": "a", "body": "new"})
        number = function.cloud.fault("HeadObject", hang="before", seconds=3)
        event = _created("source", "a", old, "0A")
        with pytest.raises(WriterError, match=r"^deadline\.no_time"):
            function.invoke(event, seconds=1)
        assert function.cloud.struck(number)
        assert _text(function, "inbox/a") == "old"
        function.cloud.clear_faults()

        function.invoke(event)

        assert _text(function, "inbox/a") == "new"
        tell("time is up between PUT and HEAD, the source was overwritten", "deadline.no_time, then stored")

    def test_a_source_that_never_rests_is_an_error(self, function: Function, tell: Tell) -> None:
        old = function.cloud.put("source", "a", b"0")
        for turn in range(1, 9):
            body = {"bucket": "source", "key": "a", "body": str(turn)}
            function.cloud.fault("PutObject", nth=1, times=1, put=body)

        with pytest.raises(WriterError, match=r"^read\.changing: cannot read 'a' from source: it is overwritten again"):
            function.invoke(_created("source", "a", old, "0A"))
        tell("overwritten with each of four copies", "read.changing")

    def test_an_object_that_is_overwritten_in_mid_copy_is_superseded_by_its_next_event(
        self, function: Function, tell: Tell
    ) -> None:
        old = function.cloud.put("source", "a", LARGE)
        function.cloud.fault("GetObject", nth=2, times=1, put={"bucket": "source", "key": "a", "body": "new"})

        answer = function.invoke({"Records": [message("m", _created("source", "a", old, "0A"))]})

        assert _failed(answer) == []
        assert function.cloud.objects("destination") == {}
        assert function.cloud.uploads("destination") == []
        tell("an unversioned source is overwritten in mid-copy", "superseded")


class TestKeys:
    def test_a_key_that_names_its_content_holds_it_however_late_the_event(self, function: Function, tell: Tell) -> None:
        function.start(OBJECT_KEY="{source_key}/{content_hash}")
        old, new = (function.cloud.put("versions", "a", body) for body in (b"old", b"new"))

        for put in (new, old):
            function.invoke(_created("versions", "a", put, "0A"))

        found = function.cloud.objects("destination")
        assert {key: held.body for key, held in found.items()} == {
            f"inbox/a/{old.etag}": b"old",
            f"inbox/a/{new.etag}": b"new",
        }
        tell("each version has a key of its own, the older event comes last", "stored, both")

    def test_keep_moves_nothing_when_an_object_is_there(self, function: Function, tell: Tell) -> None:
        function.start(ON_EXISTING="keep", permissions=READS)
        put = function.cloud.put("source", "a", LARGE)
        function.invoke(_created("source", "a", put, "0A"))
        function.cloud.forget()

        outcome = function.invoke(_created("source", "a", put, "0A"))["objects"][0]["outcome"]

        assert outcome == "exists"
        assert {seen.operation for seen in function.cloud.requests()} == {"HeadObject"}
        tell("keep, a large object comes twice, readable", "exists", requests=function.cloud.count())


class TestCredentials:
    def test_a_session_that_was_revoked_is_replaced_at_once(
        self, function: Function, tell: Tell, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        function.invoke({"key": "inbox/before", "body": ""})
        let_minutes_pass(monkeypatch, 2)
        function.cloud.revoke_sessions()

        answer = function.invoke({"Records": [message(f"m{number}", "text") for number in range(50)]})

        assert _failed(answer) == []
        asked = function.cloud.count("AssumeRole")
        assert asked == 2
        tell("the session is revoked, a batch of 50 follows", "stored", calls_of_STS=asked)

    def test_sts_answers_in_plain_text(self, function: Function, tell: Tell) -> None:
        function.cloud.fault("AssumeRole", status=503, content_type="text/plain", body="Service Unavailable")

        with pytest.raises(WriterError, match=r"^assume\.ResponseParserError: cannot assume arn:"):
            function.invoke({"key": "inbox/a", "body": ""})
        tell("STS answers 503 in plain text", "assume.ResponseParserError")

    def test_sts_answers_in_plain_text_while_credentials_are_valid(self, function: Function, tell: Tell) -> None:
        function.cloud.configure(session_seconds=300)
        function.invoke({"key": "inbox/before", "body": ""})
        number = function.cloud.fault("AssumeRole", status=503, content_type="text/plain", body="Service Unavailable")

        for turn in range(20):
            function.invoke({"key": f"inbox/{turn}", "body": ""})

        assert function.cloud.struck(number) <= 1
        tell("STS answers 503 in plain text, credentials are valid", "stored")


class TestRanges:
    def test_a_store_that_ignores_ranges_is_an_error(self, function: Function, tell: Tell) -> None:
        etag = function.cloud.put("source", "a", os.urandom(12 * 1024 * 1024)).etag
        function.cloud.fault("GetObject", drop_range=True)

        with pytest.raises(WriterError, match=r"^read\.wrong_range: cannot read 'a' from source: asked for bytes"):
            function.invoke({"Records": [created("source", "a", etag=etag)]})

        assert function.cloud.objects("destination") == {}
        assert function.cloud.uploads("destination") == []
        tell("something between drops Range", "read.wrong_range")


@pytest.fixture
def busy(monkeypatch: pytest.MonkeyPatch) -> Iterator[Function]:
    with CloudProcess() as cloud:
        function = Function(cloud, monkeypatch)
        yield function
        function.stop()


def test_50_invocations_under_random_faults(busy: Function, tell: Tell, caplog: pytest.LogCaptureFixture) -> None:
    """1,000 messages in batches with little time: nothing is lost, stale, or written after its invocation."""
    caplog.set_level(logging.CRITICAL)
    busy.start(CONCURRENCY="16")
    cloud, chance = busy.cloud, random.Random(5)  # noqa: S311
    queue, expected = _queue(busy, chance)
    for operation in ("GetObject", "PutObject", "HeadObject", "UploadPart", "CompleteMultipartUpload"):
        cloud.fault(operation, probability=0.04, status=503, code="SlowDown")
        cloud.fault(operation, probability=0.04, reset="head")
        cloud.fault(operation, probability=0.02, reset="after")
        cloud.fault(operation, probability=0.02, hang="before", seconds=2)
    counts, spans, invocations = 8 + 4 * 3, [], 0
    while queue or invocations < 50:
        assert invocations < 300
        batch, queue = queue[:40], queue[40:]
        if not batch:
            batch = [message(f"idle{invocations}", {"key": "inbox/idle", "body": ""})]
        began = time.time()
        try:
            failed = set(_failed(busy.invoke({"Records": batch}, seconds=chance.choice((1, 2, 4)))))
        except WriterError:
            failed = {record["messageId"] for record in batch}
        spans.append((began, time.time()))
        for record in batch:
            count = int(record["attributes"]["ApproximateReceiveCount"])
            record["attributes"]["ApproximateReceiveCount"] = str(count + 1)
        queue += [record for record in batch if record["messageId"] in failed]
        invocations += 1
    time.sleep(2.5)
    struck = sum(cloud.struck(number) for number in range(counts))

    found = cloud.objects("destination")
    assert expected.keys() <= found.keys()
    assert {key: hashlib.sha256(found[key].body or b"").digest() for key in expected} == expected
    writes = [seen for seen in cloud.requests() if seen.bucket == "destination" and seen.applied_at is not None]
    late = [seen for seen in writes if not any(began <= (seen.applied_at or 0) <= ended for began, ended in spans)]
    assert [(seen.operation, seen.key) for seen in late] == []
    orphans = [upload for upload in cloud.uploads("destination") if upload["parts"]]
    assert orphans == []
    tell(
        "1,000 messages under random faults, little time",
        "all stored, none stale, none late",
        invocations=invocations,
        struck=struck,
        late=len(late),
    )


def test_memory_is_flat_over_1000_invocations(function: Function, tell: Tell) -> None:
    etag = function.cloud.put("source", "a", LARGE).etag
    direct = {"key": "inbox/direct", "body": "x" * 1000}
    batch = {"Records": [message(f"m{number}", "text") for number in range(5)]}
    copy = {"Records": [created("source", "a", etag=etag)]}
    sizes = []
    with _Process(function) as process:
        for number in range(1000):
            process.invoke(copy if number % 4 == 0 else batch if number % 4 == 1 else direct)
            sizes.append(process.resident)

    # It takes some copies until Python's garbage collector and allocator have found their balance, and one part more or
    # less may be in memory at once. A leak of the 125 copies in between would be 625 MiB.
    grown = max(sizes[900:]) - max(sizes[400:500])
    assert grown < 2 * 5 * 1024 * 1024, sizes[::100]
    tell("1,000 invocations in one process", "stored", KiB_grown=grown // 1024)


def _created(bucket: str, key: str, put: Any, sequencer: str) -> Any:
    version_id = put.version_id if bucket == "versions" else None
    return {"Records": [created(bucket, key, etag=put.etag, version_id=version_id, sequencer=sequencer)]}


def _queue(function: Function, chance: random.Random) -> tuple[list[Any], dict[str, bytes]]:
    """1,000 messages, and the hash of what must be at each key in the end."""
    queue: list[Any] = [message(f"t{number}", f"message {number}") for number in range(600)]
    expected = {
        f"inbox/2026/02/03/t{number}": hashlib.sha256(f"message {number}".encode()).digest() for number in range(600)
    }
    for number in range(200):
        for turn in range(2):
            body = f"object {number} {turn}".encode() if number else LARGE + bytes([turn])
            put = function.cloud.put("source", f"o{number}", body)
            event = _created("source", f"o{number}", put, f"{turn:02x}")
            queue.append(message(f"o{number}-{turn}", event))
            expected[f"inbox/o{number}"] = hashlib.sha256(body).digest()
    chance.shuffle(queue)
    return queue, expected


class _Process:
    """The writer in a process of its own; ``resident`` is how many bytes of it are in memory."""

    _PROGRAM = """
import json, os, sys
from cross_account_s3.errors import WriterError
from cross_account_s3.handler import handler
from tests.writer import Context
for line in sys.stdin:
    event, seconds = json.loads(line)
    try:
        answer = handler(event, Context(seconds))
    except WriterError as error:
        answer = str(error)
    with open("/proc/self/statm") as statm:
        resident = int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    print(json.dumps([answer, resident]), flush=True)
"""

    def __init__(self, function: Function) -> None:
        path = f"{ROOT / 'lambda'}{os.pathsep}{ROOT}"
        self._environment = {**environment(function.cloud.endpoint), "PYTHONPATH": path, "PATH": os.environ["PATH"]}

    def __enter__(self) -> _Process:
        command = [sys.executable, "-c", self._PROGRAM]
        pipe = subprocess.PIPE
        self._process = Process(command, env=self._environment, stdin=pipe, stdout=pipe, cwd=ROOT)
        return self

    def invoke(self, event: Any, seconds: float = 60) -> Any:
        """The handler's answer, or the text of its error."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.send_signal(signal.SIGCONT)
        self._process.stdin.write(json.dumps([event, seconds]) + "\n")
        self._process.stdin.flush()
        answer, self.resident = json.loads(self._process.stdout.readline())
        return answer

    def freeze(self) -> None:
        """Let it stand still until the next event, as Lambda does as soon as it has the answer."""
        self._process.send_signal(signal.SIGSTOP)

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()
