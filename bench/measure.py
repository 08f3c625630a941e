"""What is measured, and what must come out."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench.setting import Setting

WRITER = "writer"
KIB, MIB, GIB = 1024, 1024**2, 1024**3

Sample = Mapping[str, float]


@dataclass
class Series:
    """What was measured of one contender under one condition, a number for each time and quantity.

    Quantities are named with their unit: ``seconds``, ``cpu_seconds``, ``peak_bytes``, ``bytes_a_second``.
    """

    contender: str
    condition: str
    samples: dict[str, list[float]] = field(default_factory=dict)

    def add(self, sample: Sample) -> None:
        for quantity, value in sample.items():
            self.samples.setdefault(quantity, []).append(value)

    def median(self, quantity: str) -> float:
        return statistics.median(self.samples[quantity])


@dataclass(frozen=True)
class Gate:
    """A bound that must be kept: ``got`` is at most, or at least, ``bound``. ``spread`` are the quartiles of what it is
    the median of, if it is one."""

    what: str
    got: float
    bound: float
    unit: str = ""
    at_least: bool = False
    spread: tuple[float, float] | None = None

    @property
    def kept(self) -> bool:
        return self.got >= self.bound if self.at_least else self.got <= self.bound

    @property
    def target(self) -> str:
        return f"{'at least' if self.at_least else 'at most'} {figure(self.bound)}{self.unit}"


@dataclass
class Outcome:
    """What a row found."""

    series: list[Series] = field(default_factory=list)
    gates: list[Gate] = field(default_factory=list)


@dataclass(frozen=True)
class Row:
    """A question, and how it is answered."""

    name: str
    title: str
    run: Callable[[Setting], Outcome]


def in_turn(
    setting: Setting, times: int, condition: str, contenders: Mapping[str, Callable[[], Sample]]
) -> list[Series]:
    """Measure each contender once, then each again: what else the machine does meanwhile happens to all of them.

    Every other round goes backwards, so that none always comes after the same one.
    """
    series = {name: Series(name, condition) for name in contenders}
    for number in range(times):
        for name in [*contenders][:: 1 if number % 2 == 0 else -1]:
            setting.say(f"{condition}: {name}, {number + 1} of {times}")
            series[name].add(contenders[name]())
    return list(series.values())


def ratios(above: Series, below: Series, quantity: str = "seconds") -> list[float]:
    """What one contender takes for each that another takes, round by round."""
    return [a / b for a, b in zip(above.samples[quantity], below.samples[quantity], strict=True)]


def ratio_gate(what: str, found: Sequence[float], bound: float, *, at_least: bool = False) -> Gate:
    return Gate(what, statistics.median(found), bound, "x", at_least, quartiles(found))


def quartiles(values: Iterable[float]) -> tuple[float, float]:
    """The first and the third; the only value twice, where there is one."""
    values = list(values)
    if len(values) == 1:
        return values[0], values[0]
    first, _, third = statistics.quantiles(values, n=4, method="inclusive")
    return first, third


def by_name(series: Iterable[Series]) -> Mapping[str, Series]:
    return {one.contender: one for one in series}


def figure(value: float) -> str:
    """A number with as many digits as mean something."""
    if value >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def size_text(size: float) -> str:
    for unit, name in ((GIB, "GiB"), (MIB, "MiB")):
        if size >= unit:
            return f"{size / unit:g} {name}"
    return f"{size / KIB:g} KiB"
