"""How time and memory grow: with the object, with the batch, and with what is done at once."""

from __future__ import annotations

from collections.abc import Iterator

from bench.measure import GIB, KIB, MIB, WRITER, Outcome, Row, Series, size_text
from bench.setting import PACED, WRITER_MODULE, Setting, batch

_SIZES = (KIB, 64 * KIB, MIB, 8 * MIB, 64 * MIB, 512 * MIB, GIB, 5 * GIB)
# By name: the module, and the largest object that it is asked for. Of more it would take minutes, or gigabytes.
_CONTENDERS = {
    WRITER: (WRITER_MODULE, 5 * GIB),
    "upload_fileobj": ("upload_fileobj", GIB),
    "seed": ("seed", MIB),
}
_QUICK_SIZES = (KIB, MIB, 64 * MIB)
_BATCHES = (1, 10, 100, 1_000, 10_000)
_QUICK_BATCHES = (1, 10, 100)
_WORKERS = (1, 2, 4, 8, 16, 32, 64)
_QUICK_WORKERS = (1, 8, 64)


def objects(setting: Setting) -> Outcome:
    return Outcome(list(_objects(setting)))


def _objects(setting: Setting) -> Iterator[Series]:
    small = setting.source(KIB)
    for size in _QUICK_SIZES if setting.quick else _SIZES:
        for name, (module, most) in _CONTENDERS.items():
            if size > most:
                continue
            setting.say(f"{name}: {size_text(size)}")
            event = setting.source(size)
            times = 1 if size > 8 * MIB else 3 if setting.quick else 5
            setting.pace(PACED)
            ran = setting.invoke(module, event=event, warm_up=small, times=times)
            requests = setting.requests()
            setting.check(size)
            gets = requests["GetObject"] + requests["HeadObject"]
            puts = requests.total() - requests["AssumeRole"] - gets
            series = Series(name, size_text(size))
            for seconds, cpu_seconds in zip(ran.seconds[module], ran.cpu_seconds[module], strict=True):
                series.add({"seconds": seconds, "cpu_seconds": cpu_seconds})
            series.add({"peak_bytes": ran.peak_bytes, "size": size})
            # The warm-up's copy was one PUT, and one look at the source: the writer looks again after it has written.
            looks = 2 if name == WRITER else 1
            series.add({"gets": (gets - looks) / times, "puts": (puts - 1) / times})
            yield series


def batches(setting: Setting) -> Outcome:
    return Outcome([_batch(setting, size, 32) for size in (_QUICK_BATCHES if setting.quick else _BATCHES)])


def concurrency(setting: Setting) -> Outcome:
    size, workers = (32, _QUICK_WORKERS) if setting.quick else (128, _WORKERS)
    return Outcome([_batch(setting, size, number) for number in workers])


def _batch(setting: Setting, size: int, workers: int) -> Series:
    condition = f"{size:,} {'message' if size == 1 else 'messages'}, {workers} at once"
    setting.say(condition)
    setting.pace(PACED)
    ran = setting.invoke(WRITER_MODULE, event=batch(size), warm_up=batch(1), CONCURRENCY=str(workers))
    [seconds], [cpu_seconds] = ran.seconds[WRITER_MODULE], ran.cpu_seconds[WRITER_MODULE]
    series = Series(WRITER, condition)
    series.add({"seconds": seconds, "cpu_seconds": cpu_seconds, "peak_bytes": ran.peak_bytes})
    series.add({"messages": size, "workers": workers})
    return series


OBJECTS = Row("scale-objects", "Scale: the object's size", objects)
BATCH_SIZES = Row("scale-batches", "Scale: the batch's size", batches)
CONCURRENCY = Row("scale-concurrency", "Scale: what is done at once", concurrency)
