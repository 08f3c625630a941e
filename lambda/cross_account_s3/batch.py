"""The messages of an event, written side by side, and in order where order matters."""

from __future__ import annotations

import contextlib
import functools
import time
from collections.abc import Callable, Iterator, Sequence
from queue import Empty, SimpleQueue
from typing import NamedTuple

from cross_account_s3 import deadline, threads
from cross_account_s3.errors import DeadlineError, UnexpectedError, WriterError
from cross_account_s3.invocation import Invocation
from cross_account_s3.model import Message, Request, Stored

Write = Callable[[Request], Stored]
_Name = tuple[str, str | int]


class Outcome(NamedTuple):
    """What became of one request: what S3 has, or the error. Without a request, the message itself is at fault."""

    message: Message
    request: Request | None
    result: Stored | WriterError
    seconds: float = 0.0


class Result:
    """What became of a message: what it stored, and what failed of it."""

    def __init__(self, message: Message) -> None:
        self.message = message
        self.stored: list[Stored] = []
        self.errors: list[WriterError] = []


class _Task:
    """A request to be made, or the place of a message that has failed already. ``number`` is its message's."""

    def __init__(self, number: int, message: Message, work: Request | WriterError) -> None:
        self.number = number
        self.message = message
        self.work = work

    @property
    def request(self) -> Request | None:
        return None if isinstance(self.work, WriterError) else self.work


def write_all(
    messages: Sequence[Message],
    write: Write,
    concurrency: int,
    invocation: Invocation,
    report: Callable[[Outcome], None],
) -> list[Result]:
    """Write what messages ask for; a result for each, in their order. No message's failure is another's.

    Except in a group of a FIFO queue: after a failure the rest of the group is not written, and fails too. Two requests
    for one key are made one after the other. At the deadline it returns, whatever hangs: what is not done by then
    fails with DeadlineError. ``report`` is called in this thread with each outcome as it comes in.
    """
    tasks = [
        _Task(number, message, work)
        for number, message in enumerate(messages)
        for work in (message.requests if message.error is None else (message.error,))
    ]
    outcomes: dict[_Task, Outcome] = {}
    for task, outcome in _done(tasks, write, concurrency, invocation):
        outcomes[task] = outcome
        report(outcome)
    results = [Result(message) for message in messages]
    for task in tasks:
        result = outcomes[task].result
        if isinstance(result, WriterError):
            results[task.number].errors.append(result)
        else:
            results[task.number].stored.append(result)
    return results


def _done(
    tasks: Sequence[_Task], write: Write, concurrency: int, invocation: Invocation
) -> Iterator[tuple[_Task, Outcome]]:
    """The tasks as they are done, or as time is up: then what a thread still does is no longer of interest."""
    if len(tasks) == 1:  # here: to hand it to another thread takes longer than the writer's own part of a small put
        with deadline.until(invocation.work):
            done = [*_written(tasks, write)]
        yield from done
        return
    lanes: SimpleQueue[list[_Task]] = SimpleQueue()
    finished: SimpleQueue[tuple[_Task, Outcome]] = SimpleQueue()
    for lane in _lanes(tasks):
        lanes.put(lane)
    for _ in range(min(concurrency, lanes.qsize())):
        threads.start(functools.partial(_write_lanes, lanes, write, finished), invocation.work)
    pending = dict.fromkeys(tasks)
    while pending:
        try:
            task, outcome = finished.get(timeout=invocation.work.left_or_none())
        except Empty:
            break
        del pending[task]
        yield task, outcome
    for task in pending:
        error = DeadlineError("there was no time for this message")
        yield task, Outcome(task.message, task.request, error)


def _lanes(tasks: Sequence[_Task]) -> list[list[_Task]]:
    """The tasks, in lists that are to be worked off in their order.

    Tasks of one key are in one list, and so are tasks of one message group. Whatever has a task in common is joined.
    """
    joined: dict[_Name, _Name] = {}

    def lane_of(name: _Name) -> _Name:
        while joined.setdefault(name, name) != name:
            name = joined[name]
        return name

    for task in tasks:
        first, *others = _names(task)
        for other in others:
            joined[lane_of(other)] = lane_of(first)
    lanes: dict[_Name, list[_Task]] = {}
    for task in tasks:
        lanes.setdefault(lane_of(_names(task)[0]), []).append(task)
    return list(lanes.values())


def _names(task: _Task) -> list[_Name]:
    """The key and the message group of a task, whose order counts; its own name where it has neither."""
    names: list[_Name] = []
    if task.request is not None:
        names.append(("key", task.request.key))
    if task.message.group is not None:
        names.append(("group", task.message.group))
    return names or [("message", task.number)]


def _write_lanes(lanes: SimpleQueue[list[_Task]], write: Write, finished: SimpleQueue[tuple[_Task, Outcome]]) -> None:
    with contextlib.suppress(Empty):
        while True:
            for done in _written(lanes.get_nowait(), write):
                finished.put(done)


def _written(lane: Sequence[_Task], write: Write) -> Iterator[tuple[_Task, Outcome]]:
    failed: dict[str, int] = {}  # groups, and the number of the message that failed first
    for task in lane:
        began = time.monotonic()
        group = task.message.group
        try:
            result: Stored | WriterError = _write_task(task, write, failed)
        except WriterError as error:
            result = error
        except Exception as error:  # a bug in one message must not fail the others
            result = UnexpectedError(error)
        if group is not None and isinstance(result, WriterError):
            failed.setdefault(group, task.number)
        yield task, Outcome(task.message, task.request, result, time.monotonic() - began)


def _write_task(task: _Task, write: Write, failed: dict[str, int]) -> Stored:
    if task.message.group in failed:
        same = failed[task.message.group] == task.number
        what = "an earlier object of this message" if same else "an earlier message of its group"
        raise WriterError("event", "waits", f"{what} failed, and must come first")
    if isinstance(task.work, WriterError):
        raise task.work
    deadline.current().check()
    return write(task.work)
