"""The most memory that a copy takes, and whether that grows with the object."""

from __future__ import annotations

from bench.measure import GIB, KIB, MIB, WRITER, Gate, Outcome, Row, Series, size_text
from bench.setting import UNPACED, WRITER_MODULE, Setting

_BOUND = 160e6


def run(setting: Setting) -> Outcome:
    sizes = (128 * MIB, 256 * MIB) if setting.quick else (512 * MIB, 5 * GIB)
    small = setting.source(KIB)
    setting.pace(UNPACED)
    series: list[Series] = []
    for size in sizes:
        for name, module in ((WRITER, WRITER_MODULE), ("upload_fileobj", "upload_fileobj")):
            setting.say(f"{name}: {size_text(size)}")
            ran = setting.invoke(module, event=setting.source(size), warm_up=small)
            setting.check(size)
            one = Series(name, size_text(size))
            [seconds] = ran.seconds[module]
            one.add({"peak_bytes": ran.peak_bytes, "seconds": seconds, "bytes_a_second": size / seconds})
            series.append(one)
    smaller, larger = (one.median("peak_bytes") for one in series if one.contender == WRITER)
    return Outcome(
        series,
        [
            Gate(f"peak memory, {series[-1].condition}", larger / 1e6, _BOUND / 1e6, " MB"),
            Gate(f"peak memory, {size_text(sizes[1])} against {size_text(sizes[0])}", larger / smaller, 1.1, "x"),
        ],
    )


ROW = Row("memory", "Memory of a very large copy", run)
