"""examples/fan-out: one event is an object in the buckets of two accounts."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

from tests.conftest import Applied
from tests.writer import eventually
from tools.emulator import LAMBDA_ACCOUNT
from tools.trials import account_of


def test_an_event_arrives_in_both_accounts(fan_out: Applied) -> None:
    emulator, outputs = fan_out.example.emulator, fan_out.example.outputs()
    event = {"Source": "acme.orders", "DetailType": "Order placed", "Detail": json.dumps({"id": "fan-out"})}
    emulator.client("events", LAMBDA_ACCOUNT).put_events(Entries=[event])

    accounts = {name: account_of(output["s3_role"]) for name, output in outputs.items()}
    assert accounts == {"archive": "222222222222", "partner": "555555555555"}
    for name, account in accounts.items():
        s3, bucket = emulator.client("s3", account), outputs[name]["bucket"]["name"]
        eventually(partial(_holds, s3, bucket))


def _holds(s3: Any, bucket: str) -> bool:
    """Whether the event is among the objects of a bucket."""
    listed = s3.list_objects_v2(Bucket=bucket, Prefix="events/").get("Contents", [])
    return any(b'"fan-out"' in s3.get_object(Bucket=bucket, Key=one["Key"])["Body"].read() for one in listed)
