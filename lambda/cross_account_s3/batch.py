"""The messages of an event, written side by side, and in order where order matters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field

from cross_account_s3.deadline import Deadline
from cross_account_s3.errors import DeadlineError, UnexpectedError, WriterError
from cross_account_s3.model import Message, Request, Stored

Write = Callable[[Request], Stored]


@dataclass
class Result:
    """What became of a message: what it stored, and what failed of it."""

    message: Message
    stored: list[Stored] = field(default_factory=list)
    errors: list[WriterError] = field(default_factory=list)


@dataclass
class _Task:
    result: Result
    request: Request | None
    done: bool = False


def write_all(messages: Sequence[Message], write: Write, concurrency: int, deadline: Deadline) -> list[Result]:
    """Write what messages ask for; a result for each, in their order. No message's failure is another's.

    Except in a group of a FIFO queue: after a failure the rest of the group is not written, and fails too. What there
    is no time for fails with DeadlineError. Two requests for one key are written one after the other.
    """
    results = [Result(message, errors=[message.error] if message.error else []) for message in messages]
    lanes = _lanes(results)
    if len(lanes) == 1:
        _write_lane(lanes[0], write, deadline)
    elif lanes:
        _write_lanes(lanes, write, concurrency, deadline)
    return results


def _lanes(results: Sequence[Result]) -> list[list[_Task]]:
    """The tasks, in lists that are to be worked off in their order."""
    lanes: dict[tuple[str, str], list[_Task]] = {}
    for result in results:
        group = result.message.group
        if group is not None:  # one that has failed already is in its lane too, to stop those behind it
            tasks = [_Task(result, request) for request in result.message.requests or (None,)]
            lanes.setdefault(("group", group), []).extend(tasks)
        else:
            for request in result.message.requests:
                lanes.setdefault(("key", request.key), []).append(_Task(result, request))
    return list(lanes.values())


def _write_lanes(lanes: Sequence[list[_Task]], write: Write, concurrency: int, deadline: Deadline) -> None:
    executor = ThreadPoolExecutor(min(concurrency, len(lanes)), "message")
    wait([executor.submit(_write_lane, lane, write, deadline) for lane in lanes], timeout=deadline.left_or_none())
    # A thread may hang in its request. It looks at the deadline before the next one, also if it wakes up much later.
    executor.shutdown(wait=False, cancel_futures=True)
    for task in [task for lane in lanes for task in lane if not task.done]:
        task.result.errors.append(DeadlineError("there was no time for this message"))


def _write_lane(lane: Sequence[_Task], write: Write, deadline: Deadline) -> None:
    failed = False
    for task in lane:
        try:
            if failed and task.result.message.group is not None:
                raise WriterError("event", "waits", "an earlier message of its group failed, and must come first")
            deadline.check()
            if task.request is not None:
                task.result.stored.append(write(task.request))
        except WriterError as error:
            task.result.errors.append(error)
        except Exception as error:  # whatever it is, the other messages are none the worse
            task.result.errors.append(UnexpectedError(error))
        failed = failed or bool(task.result.errors)
        task.done = True
