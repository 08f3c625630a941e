"""The five lines of the README, and the ways in that no example shows, in a root of their own.

The queues, topics and buckets are there before, as they are in somebody's account.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.plan import roots
from tools.emulator import LAMBDA_ACCOUNT, REGION, S3_ACCOUNT, Emulator

WAIT_SECONDS = 30
SOURCES: Mapping[str, Any] = {
    "queues": {
        "orders": {"arn": f"arn:aws:sqs:{REGION}:{LAMBDA_ACCOUNT}:orders", "holds": "messages"},
        "requests": {"arn": f"arn:aws:sqs:{REGION}:{LAMBDA_ACCOUNT}:requests", "holds": "requests"},
        "imports": {"arn": f"arn:aws:sqs:{REGION}:{LAMBDA_ACCOUNT}:imports", "holds": "notifications"},
    },
    "buckets": {
        "uploads": {"name": "acme-uploads", "prefixes": ["in/"], "told_by": "eventbridge"},
        "imports": {"name": "acme-imports", "prefixes": ["in/"], "told_by": "queue:imports"},
        "exports": {"name": "acme-exports", "prefixes": ["in/"], "told_by": "topic:exports"},
    },
    "topics": {
        "alerts": {
            "arn": f"arn:aws:sns:{REGION}:{LAMBDA_ACCOUNT}:alerts",
            "holds": "messages",
            "filter_policy": '{"severity": ["high"]}',
        },
        "exports": {"arn": f"arn:aws:sns:{REGION}:{LAMBDA_ACCOUNT}:exports", "holds": "notifications"},
    },
    "email": {
        "inbound": {
            "bucket": "acme-mail",
            "prefixes": ["received/"],
            "topic_arn": f"arn:aws:sns:{REGION}:{LAMBDA_ACCOUNT}:mail",
        }
    },
    "rules": {"payments": {"pattern": '{"source": ["acme.payments"]}', "bus": "payments"}},
}
INPUTS = {
    "name": "archive",
    "bucket": {"name": "acme-archive"},
    "writer": {"object_key": "objects/{source_bucket}/{source_key}"},
    "sources": SOURCES,
}


class _Account:
    """The function's account with its sources, and what arrives in the other one."""

    def __init__(self, emulator: Emulator) -> None:
        self.sqs, self.sns, self.s3, self.events = (
            emulator.client(service, LAMBDA_ACCOUNT) for service in ("sqs", "sns", "s3", "events")
        )
        self._archive = emulator.client("s3", S3_ACCOUNT)
        self._emulator = emulator

    def arrived(self, ending: str) -> bytes:
        """The object of the archive whose key ends so, once it is there."""
        end = time.monotonic() + WAIT_SECONDS
        while True:
            keys = self.archived()
            if found := [key for key in keys if key.endswith(ending)]:
                body: bytes = self._archive.get_object(Bucket="acme-archive", Key=found[0])["Body"].read()
                return body
            assert time.monotonic() < end, f"no {ending} among {keys}:\n{self._emulator.log[-3000:]}"
            time.sleep(0.2)

    def archived(self) -> list[str]:
        return [found["Key"] for found in self._archive.list_objects_v2(Bucket="acme-archive").get("Contents", ())]

    def make_sources(self) -> None:
        """With the policies and settings that the README asks for at the source."""
        for name in ("orders", "requests", "imports"):
            self.sqs.create_queue(QueueName=name, Attributes={"VisibilityTimeout": "360"})
        for name in ("alerts", "exports", "mail"):
            self.sns.create_topic(Name=name)
        for name in ("uploads", "imports", "exports", "mail"):
            location = {"LocationConstraint": REGION}
            self.s3.create_bucket(Bucket=f"acme-{name}", CreateBucketConfiguration=location)
        self.events.create_event_bus(Name="payments")
        queue, topic = (SOURCES[kind][key]["arn"] for kind, key in (("queues", "imports"), ("topics", "exports")))
        self.sqs.set_queue_attributes(
            QueueUrl=self._url("imports"), Attributes={"Policy": _lets_s3("sqs:SendMessage", queue)}
        )
        self.sns.set_topic_attributes(
            TopicArn=topic, AttributeName="Policy", AttributeValue=_lets_s3("sns:Publish", topic)
        )
        created = ["s3:ObjectCreated:*"]
        self._notify("acme-uploads", {"EventBridgeConfiguration": {}})
        self._notify("acme-imports", {"QueueConfigurations": [{"QueueArn": queue, "Events": created}]})
        self._notify("acme-exports", {"TopicConfigurations": [{"TopicArn": topic, "Events": created}]})

    def send(self, queue: str, body: str) -> str:
        message_id: str = self.sqs.send_message(QueueUrl=self._url(queue), MessageBody=body)["MessageId"]
        return message_id

    def publish(self, topic: str, message: str, **attributes: str) -> str:
        values = {name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()}
        arn = f"arn:aws:sns:{REGION}:{LAMBDA_ACCOUNT}:{topic}"
        message_id: str = self.sns.publish(TopicArn=arn, Message=message, MessageAttributes=values)["MessageId"]
        return message_id

    def _notify(self, bucket: str, configuration: Mapping[str, Any]) -> None:
        self.s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=configuration)

    def _url(self, queue: str) -> str:
        url: str = self.sqs.get_queue_url(QueueName=queue)["QueueUrl"]
        return url


