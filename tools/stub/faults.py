"""What goes wrong, when, and how often: rules that are asked in order for every request."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Literal, get_args

from tools.stub.wire import Request

Stage = Literal["head", "body", "before", "after", "answer"]


@dataclass(frozen=True)
class Fault:
    """A rule: the requests that it strikes, and exactly one of ``status``, ``reset``, ``close``, ``hang``.

    Args:
        operation: the API's name of the operation, such as "UploadPart"; "*" for every one.
        bucket, key, part, access_key: strike only requests with these; None for any.
        nth: the first of the matching requests that is struck, counted from 1.
        times: how many are struck from there on; None for all.
        probability: that a request is struck at all, by the stub's seed.
        status, code, message: answer with this error once the body is read; nothing is applied.
        reset: drop the connection (RST) at a stage. "head": nothing of the body is read; "body": it is being read;
            "before": it is read, nothing is applied; "after": it is applied, the answer is lost; "answer": in the midst
            of the answer's body, some of which may be lost on the way.
        close: end the connection in good order (FIN) at a stage: the first ``offset`` bytes of an answer arrive.
        hang: wait ``seconds`` at a stage and go on. A client that has left by then is not served: nothing is applied.
        offset: for the stages "body" and "answer", after how many of its bytes; None for half of them.

    Raises:
        ValueError: a stage has no such name, or there is not exactly one thing that happens.
    """

    operation: str
    bucket: str | None = None
    key: str | None = None
    part: int | None = None
    access_key: str | None = None
    nth: int = 1
    times: int | None = None
    probability: float = 1.0
    status: int | None = None
    code: str = "InternalError"
    message: str = ""
    reset: Stage | None = None
    close: Stage | None = None
    hang: Stage | None = None
    seconds: float = 60.0
    offset: int | None = None

    def __post_init__(self) -> None:
        given = [value for value in (self.status, self.reset, self.close, self.hang) if value is not None]
        if len(given) != 1:
            raise ValueError(f"a fault needs exactly one of status, reset, close, hang, not {len(given)}")
        if self.status is None and self.stage not in get_args(Stage):
            raise ValueError(f"a fault's stage must be one of {', '.join(get_args(Stage))}, not {self.stage!r}")

    @property
    def stage(self) -> Stage | None:
        return self.reset or self.close or self.hang

    def matches(self, request: Request) -> bool:
        return self.operation in ("*", request.operation) and all(
            wanted in (None, getattr(request, name))
            for name, wanted in (
                ("bucket", self.bucket),
                ("key", self.key),
                ("part", self.part),
                ("access_key", self.access_key),
            )
        )


class Faults:
    """The rules in force, and how often each has struck."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 (to be repeated, not to be secret)
        self._rules: list[Fault] = []
        self._met: list[int] = []
        self.struck: list[int] = []

    def add(self, fault: Fault) -> int:
        self._rules.append(fault)
        self._met.append(0)
        self.struck.append(0)
        return len(self._rules) - 1

    def clear(self) -> None:
        self._rules, self._met, self.struck = [], [], []

    def strike(self, request: Request) -> Fault | None:
        """The first rule that strikes this request."""
        for number, fault in enumerate(self._rules):
            if not fault.matches(request):
                continue
            self._met[number] += 1
            spent = fault.times is not None and self.struck[number] >= fault.times
            if spent or self._met[number] < fault.nth or self._random.random() >= fault.probability:
                continue
            self.struck[number] += 1
            return fault
        return None
