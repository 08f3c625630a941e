"""One invocation: its time, its threads and its open uploads. The next one shares nothing of it but connections."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from cross_account_s3 import deadline
from cross_account_s3.deadline import Deadline
from cross_account_s3.log import emit

# Kept of the invocation's time for its end: to abort uploads and to answer; and of that, to answer only.
_END_SECONDS, _END_SHARE = 2.0, 0.25
_ANSWER_SECONDS, _ANSWER_SHARE = 0.5, 0.0625


class Invocation:
    """What the threads of one invocation share.

    ``work`` is the deadline of reading and writing, ``end`` that of aborting uploads. Both are far away without a
    context of Lambda's.
    """

    def __init__(self, context: Any = None, concurrency: int = 1) -> None:
        if context is None:
            self.work = self.end = Deadline()
        else:
            left = context.get_remaining_time_in_millis() / 1000
            self.work = Deadline(left - min(_END_SECONDS, _END_SHARE * left))
            self.end = Deadline(left - min(_ANSWER_SECONDS, _ANSWER_SHARE * left))
        self._concurrency = concurrency
        self._parts: ThreadPoolExecutor | None = None
        self._open: list[str] = []
        self._changed = threading.Condition()

    @property
    def parts(self) -> ThreadPoolExecutor:
        """For the parts of large copies, so many at once in all; their requests end at the deadline of work."""
        with self._changed:
            if self._parts is None:  # most invocations need none
                initializer, initargs = deadline.begin, (self.work,)
                self._parts = ThreadPoolExecutor(self._concurrency, "part", initializer, initargs)
            return self._parts

    @contextlib.contextmanager
    def upload(self, key: str) -> Iterator[None]:
        """A multipart upload to this key is open in the `with` block."""
        with self._changed:
            self._open.append(key)
        try:
            yield
        finally:
            self.forget(key)

    def forget(self, key: str) -> bool:
        """An upload to this key is open no longer. False if none is known as open: `close` has named it."""
        with self._changed:
            known = key in self._open
            if known:
                self._open.remove(key)
                self._changed.notify_all()
            return known

    def close(self) -> None:
        """Wait for uploads that are being aborted, as long as there is time, and name those that stay open."""
        if self._parts is not None:
            self._parts.shutdown(wait=False, cancel_futures=True)
        with self._changed:
            if self._open:
                self._changed.wait_for(lambda: not self._open, self.end.left_or_none())
            left, self._open = self._open, []
        for key in left:
            emit("abort_failed", level=logging.WARNING, key=key, error="there was no time to abort the upload")
