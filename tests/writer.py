"""The writer, configured as the tests have it, and run between two buckets of the double of S3."""

from __future__ import annotations

import json
import time
import types
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from cross_account_s3 import function, handler, session
from cross_account_s3.config import Config
from cross_account_s3.model import Rules, Sources

from tests.support.cloud import Client
from tests.support.environment import S3_ACCOUNT, every_way, function_variables, queue

Tell = Callable[..., None]
LAMBDA_ACCOUNT = "111111111111"
CONFIG = Config(
    bucket="acme-inbound-mail",
    region="eu-central-1",
    account_id=S3_ACCOUNT,
    role_arn=f"arn:aws:iam::{S3_ACCOUNT}:role/inbound-mail-s3-writer",
    external_id=None,
    source_identity=None,
    key_prefixes=("inbox/", "reports/2026/"),
    session_seconds=3600,
    session_name="inbound-mail",
    rules=Rules("inbox/", sources=Sources(frozenset({"source", "versions"}))),
)
# What Lambda itself sets.
_LAMBDA = {
    "AWS_ACCESS_KEY_ID": "ASIAFUNCTION",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "AWS_SESSION_TOKEN": "token",
    "AWS_REGION": "eu-central-1",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_LAMBDA_FUNCTION_NAME": "inbound-mail",
}


def environment(endpoint: str, *, permissions: tuple[str, ...] = (), **changed: str) -> dict[str, str]:
    """The variables of a function that writes to the bucket ``destination``, with everything at one endpoint."""
    sources = every_way("destination", "source", "versions")
    usual = function_variables("destination", permissions=permissions, sources=sources, PART_SIZE_MIB="5")
    return {**_LAMBDA, **usual, "AWS_ENDPOINT_URL": endpoint, **changed}


class Context:
    """What Lambda tells the handler of an invocation: here, how much time there is."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def get_remaining_time_in_millis(self) -> int:
        return max(0, round(1000 * (self._end - time.monotonic())))


class Function:
    """The writer in this process, as a function that has just been started; its buckets are those of the double.

    ``source`` keeps no versions, ``versions`` does, and so does ``destination``.
    """

    def __init__(self, cloud: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        self.cloud = cloud
        self._monkeypatch = monkeypatch
        cloud.bucket("source", owner=LAMBDA_ACCOUNT)
        cloud.bucket("versions", versioned=True, owner=LAMBDA_ACCOUNT)
        cloud.bucket("destination", versioned=True, owner=S3_ACCOUNT)
        self.start()

    def start(self, **changed: Any) -> None:
        for name, value in environment(self.cloud.endpoint, **changed).items():
            self._monkeypatch.setenv(name, value)
        self.stop()

    def stop(self) -> None:
        """Nothing of it is left in this process."""
        for made_once in (
            function.config,
            function.own_session,
            function.destination_client,
            function.destination,
            function.source,
        ):
            made_once.cache_clear()

    def invoke(self, event: object, seconds: float = 60) -> Mapping[str, Any]:
        """The handler's answer; it raises what the handler raises, whose text is ``<stage>.<code>: ...``."""
        return handler.handler(event, Context(seconds))


def let_minutes_pass(monkeypatch: pytest.MonkeyPatch, minutes: float) -> None:
    """For the credentials of the role: STS was asked so many minutes ago."""
    clock = types.SimpleNamespace(**{**vars(time), "time": lambda: time.time() + 60 * minutes})
    monkeypatch.setattr(session, "time", clock)


def created(bucket: str, key: str, *, etag: str = "", version_id: str | None = None, sequencer: str = "01") -> Any:
    """The record of an S3 notification; keys here need no encoding."""
    about = {"key": key, "eTag": etag or None, "versionId": version_id, "sequencer": sequencer}
    s3 = {"bucket": {"name": bucket}, "object": about}
    return {"eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "eventTime": "2026-02-03T04:05:06Z", "s3": s3}


def message(message_id: str, body: str | Mapping[str, Any], *, group: str | None = None, delivery: int = 1) -> Any:
    """A message of a batch: of a FIFO queue, if it is in a group. A body that is no text is sent as JSON.

    It is of the queue that holds such messages: notifications, if it is of S3, requests, if it is another object.
    """
    holds = (
        "messages" if isinstance(body, str) else "notifications" if {"Records", "Event"} & body.keys() else "requests"
    )
    attributes = {"SentTimestamp": "1770091506789", "ApproximateReceiveCount": str(delivery)} | (
        {"MessageGroupId": group} if group else {}
    )
    return {
        "messageId": message_id,
        "body": body if isinstance(body, str) else json.dumps(body),
        "attributes": attributes,
        "eventSource": "aws:sqs",
        "eventSourceARN": f"{queue(holds)}.fifo" if group else queue(holds),
    }


def eventually(condition: Callable[[], object], seconds: float = 30) -> None:
    """Wait until a condition holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)
