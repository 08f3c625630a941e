"""More than one request: credentials that run out, a kill, batches, duplicates, and ten thousand messages."""

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
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from cross_account_s3.errors import WriterError

from tests.support.cloud import CloudProcess
from tests.writer import Function, Tell, created, environment, eventually, let_minutes_pass, message
from tools.environments import ROOT
from tools.process import Process

LARGE = os.urandom(5 * 1024 * 1024 + 1000)  # two parts
# A function of its own process, which answers in JSON.
_INVOKE = """
import json, sys
from cross_account_s3.handler import handler
print(json.dumps(handler(json.load(sys.stdin), None)))
"""


def _failed(answer: Any) -> list[str]:
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


class TestCredentials:
    def test_an_outage_of_sts_costs_nothing_while_they_are_valid(
        self, function: Function, tell: Tell, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """They have 9 minutes left, for which botocore alone would fail every request."""
        function.cloud.configure(session_seconds=9 * 60)
        function.invoke({"key": "inbox/before", "body": ""})
        let_minutes_pass(monkeypatch, 2)
        function.cloud.fault("AssumeRole", reset="head")

        for number in range(50):
            function.invoke({"key": f"inbox/{number}", "body": ""})

        assert len(function.cloud.objects("destination")) == 51
        asked = function.cloud.count("AssumeRole") - 1
        assert asked == 1
        tell("STS is down for 50 requests, credentials are valid", "stored", calls_of_STS=asked)

    def test_they_are_used_to_their_end(self, function: Function, tell: Tell) -> None:
        function.cloud.configure(session_seconds=1.5)
        function.invoke({"key": "inbox/before", "body": ""})
        function.cloud.fault("AssumeRole", reset="head")

        function.invoke({"key": "inbox/until the end", "body": ""})
        time.sleep(1.6)
        with pytest.raises(WriterError, match=r"^assume\.ConnectionClosedError"):
            function.invoke({"key": "inbox/after", "body": ""})

        function.cloud.clear_faults()
        function.cloud.configure(session_seconds=3600)
        time.sleep(2.1)  # for so long the requests of a batch share one failure
        function.invoke({"key": "inbox/back", "body": ""})
        assert set(function.cloud.objects("destination")) == {"inbox/before", "inbox/until the end", "inbox/back"}
        tell("STS is down past the end of the credentials", "stored, then assume.ConnectionClosedError, then stored")

    def test_they_expire_in_mid_copy_and_are_renewed(self, function: Function, tell: Tell) -> None:
        etag = function.cloud.put("source", "a", LARGE).etag
        function.cloud.configure(session_seconds=0.5, latency=0.2)

        function.invoke({"Records": [created("source", "a", etag=etag)]})

        writers = {seen.access_key for seen in function.cloud.requests() if seen.bucket == "destination"}
        assert len(writers) > 1
        assert function.cloud.objects("destination")["inbox/a"].body == LARGE
        tell("credentials expire in mid-copy", "stored", credentials_used=len(writers))

    def test_they_expire_in_mid_copy_and_sts_is_down(
        self, function: Function, tell: Tell, caplog: pytest.LogCaptureFixture
    ) -> None:
        etag = function.cloud.put("source", "a", LARGE).etag
        function.cloud.configure(session_seconds=0.5, latency=0.2)
        function.cloud.fault("AssumeRole", nth=2, reset="head")

        with pytest.raises(WriterError, match=r"^assume\.ConnectionClosedError"):
            function.invoke({"Records": [created("source", "a", etag=etag)]})

        assert function.cloud.objects("destination") == {}
        # Without credentials it cannot be aborted either.
        left = len(function.cloud.uploads("destination"))
        assert left == 1
        assert [record.getMessage() for record in caplog.records].count("abort_failed") == 1
        tell(
            "credentials expire in mid-copy, STS is down",
            "assume.ConnectionClosedError",
            left_to_the_lifecycle_rule=left,
        )

    def test_a_batch_asks_sts_once_for_all_when_it_is_down(self, function: Function, tell: Tell) -> None:
        function.cloud.fault("AssumeRole", reset="head")

        with pytest.raises(WriterError, match=r"none of 200 messages was stored; the first: assume\.ConnectionClosed"):
            function.invoke({"Records": [message(f"m{n}", "text") for n in range(200)]})

        asked = function.cloud.count("AssumeRole")
        assert asked <= 9  # three attempts of one call; a slow machine may begin another
        tell("STS is down for a batch of 200", "event.failed: all are delivered again", calls_of_STS=asked)


class TestKilled:
    def test_in_mid_upload_and_the_event_comes_again(self, function: Function, tell: Tell) -> None:
        etag = function.cloud.put("source", "a", LARGE).etag
        event = json.dumps({"Records": [created("source", "a", etag=etag)]})
        function.cloud.fault("UploadPart", part=2, hang="before", times=1)
        with _process(function) as process:
            assert process.stdin is not None
            process.stdin.write(event)
            process.stdin.close()
            eventually(lambda: [upload for upload in function.cloud.uploads("destination") if upload["parts"]])
            process.send_signal(signal.SIGKILL)
        assert process.returncode == -signal.SIGKILL
        assert function.cloud.objects("destination") == {}

        function.invoke(json.loads(event))

        assert function.cloud.objects("destination")["inbox/a"].body == LARGE
        left = len(function.cloud.uploads("destination"))
        assert left == 1  # of the one that was killed, which nobody may go on with: see duplicates
        tell("kill -9 in mid-upload, and delivered again", "stored", left_to_the_lifecycle_rule=left)


class TestBatch:
    def test_one_poison_message_in_ten(self, function: Function, tell: Tell) -> None:
        bodies = ["text"] * 9 + [{"key": "inbox/../../x", "body": ""}]

        answer = function.invoke({"Records": [message(f"m{n}", body) for n, body in enumerate(bodies)]})

        assert _failed(answer) == ["m9"]
        assert len(function.cloud.objects("destination")) == 9
        tell("a poison message in a batch of 10", "1 delivered again", stored=9)

    def test_the_time_is_up_in_the_middle(self, function: Function, tell: Tell) -> None:
        function.start(CONCURRENCY="2")
        function.invoke({"key": "inbox/warm", "body": ""})
        function.cloud.configure(latency=0.3)
        began = time.monotonic()

        answer = function.invoke({"Records": [message(f"m{n}", "text") for n in range(40)]}, seconds=2)

        took = time.monotonic() - began
        failed = _failed(answer)
        stored = set(function.cloud.objects("destination")) - {"inbox/warm"}
        assert took < 2
        assert 0 < len(failed) < 40
        # Nothing is between: what is not handed back was stored.
        assert {f"m{n}" for n in range(40)} - set(failed) <= {key.rpartition("/")[2] for key in stored}
        tell("the time is up in mid-batch", "the rest delivered again", stored=len(stored), handed_back=len(failed))

    def test_a_request_hangs_past_the_time(self, function: Function, tell: Tell) -> None:
        function.invoke({"key": "inbox/warm", "body": ""})
        function.cloud.fault("PutObject", key="inbox/slow", hang="before", seconds=4)
        bodies = [{"key": "inbox/slow", "body": ""}, {"key": "inbox/fast", "body": ""}]

        answer = function.invoke({"Records": [message(f"m{n}", body) for n, body in enumerate(bodies)]}, seconds=2)

        assert _failed(answer) == ["m0"]
        assert "inbox/fast" in function.cloud.objects("destination")
        tell("a request hangs past the time, in a batch", "1 delivered again", stored=1)

    def test_the_time_is_up_in_mid_copy_and_the_upload_is_aborted(self, function: Function, tell: Tell) -> None:
        function.start(CONCURRENCY="1")
        etag = function.cloud.put("source", "a", LARGE).etag
        function.cloud.fault("UploadPart", part=2, hang="before", seconds=6)
        began = time.monotonic()

        with pytest.raises(WriterError, match=r"^deadline\.no_time: "):
            function.invoke({"Records": [created("source", "a", etag=etag)]}, seconds=3)

        assert time.monotonic() - began < 3
        assert function.cloud.uploads("destination") == []
        function.cloud.clear_faults()
        function.invoke({"Records": [created("source", "a", etag=etag)]}, seconds=3)  # what hangs is in nobody's way
        assert function.cloud.objects("destination")["inbox/a"].body == LARGE
        tell("the time is up in mid-copy", "deadline.no_time, the upload aborted; then stored")

    def test_a_part_fails_and_the_others_are_awaited_before_the_abort(self, function: Function, tell: Tell) -> None:
        """A part that ended after the abort would be kept, and paid for; one that has not begun need not begin."""
        function.start(CONCURRENCY="2")
        etag = function.cloud.put("source", "a", os.urandom(16 * 1024 * 1024)).etag  # four parts
        function.cloud.fault("UploadPart", part=1, status=403, code="AccessDenied")
        function.cloud.fault("UploadPart", part=2, hang="before", seconds=0.5)

        with pytest.raises(WriterError, match=r"^write\.AccessDenied"):
            function.invoke({"Records": [created("source", "a", etag=etag)]})

        asked = [(seen.operation, seen.part) for seen in function.cloud.requests() if seen.bucket == "destination"]
        assert asked[-1] == ("AbortMultipartUpload", None)
        assert ("UploadPart", 2) in asked
        assert ("UploadPart", 4) not in asked
        tell("a part fails while others run", "write.AccessDenied, the upload aborted after them")

    def test_a_fifo_queue_keeps_its_order(self, function: Function, tell: Tell) -> None:
        """Two groups; in one, the third of five is denied."""
        function.cloud.fault("PutObject", key="inbox/a2", status=403, code="AccessDenied", times=1)
        records = [
            message(f"{group}{n}", {"key": f"inbox/{group}{n}", "body": ""}, group=group)
            for n in range(5)
            for group in "ab"
        ]

        answer = function.invoke({"Records": records})

        assert _failed(answer) == ["a2", "a3", "a4"]
        written = [seen.key for seen in function.cloud.requests("PutObject") if seen.status == 200]
        assert [key for key in written if "/a" in key] == ["inbox/a0", "inbox/a1"]
        assert [key for key in written if "/b" in key] == [f"inbox/b{n}" for n in range(5)]
        again = function.invoke({"Records": [record for record in records if record["messageId"] in _failed(answer)]})
        assert _failed(again) == []
        written = [seen.key for seen in function.cloud.requests("PutObject") if seen.status == 200]
        assert [key for key in written if "/a" in key] == [f"inbox/a{n}" for n in range(5)]
        tell("a FIFO queue, one message denied", "it and its group's rest delivered again, in order", handed_back=3)


class TestTwice:
    def test_an_event_comes_twice_at_once(self, function: Function, tell: Tell) -> None:
        etag = function.cloud.put("source", "a", LARGE).etag
        event = {"Records": [created("source", "a", etag=etag)]}
        threads = [threading.Thread(target=function.invoke, args=(event,)) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert {found.body for found in function.cloud.versions("destination", "inbox/a")} == {LARGE}
        assert function.cloud.uploads("destination") == []
        uploads = function.cloud.count("CreateMultipartUpload")
        assert uploads == 2  # never one shared
        tell("an event comes twice at once", "stored twice, the same", uploads=uploads)

    @pytest.mark.parametrize("mode", ["keep", "newer"])
    def test_an_event_comes_twice_and_is_to_be_written_once(self, function: Function, tell: Tell, mode: str) -> None:
        function.start(ON_EXISTING=mode, permissions=("read", "list"))
        etag = function.cloud.put("source", "a", b"body").etag
        event = {"Records": [created("source", "a", etag=etag)]}

        outcomes = [function.invoke(event)["objects"][0]["outcome"] for _ in range(2)]

        assert outcomes == ["stored", "exists"]
        assert len(function.cloud.versions("destination", "inbox/a")) == 1
        tell(f"an event comes twice, {mode}", "stored, then exists")

    @pytest.mark.parametrize("bucket", ["source", "versions"])
    def test_the_older_of_two_events_comes_last(
        self, function: Function, tell: Tell, caplog: pytest.LogCaptureFixture, bucket: str
    ) -> None:
        caplog.set_level(logging.INFO, "cross_account_s3")
        old, new = (function.cloud.put(bucket, "a", body) for body in (b"old", b"new"))
        events = [
            {"Records": [created(bucket, "a", etag=put.etag, version_id=put.version_id, sequencer=sequencer)]}
            for put, sequencer in ((new, "0B"), (old, "0A"))
        ]

        for number, event in enumerate(events):
            function.invoke({"Records": [message(f"m{number}", event)]})

        assert [record.getMessage() for record in caplog.records] == ["stored", "superseded"]
        assert [found.body for found in function.cloud.versions("destination", "inbox/a")] == [b"new"]
        # An event that may have been delivered before is followed: it may have written what it had read then.
        assert function.invoke(events[1])["objects"][0]["outcome"] == "stored"
        assert {found.body for found in function.cloud.versions("destination", "inbox/a")} == {b"new"}
        tell(f"the older event comes last, {bucket} bucket", "stored, then superseded")

    def test_the_older_event_comes_last_and_the_object_is_deleted(self, function: Function, tell: Tell) -> None:
        """Its version can still be read, and would replace the newer copy: `newer` compares what is there."""
        function.start(ON_EXISTING="newer", permissions=("read", "list"))
        old, new = (function.cloud.put("versions", "a", body) for body in (b"old", b"new"))
        late = {"Records": [created("versions", "a", etag=old.etag, version_id=old.version_id, sequencer="0A")]}
        function.invoke(
            {"Records": [created("versions", "a", etag=new.etag, version_id=new.version_id, sequencer="0B")]}
        )
        _delete(function, "versions", "a")

        assert function.invoke(late)["objects"][0]["outcome"] == "superseded"

        assert [found.body for found in function.cloud.versions("destination", "inbox/a")] == [b"new"]
        tell("the older event comes last, the object is deleted, newer", "superseded")

    def test_a_deleted_object_is_read_from_its_version(self, function: Function, tell: Tell) -> None:
        put = function.cloud.put("versions", "a", b"body")
        event = {"Records": [created("versions", "a", etag=put.etag, version_id=put.version_id)]}
        _delete(function, "versions", "a")

        assert function.invoke(event)["objects"][0]["outcome"] == "stored"
        assert function.cloud.objects("destination")["inbox/a"].body == b"body"
        tell("the object is deleted before its event comes, versions", "stored")

    def test_a_deleted_object_without_versions_is_gone(self, function: Function, tell: Tell) -> None:
        event = {"Records": [created("source", "a", etag="d41d8cd98f00b204e9800998ecf8427e")]}

        assert function.invoke(event)["objects"][0]["outcome"] == "gone"
        tell("the object is deleted before its event comes", "gone")

    def test_two_writers_race_and_the_newer_wins(self, function: Function, tell: Tell) -> None:
        """While the older is about to be written, the newer arrives: its condition then fails, and it looks again."""
        function.start(ON_EXISTING="newer", permissions=("read", "list"))
        old, new = (function.cloud.put("versions", "a", body) for body in (b"old", b"new"))
        _delete(function, "versions", "a")  # so that both can be read from their versions
        records = [
            created("versions", "a", etag=put.etag, version_id=put.version_id, sequencer=sequencer)
            for put, sequencer in ((old, "0A"), (new, "0B"))
        ]
        function.cloud.fault("PutObject", hang="before", seconds=1, times=1)
        outcomes: list[str] = []
        older = threading.Thread(
            target=lambda: outcomes.append(function.invoke({"Records": records[:1]})["objects"][0]["outcome"])
        )
        older.start()
        eventually(lambda: function.cloud.struck(0))

        function.invoke({"Records": records[1:]})
        older.join()

        assert outcomes == ["superseded"]
        assert function.cloud.objects("destination")["inbox/a"].body == b"new"
        tell("two writers race", "the older is superseded")

    def test_the_destination_as_a_source_is_refused(self, function: Function, tell: Tell) -> None:
        with pytest.raises(WriterError, match=r"^input\.recursion: the source bucket must not be the destination"):
            function.invoke({"Records": [created("destination", "a")]})
        tell("the destination is the source", "input.recursion")


@pytest.fixture
def busy(monkeypatch: pytest.MonkeyPatch) -> Iterator[Function]:
    with CloudProcess() as cloud:
        function = Function(cloud, monkeypatch)
        yield function
        function.stop()


@pytest.mark.parametrize(("mode", "messages"), [("newer", 1000), ("replace", 10_000)])
def test_messages_under_random_faults(
    busy: Function, tell: Tell, caplog: pytest.LogCaptureFixture, mode: str, messages: int
) -> None:
    """Every fifth request fails somehow. Delivered again until none is left, everything is there, once and current.

    Half the messages are archived; the others tell of objects, every ninth of which is written twice, with both events
    in the queue, in any order.
    """
    caplog.set_level(logging.CRITICAL)
    busy.start(ON_EXISTING=mode, CONCURRENCY="16", permissions=("read", "list"))
    cloud, chance = busy.cloud, random.Random(7)  # noqa: S311
    queue, expected = _queue(busy, chance, messages)
    for operation in ("GetObject", "PutObject", "HeadObject"):
        cloud.fault(operation, probability=0.05, status=503, code="SlowDown")
        cloud.fault(operation, probability=0.05, reset="head")
        cloud.fault(operation, probability=0.05, reset="after")
        cloud.fault(operation, probability=0.05, status=403, code="AccessDenied")
    deliveries, delivered = 0, Counter[str]()
    while queue and deliveries < 200:
        batch, queue = queue[:1000], queue[1000:]
        deliveries += 1
        try:
            failed = set(_failed(busy.invoke({"Records": batch})))
        except WriterError:
            failed = {record["messageId"] for record in batch}
        queue += [record for record in batch if record["messageId"] in failed]
        delivered.update(record["messageId"] for record in batch)
    struck = sum(cloud.struck(number) for number in range(12))

    assert queue == []
    found = cloud.objects("destination")
    assert found.keys() == expected.keys()
    assert {key: hashlib.sha256(held.body or b"").digest() for key, held in found.items()} == expected
    assert cloud.uploads("destination") == []
    assert struck > messages / 10
    tell(
        f"{messages:,} messages under random faults, {mode}",
        "all stored, each key current, none orphaned",
        struck=struck,
        deliveries=sum(delivered.values()),
        objects=len(found),
    )


def _queue(function: Function, chance: random.Random, messages: int) -> tuple[list[Any], dict[str, bytes]]:
    """The queue, and the hash of what must be at each key in the end."""
    queue: list[Any] = []
    expected: dict[str, bytes] = {}
    for number in range(messages // 2):
        text = f"message {number}"
        queue.append(message(f"t{number}", text))
        expected[f"inbox/2026/02/03/t{number}"] = hashlib.sha256(text.encode()).digest()
    for number in range(messages * 9 // 20):
        for turn in range(2 if number % 9 == 0 else 1):
            body = f"object {number} {turn}".encode()
            put = function.cloud.put("versions", f"o{number}", body)
            record = created(
                "versions", f"o{number}", etag=put.etag, version_id=put.version_id, sequencer=f"{turn:02x}"
            )
            queue.append(message(f"o{number}-{turn}", {"Records": [record]}))
            expected[f"inbox/o{number}"] = hashlib.sha256(body).digest()
    chance.shuffle(queue)
    assert len(queue) == messages
    return queue, expected


def _process(function: Function) -> Process:
    variables = {**environment(function.cloud.endpoint), "PYTHONPATH": str(ROOT / "lambda"), "PATH": os.environ["PATH"]}
    command = [sys.executable, "-c", _INVOKE]
    return Process(command, env=variables, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def _delete(function: Function, bucket: str, key: str) -> None:
    function.cloud.delete(bucket, key)
