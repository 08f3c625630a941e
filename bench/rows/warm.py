"""A warm invocation that puts 1 KB, against the bare call of the SDK, in one process and in turn."""

from __future__ import annotations

import statistics

from bench.measure import KIB, WRITER, Outcome, Row, Series, ratio_gate
from bench.setting import UNPACED, WRITER_MODULE, Setting, direct

_BARE, _SEED = "bare_put", "seed"


def run(setting: Setting) -> Outcome:
    setting.pace(UNPACED)
    processes, times = (2, 150) if setting.quick else (7, 300)
    writer, bare, seed = (Series(name, "puts 1 KiB") for name in (WRITER, "bare put_object", "seed"))
    found: list[float] = []
    event = direct(KIB)
    for number in range(processes):
        setting.say(f"process {number + 1} of {processes}")
        ran = setting.invoke(WRITER_MODULE, _BARE, event=event, warm_up=event, times=times)
        for series, module in ((writer, WRITER_MODULE), (bare, _BARE)):
            series.add(
                {
                    "seconds": statistics.median(ran.seconds[module]),
                    "cpu_seconds": sum(ran.cpu_seconds[module]) / times,
                }
            )
        pairs = zip(ran.seconds[WRITER_MODULE], ran.seconds[_BARE], strict=True)
        found.append(statistics.median(ours / theirs for ours, theirs in pairs))
    ran = setting.invoke(_SEED, event=event, warm_up=event, times=3)
    seed.add({"seconds": statistics.median(ran.seconds[_SEED]), "cpu_seconds": sum(ran.cpu_seconds[_SEED]) / 3})
    return Outcome([writer, bare, seed], [ratio_gate("warm put of 1 KB against bare put_object", found, 1.15)])


ROW = Row("warm", "Warm invocation", run)
