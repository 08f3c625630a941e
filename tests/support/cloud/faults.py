"""What goes wrong, when, and how often: rules that are asked in order for every request."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any, Literal, get_args

from tests.support.cloud.request import Request

Stage = Literal["head", "body", "before", "after", "answer"]


@dataclass(frozen=True)
class Fault:
    """A rule: the requests that it strikes, and exactly one thing that happens to them.

    Args:
        operation: the API's name of the operation, such as "UploadPart".
        bucket, key, part, access_key: strike only requests with these; None for any.
        nth: the first of the matching requests that is struck, counted from 1.
        times: how many are struck from there on; None for all.
        probability: that a request is struck at all.
        status, code: answer with this error once the body is read; nothing is applied. With ``content_type`` and
            ``body`` the answer is not XML.
        reset: drop the connection (RST) at a stage. "head": nothing of the body is read; "body": half of it;
            "before": all of it, and nothing is applied; "after": it is applied, the answer is lost; "answer": in the
            midst of the answer's body.
        close: end the connection in good order (FIN) at a stage.
        hang: wait ``seconds`` at a stage and go on. A client that has left by then is not served: nothing is applied.
        offset: for the stage "answer", after how many of the body's bytes; None for half of them.
        put: just before the request is applied, store an object: its ``bucket``, ``key`` and ``body``, a text.
        drop_range: pass the request on without its Range.

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
    content_type: str | None = None
    body: str = ""
    reset: Stage | None = None
    close: Stage | None = None
    hang: Stage | None = None
    seconds: float = 60.0
    offset: int | None = None
    put: dict[str, str] | None = None
    drop_range: bool = False

    def __post_init__(self) -> None:
        happens: list[Any] = [self.status, self.reset, self.close, self.hang, self.put, self.drop_range or None]
        given = [value for value in happens if value is not None]
        if len(given) != 1:
            raise ValueError(f"a fault needs one of status, reset, close, hang, put and drop_range, not {len(given)}")
        if self.stage is not None and self.stage not in get_args(Stage):
            raise ValueError(f"a fault's stage must be one of {', '.join(get_args(Stage))}, not {self.stage!r}")

    @property
    def stage(self) -> Stage | None:
        return self.reset or self.close or self.hang

    def matches(self, request: Request) -> bool:
        names = ("bucket", "key", "part", "access_key")
        wanted = {name: value for name in names if (value := getattr(self, name)) is not None}
        return request.operation == self.operation and all(
            getattr(request, name) == value for name, value in wanted.items()
        )


class Faults:
    """The rules in force, and how often each has struck."""

    def __init__(self) -> None:
        self._random = random.Random(0)  # noqa: S311 (to be repeated, not to be secret)
        self._rules: list[Fault] = []
        self._met: list[int] = []
        self.struck: list[int] = []

    def add(self, fault: Fault) -> int:
        self._rules.append(fault)
        self._met.append(0)
        self.struck.append(0)
        return len(self._rules) - 1

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
