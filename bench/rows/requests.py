"""The requests to S3 that a small new object takes."""

from __future__ import annotations

from bench.measure import KIB, WRITER, Gate, Outcome, Row, Series
from bench.setting import UNPACED, WRITER_MODULE, Setting

_TIMES = 2
_CONTENDERS = {
    WRITER: WRITER_MODULE,
    "two boto3 sessions": "two_sessions",
    "upload_fileobj": "upload_fileobj",
    "s3transfer": "transfer_manager",
}


def run(setting: Setting) -> Outcome:
    found = []
    for name, module in _CONTENDERS.items():
        setting.say(name)
        event = setting.source(KIB)
        setting.pace(UNPACED)
        setting.invoke(module, event=event, times=_TIMES)
        requests = setting.requests()
        setting.check(KIB)
        series = Series(name, "copies 1 KiB")
        series.add({name: count / _TIMES for name, count in requests.items() if name != "AssumeRole"})
        found.append(series)
    ours = {operation: count for operation, [count] in found[0].samples.items()}
    gets, puts, heads = (ours.pop(operation, 0) for operation in ("GetObject", "PutObject", "HeadObject"))
    return Outcome(
        found,
        [
            Gate("GETs for a small new key", gets, 1),
            Gate("PUTs for a small new key", puts, 1),
            Gate("HEADs for a small new key", heads, 1),  # the second look at the source
            Gate("other requests for a small new key", sum(ours.values()), 0),
        ],
    )


ROW = Row("requests", "Requests for a small object", run)
