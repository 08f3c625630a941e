"""How time and memory grow: with the object, with the batch, and with what is done at once."""

from __future__ import annotations

from collections.abc import Iterator

from bench.measure import GIB, KIB, MIB, WRITER, Outcome, Row, Series, size_text
from bench.setting import PACED, WRITER_MODULE, Setting, batch

_SIZES = (KIB, 64 * KIB, MIB, 8 * MIB, 64 * MIB, 512 * MIB, GIB, 5 * GIB)
_STREAMED = "upload_fileobj"
_STREAMED_MOST = GIB  # five of them would take it more than a minute
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
        for name, module in ((WRITER, WRITER_MODULE), (_STREAMED, "upload_fileobj")):
            if name == _STREAMED and size > _STREAMED_MOST:
                continue
            setting.say(f"{name}: {size:,} bytes")
            event = setting.source(size)
            times = 5 if size <= 8 * MIB else 1
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
            # One of each was the warm-up's.
            series.add({"gets": (gets - 1) / times, "puts": (puts - 1) / times})
            yield series


def batches(setting: Setting) -> Outcome:
    return Outcome([_batch(setting, size, 8) for size in (_QUICK_BATCHES if setting.quick else _BATCHES)])


def concurrency(setting: Setting) -> Outcome:
    size, workers = (64, _QUICK_WORKERS) if setting.quick else (128, _WORKERS)
    return Outcome([_batch(setting, size, number) for number in workers])


def _batch(setting: Setting, size: int, workers: int) -> Series:
    setting.say(f"{size:,} messages, {workers} at once")
    setting.pace(PACED)
    ran = setting.invoke(WRITER_MODULE, event=batch(size), warm_up=batch(1), CONCURRENCY=str(workers))
    [seconds], [cpu_seconds] = ran.seconds[WRITER_MODULE], ran.cpu_seconds[WRITER_MODULE]
    series = Series(WRITER, f"{size:,} messages, {workers} at once")
    series.add({"seconds": seconds, "cpu_seconds": cpu_seconds, "peak_bytes": ran.peak_bytes})
    series.add({"messages": size, "workers": workers})
    return series


OBJECTS = Row("scale-objects", "Scale: the object's size", objects)
BATCH_SIZES = Row("scale-batches", "Scale: the batch's size", batches)
CONCURRENCY = Row("scale-concurrency", "Scale: what is done at once", concurrency)
