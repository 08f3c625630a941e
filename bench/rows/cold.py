"""A cold start: from the import of the handler to its first answer, in a fresh process."""

from __future__ import annotations

from functools import partial

from bench.measure import KIB, WRITER, Outcome, Row, Sample, by_name, in_turn, ratio_gate, ratios
from bench.setting import UNPACED, WRITER_MODULE, Setting, direct


def run(setting: Setting) -> Outcome:
    setting.pace(UNPACED)
    times = 4 if setting.quick else 21
    copied, put = setting.source(KIB), direct(KIB)

    def first(module: str, event: object) -> Sample:
        ran = setting.invoke(module, event=event)
        seconds, cpu_seconds = ran.first[module]
        return {"seconds": seconds, "cpu_seconds": cpu_seconds, "peak_bytes": ran.peak_bytes}

    contenders = {
        WRITER: partial(first, WRITER_MODULE, copied),
        "two boto3 sessions": partial(first, "two_sessions", copied),
    }
    copies = in_turn(setting, times, "copies 1 KiB", contenders)
    contenders = {WRITER: partial(first, WRITER_MODULE, put), "seed": partial(first, "seed", put)}
    puts = in_turn(setting, 2 if setting.quick else 15, "puts 1 KiB", contenders)
    found = by_name(copies)
    gate = ratio_gate("cold start against two boto3 sessions", ratios(found[WRITER], found["two boto3 sessions"]), 0.65)
    return Outcome([*copies, *puts], [gate])


ROW = Row("cold", "Cold start", run)