def _lets_s3(action: str, arn: str) -> str:
    statement = {"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": action, "Resource": arn}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Account]:
    """The module is applied, and the plan after it is empty."""
    with Emulator() as emulator:
        account = _Account(emulator)
        account.make_sources()
        workspace = roots.write(tmp_path_factory.mktemp("ways-in"), {"archive": INPUTS}, emulator)
        workspace.apply()
        plan, warnings = workspace.plan()
        changed = {
            one["address"]: one["change"]["actions"]
            for one in plan["resource_changes"]
            if one["change"]["actions"] not in (["no-op"], ["read"])
        }
        assert (changed, warnings) == ({}, [])
        yield account


def test_a_message_of_a_queue(account: _Account) -> None:
    assert account.arrived(account.send("orders", "order 1")) == b"order 1"


def test_a_request_of_a_queue(account: _Account) -> None:
    account.send("requests", '{"key": "chosen", "body": "as asked"}')

    assert account.arrived("chosen") == b"as asked"


@pytest.mark.parametrize("bucket", ["acme-uploads", "acme-imports", "acme-exports"])
def test_an_object_of_a_bucket(account: _Account, bucket: str) -> None:
    """Told of by EventBridge, through a queue, and through a topic."""
    account.s3.put_object(Bucket=bucket, Key="in/a b", Body=b"object")

    assert account.arrived(f"objects/{bucket}/in/a b") == b"object"


def test_a_message_of_a_topic(account: _Account) -> None:
    low, high = (account.publish("alerts", f"{severity} alert", severity=severity) for severity in ("low", "high"))

    assert account.arrived(high) == b"high alert"
    assert not [key for key in account.archived() if key.endswith(low)]


def test_a_mail(account: _Account) -> None:
    account.s3.put_object(Bucket="acme-mail", Key="received/d6iitobk", Body=b"mail")
    action = {"type": "S3", "bucketName": "acme-mail", "objectKey": "received/d6iitobk"}
    mail = {"timestamp": "2026-02-03T04:05:05.000Z", "messageId": "d6iitobk"}
    account.publish("mail", json.dumps({"notificationType": "Received", "mail": mail, "receipt": {"action": action}}))

    assert account.arrived("objects/acme-mail/received/d6iitobk") == b"mail"


def test_an_event_of_a_bus(account: _Account) -> None:
    entry = {"Source": "acme.payments", "DetailType": "Paid", "Detail": '{"sum": 7}', "EventBusName": "payments"}
    event_id = account.events.put_events(Entries=[entry])["Entries"][0]["EventId"]

    assert json.loads(account.arrived(event_id))["detail"] == {"sum": 7}
