"""A batch of SQS, against a loop over its messages."""

from __future__ import annotations

from functools import partial

from bench.measure import WRITER, Outcome, Row, Sample, by_name, in_turn, ratio_gate, ratios
from bench.setting import PACED, WRITER_MODULE, Setting, batch

_LOOP = "sequential loop"


def run(setting: Setting) -> Outcome:
    size = 50 if setting.quick else 1_000
    event, one = batch(size), batch(1)
    setting.pace(PACED)

    def invoke(module: str) -> Sample:
        ran = setting.invoke(module, event=event, warm_up=one)
        [seconds], [cpu_seconds] = ran.seconds[module], ran.cpu_seconds[module]
        return {"seconds": seconds, "cpu_seconds": cpu_seconds, "peak_bytes": ran.peak_bytes}

    contenders = {WRITER: partial(invoke, WRITER_MODULE), _LOOP: partial(invoke, "sequential_batch")}
    series = in_turn(setting, 2, f"{size:,} messages, {PACED}", contenders)
    found = by_name(series)
    what = f"batch of {size:,} messages against a sequential loop, paced"
    return Outcome(series, [ratio_gate(what, ratios(found[_LOOP], found[WRITER]), 5, at_least=True)])


ROW = Row("batch", "Batch of SQS", run)
