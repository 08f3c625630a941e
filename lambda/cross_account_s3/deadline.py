"""How long there is still to work, before Lambda ends the invocation."""

from __future__ import annotations

import contextlib
import math
import threading
import time
from collections.abc import Iterator

from cross_account_s3.errors import DeadlineError

NO_TIME = "the function's time is nearly up: give it more, or fewer messages in a batch"


class Deadline:
    """A moment, ``seconds`` from now, after which nothing more is sent."""

    def __init__(self, seconds: float = math.inf) -> None:
        self._at = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds; 0 when it has passed."""
        return max(0.0, self._at - time.monotonic())

    def left_or_none(self) -> float | None:
        """Seconds as a time-out; None for no end, which some waits cannot take as infinity."""
        left = self.left()
        return None if math.isinf(left) else left

    def check(self) -> None:
        """Raises DeadlineError when it has passed."""
        if not self.left():
            raise DeadlineError(NO_TIME)


_NEVER = Deadline()
_thread = threading.local()


def current() -> Deadline:
    """The deadline of what this thread is doing."""
    deadline: Deadline = getattr(_thread, "deadline", _NEVER)
    return deadline


def begin(deadline: Deadline) -> None:
    """Whatever this thread, one of the writer's own, does from now on has this deadline."""
    _thread.deadline = deadline
    _thread.is_own = True


def must_return() -> bool:
    """Whether this thread must be back by the deadline: whoever waits for one of the writer's own leaves it then."""
    return not getattr(_thread, "is_own", False)


@contextlib.contextmanager
def until(deadline: Deadline) -> Iterator[None]:
    """What this thread does in the `with` block has another deadline."""
    before = current()
    _thread.deadline = deadline
    try:
        yield
    finally:
        _thread.deadline = before
