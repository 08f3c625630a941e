"""Messages side by side: none fails for another, order is kept where it counts, and time is kept an eye on."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Sequence

import pytest
from cross_account_s3 import batch, deadline
from cross_account_s3.batch import Outcome, Result
from cross_account_s3.errors import DeadlineError, WriterError
from cross_account_s3.invocation import Invocation
from cross_account_s3.model import Message, PutRequest, Request, Stored

from tests.writer import Context


class _Writes:
    """Takes writes down in their order. A key with `bad` in it fails; one with `hang` waits until it is told."""

    def __init__(self) -> None:
        self.keys: list[str] = []
        self.threads: set[int] = set()
        self.go = threading.Event()
        self._at_once = 0
        self.most_at_once = 0
        self._lock = threading.Lock()

    def __call__(self, request: Request) -> Stored:
        with self._lock:
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        time.sleep(0.001)
        if "hang" in request.key:
            self.go.wait()
        with self._lock:
            self._at_once -= 1
            self.keys.append(request.key)
        if "bad" in request.key:
            raise WriterError("write", "AccessDenied", "no")
        return Stored("b", request.key, "e", None, 0, None, "stored")


@pytest.fixture
def writes() -> _Writes:
    return _Writes()


def _message(name: str, *keys: str, group: str | None = None) -> Message:
    return Message(tuple(PutRequest(key, b"") for key in keys or (name,)), id=name, group=group)


def write_all(
    messages: Sequence[Message], writes: _Writes, concurrency: int, seconds: float | None = None
) -> list[Result]:
    invocation = Invocation(None if seconds is None else Context(seconds), concurrency)
    reported: list[Outcome] = []

    results = batch.write_all(messages, writes, concurrency, invocation, reported.append)

    # Every request is reported once, and so is every message that cannot be decoded.
    asked = [id(message) for message in messages for _ in (message.requests if message.error is None else (None,))]
    assert sorted(id(outcome.message) for outcome in reported) == sorted(asked)
    return results


def _failed(results: Sequence[Result]) -> list[str]:
    return [result.message.id for result in results if result.errors]


def test_messages_are_written_side_by_side_and_no_more_than_that(writes: _Writes) -> None:
    results = write_all([_message(f"m{n}") for n in range(100)], writes, 8)

    assert [result.message.id for result in results] == [f"m{n}" for n in range(100)]
    assert _failed(results) == []
    assert 2 <= writes.most_at_once <= 8


def test_no_message_fails_for_another(writes: _Writes) -> None:
    broken = Message(id="broken", error=WriterError("input", "invalid", "no"))

    results = write_all([_message("a"), _message("bad"), broken, _message("c")], writes, 8)

    assert _failed(results) == ["bad", "broken"]
    assert sorted(writes.keys) == ["a", "bad", "c"]


def test_a_message_of_several_objects_fails_with_any_of_them(writes: _Writes) -> None:
    [result] = write_all([_message("m", "a", "bad", "b")], writes, 8)

    assert [stored.key for stored in result.stored] == ["a", "b"]
    assert [error.error_code for error in result.errors] == ["AccessDenied"]


def test_writes_of_one_key_are_one_after_the_other(writes: _Writes) -> None:
    write_all([_message(f"m{n}", "same") for n in range(50)], writes, 8)

    assert writes.most_at_once == 1
    assert Counter(writes.keys) == {"same": 50}


def test_a_group_keeps_its_order_and_stops_at_its_first_failure(writes: _Writes) -> None:
    messages = [
        _message("a1", group="a"),
        _message("b1", group="b"),
        _message("bad2", group="a"),
        _message("a3", group="a"),
        _message("b2", group="b"),
        Message(id="b3", group="b", error=WriterError("input", "invalid", "no")),
        _message("b4", group="b"),
        _message("c1", group="c"),
    ]

    results = write_all(messages, writes, 8)

    assert _failed(results) == ["bad2", "a3", "b3", "b4"]
    assert [key for key in writes.keys if key[0] in "a" or key == "bad2"] == ["a1", "bad2"]
    assert [key for key in writes.keys if key[0] == "b" and key != "bad2"] == ["b1", "b2"]
    assert str(results[3].errors[0]) == "event.waits: an earlier message of its group failed, and must come first"


def test_what_there_is_no_time_for_is_handed_back(writes: _Writes) -> None:
    messages = [_message("a"), _message("hang1"), _message("hang2"), _message("b"), _message("c")]

    results = write_all(messages, writes, 2, seconds=0.67)

    assert _failed(results) == ["hang1", "hang2", "b", "c"]
    assert all(isinstance(result.errors[0], DeadlineError) for result in results[1:])
    # Whoever wakes up later starts nothing more.
    writes.go.set()
    time.sleep(0.1)
    assert writes.keys[0] == "a"
    assert set(writes.keys) == {"a", "hang1", "hang2"}


def test_nothing_is_started_when_time_is_up(writes: _Writes) -> None:
    results = write_all([_message("a"), _message("b")], writes, 8, seconds=0)

    assert _failed(results) == ["a", "b"]
    time.sleep(0.1)  # nor is it by a thread that was slow
    assert writes.keys == []


def test_one_message_is_written_in_the_thread_of_the_handler(writes: _Writes) -> None:
    """Its requests end at the deadline by themselves: tests/lambda/test_connection.py."""
    threads: list[tuple[int, float]] = []

    def write(request: Request) -> Stored:
        threads.append((threading.get_ident(), deadline.current().left()))
        return writes(request)

    invocation = Invocation(Context(8), 8)
    batch.write_all([_message("a")], write, 8, invocation, lambda outcome: None)

    [(thread, left)] = threads
    assert thread == threading.get_ident()
    assert 5 < left <= invocation.work.left() + 1
    assert deadline.current().left_or_none() is None  # what the thread does next has another


def test_one_group_that_hangs_is_given_up_at_the_deadline(writes: _Writes) -> None:
    messages = [_message("a", group="g"), _message("hang", group="g"), _message("c", group="g")]

    assert _failed(write_all(messages, writes, 8, seconds=0.4)) == ["hang", "c"]

    writes.go.set()
    time.sleep(0.1)
    assert writes.keys == ["a", "hang"]  # what wakes up later starts nothing more


def test_one_key_in_two_groups_is_written_in_the_order_of_the_batch(writes: _Writes) -> None:
    messages = [
        message
        for number in range(20)
        for message in (
            _message(f"a{number}", f"a{number}", "same", group="a"),
            _message(f"b{number}", "same", f"b{number}", group="b"),
        )
    ]

    assert _failed(write_all(messages, writes, 8)) == []

    assert writes.keys == [request.key for message in messages for request in message.requests]


def test_a_failure_in_one_group_does_not_stop_another_that_shares_a_key(writes: _Writes) -> None:
    messages = [
        _message("a1", "bad", "same", group="a"),
        _message("b1", "same", group="b"),
        _message("a2", group="a"),
        _message("b2", group="b"),
    ]

    assert _failed(write_all(messages, writes, 8)) == ["a1", "a2"]
    assert writes.keys == ["bad", "same", "b2"]


def test_the_second_object_of_a_message_waits_for_the_first(writes: _Writes) -> None:
    [result, later] = write_all([_message("m", "bad", "b", group="g"), _message("n", group="g")], writes, 8)

    assert [str(error) for error in result.errors] == [
        "write.AccessDenied: no",
        "event.waits: an earlier object of this message failed, and must come first",
    ]
    assert str(later.errors[0]) == "event.waits: an earlier message of its group failed, and must come first"


def test_what_was_stored_is_told_in_the_order_in_which_it_was_asked_for(writes: _Writes) -> None:
    keys = [f"k{number}" for number in range(50)]

    [result] = write_all([_message("m", *keys)], writes, 8)

    assert [stored.key for stored in result.stored] == keys


@pytest.mark.parametrize(("given", "work", "end"), [(60, 58, 59.5), (8, 6, 7.5), (3, 2.25, 2.8125), (0.4, 0.3, 0.375)])
def test_a_part_of_the_time_is_kept_for_the_end(given: float, work: float, end: float) -> None:
    invocation = Invocation(Context(given))

    assert invocation.work.left() == pytest.approx(work, abs=0.1)
    assert invocation.end.left() == pytest.approx(end, abs=0.1)


def test_without_a_context_there_is_time() -> None:
    assert Invocation().work.left() > 1e9
    assert Invocation().work.left_or_none() is None
