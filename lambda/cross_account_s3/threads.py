"""Threads that are used again when they have nothing to do.

To start one for each invocation takes longer than the writer's own part of a small put. A thread that hangs is not used
again until it has done with what it does; the next invocation gets another.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue

from cross_account_s3 import deadline
from cross_account_s3.deadline import Deadline

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


def _run(jobs: _Jobs) -> None:
    while True:
        work, until = jobs.get()
        deadline.begin(until)
        work()
        del work  # with all that it holds
        _idle.append(jobs)
