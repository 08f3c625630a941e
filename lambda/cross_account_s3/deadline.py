"""How long there is still to work, before Lambda ends the invocation."""

from __future__ import annotations

import math
import time
from typing import Any

from cross_account_s3.errors import DeadlineError

# Kept for what must be done at the end: to abort an upload, and to answer.
_RESERVE_SECONDS = 2.0
_RESERVE_SHARE = 0.25


class Deadline:
    """The moment at which work must end. ``seconds`` are those that are left for work."""

    def __init__(self, seconds: float = math.inf) -> None:
        self._at = time.monotonic() + seconds

    @classmethod
    def of(cls, context: Any) -> Deadline:
        """The deadline of an invocation by its context, with a reserve for the end; far away without a context."""
        if context is None:
            return cls()
        left = context.get_remaining_time_in_millis() / 1000
        return cls(left - min(_RESERVE_SECONDS, _RESERVE_SHARE * left))

    def left(self) -> float:
        """Seconds; 0 when it has passed."""
        return max(0.0, self._at - time.monotonic())

    def check(self) -> None:
        """Raises DeadlineError when it has passed."""
        if not self.left():
            raise DeadlineError("the function's time is nearly up: give it more, or fewer messages in a batch")

    def left_or_none(self) -> float | None:
        """Seconds as a time-out; None for no end, which some waits cannot take as infinity."""
        left = self.left()
        return None if math.isinf(left) else left
