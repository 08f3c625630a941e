"""How often the role is assumed while the function is warm."""

from __future__ import annotations

from bench.measure import KIB, WRITER, Gate, Outcome, Row, Series
from bench.setting import UNPACED, WRITER_MODULE, Setting, direct


def run(setting: Setting) -> Outcome:
    series = []
    calls = {}
    for name, module, times in ((WRITER, WRITER_MODULE, 500 if setting.quick else 10_000), ("seed", "seed", 5)):
        setting.say(f"{name}: {times} invocations")
        setting.pace(UNPACED)
        setting.invoke(module, event=direct(KIB), times=times)
        calls[name] = setting.requests()["AssumeRole"]
        one = Series(name, f"{times:,} invocations")
        one.add({"sts_calls": calls[name]})
        series.append(one)
    return Outcome(series, [Gate(f"STS calls in {series[0].condition}", calls[WRITER], 1)])


ROW = Row("credentials", "Calls of STS", run)
