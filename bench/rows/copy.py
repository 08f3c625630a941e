"""A copy of 500 MiB, at a network's pace and as fast as this machine can."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from bench.measure import (
    KIB,
    MIB,
    WRITER,
    Gate,
    Outcome,
    Row,
    Sample,
    Series,
    by_name,
    in_turn,
    ratio_gate,
    ratios,
    size_text,
)
from bench.setting import PACED, UNPACED, WRITER_MODULE, Pace, Setting

_STREAMED = "upload_fileobj"
_PIPE = "pipe of the aws CLI"
# The contenders of a gate, and how many rounds they have. The others have one, which takes up to a quarter of a minute.
_GATED = {PACED: ((WRITER, _STREAMED, _PIPE), 3), UNPACED: ((WRITER, _STREAMED), 5)}


def run(setting: Setting) -> Outcome:
    size = 256 * MIB if setting.quick else 500 * MIB
    small, event = setting.source(KIB), setting.source(size)

    def function(module: str) -> Sample:
        ran = setting.invoke(module, event=event, warm_up=small)
        setting.check(size)
        [seconds], [cpu_seconds] = ran.seconds[module], ran.cpu_seconds[module]
        return _sample(size, seconds, cpu_seconds, ran.peak_bytes, ran.process_seconds)

    def pipe() -> Sample:
        aws: list[str | Path] = [setting.python, "-m", "awscli", "s3", "cp", "--only-show-errors"]
        key = f"{size}-bytes"
        down = [*aws, f"s3://source/{key}", "-"]
        up = [*aws, "-", f"s3://destination/inbox/{key}", "--profile", "writer"]
        ran = setting.run(down, up)
        setting.check(size)
        return _sample(size, ran.seconds, ran.cpu_seconds, ran.peak_bytes, ran.seconds)

    contenders: dict[str, Callable[[], Sample]] = {
        WRITER: partial(function, WRITER_MODULE),
        _STREAMED: partial(function, "upload_fileobj"),
        _PIPE: pipe,
        "s3transfer": partial(function, "transfer_manager"),
        "read all, put_object": partial(function, "two_sessions"),
    }
    series: list[Series] = []
    gates: list[Gate] = []
    for pace, (gated, times) in _GATED.items():
        setting.pace(pace)
        condition = f"{size_text(size)}, {pace}"
        found = in_turn(setting, 1 if setting.quick else times, condition, {name: contenders[name] for name in gated})
        gates += _gates(pace, by_name(found))
        series += found
        if not setting.quick:
            others = {name: measure for name, measure in contenders.items() if name not in gated}
            series += in_turn(setting, 1, condition, others)
    return Outcome(series, gates)


def _gates(pace: Pace, found: Mapping[str, Series]) -> list[Gate]:
    writer = found[WRITER]
    streamed = ratios(found[_STREAMED], writer)
    if pace == UNPACED:
        return [ratio_gate("copy against upload_fileobj, unpaced", streamed, 1, at_least=True)]
    piped = ratios(found[_PIPE], writer)  # the CLI is started for each copy, and its start is part of it
    return [
        ratio_gate("copy against upload_fileobj, paced", streamed, 2.5, at_least=True),
        ratio_gate("copy against the CLI's pipe, paced", piped, 1.3, at_least=True),
    ]


def _sample(size: int, seconds: float, cpu_seconds: float, peak_bytes: float, process_seconds: float) -> Sample:
    return {
        "seconds": seconds,
        "bytes_a_second": size / seconds,
        "cpu_seconds": cpu_seconds,
        "peak_bytes": peak_bytes,
        "process_seconds": process_seconds,
    }


ROW = Row("copy", "Copy of a large object", run)
