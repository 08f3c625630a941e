"""Threads that are used again when they have nothing to do.

To start one for each invocation takes longer than the writer's own part of a small put. A thread that hangs is not used
again until it has done with what it does; the next invocation gets another.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue

from cross_account_s3 import deadline
from cross_account_s3.deadline import Deadline
from cross_account_s3.errors import DeadlineError

_Jobs = SimpleQueue[tuple[Callable[[], None], Deadline]]
_idle: list[_Jobs] = []  # of each thread that has nothing to do, where it waits for something


def start(work: Callable[[], None], until: Deadline) -> None:
    """Let another thread do something, whose requests end at a deadline. It must not raise."""
    try:
        jobs = _idle.pop()
    except IndexError:
        jobs = SimpleQueue()
        threading.Thread(target=_run, args=(jobs,), name="message", daemon=True).start()
    jobs.put((work, until))


def call(work: Callable[[], None], until: Deadline) -> None:
    """Let another thread do something that may hang, and wait for it until the deadline.

    Raises:
        DeadlineError: it was not done by then.
        Exception: whatever it raises.
    """
    done: SimpleQueue[Exception | None] = SimpleQueue()

    def run() -> None:
        try:
            work()
        except Exception as error:
            done.put(error)
        else:
            done.put(None)

    start(run, until)
    try:
        error = done.get(timeout=until.left_or_none())
    except Empty:
        raise DeadlineError(deadline.NO_TIME) from None
    if error:
        raise error


def _run(jobs: _Jobs) -> None:
    while True:
        work, until = jobs.get()
        deadline.begin(until)
        work()
        del work  # with all that it holds
        _idle.append(jobs)
