"""What the emulator does where a service invokes a function: the part of the launcher, and MiniStack as it comes.

When a test fails for `stock`, MiniStack does that part itself: drop it from the launcher.
"""

from __future__ import annotations

import io
import json
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tools.emulator import LAMBDA_ACCOUNT, LAUNCHER, REGION, Emulator

STOCK = "from ministack import app\napp.main()\n"
FUNCTION = f"arn:aws:lambda:{REGION}:{LAMBDA_ACCOUNT}:function:failing"
RULE = f"arn:aws:events:{REGION}:{LAMBDA_ACCOUNT}:rule/orders"
TOPIC = f"arn:aws:sns:{REGION}:{LAMBDA_ACCOUNT}:orders"
BUCKET = "arn:aws:s3:::orders-of-the-emulator"
SERVICES = {"events": RULE, "sns": TOPIC, "s3": BUCKET}
# Leaves a line for each invocation, and fails.
_CODE = """
import os
def handler(event, context):
    with open(os.environ["SEEN"], "a") as seen:
        seen.write("x")
    raise RuntimeError("as it should")
"""


class Triggers:
    """A function that always fails, and a rule, a topic and a bucket that invoke it, with their dead-letter queue."""

    def __init__(self, emulator: Emulator, *, stock: bool) -> None:
        self.stock = stock
        self._emulator = emulator
        self._seen = emulator.folder / "seen"
        self._sqs = self._client("sqs")
        self._functions = self._client("lambda")
        self._queues = {name: self._sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("dead", "destination")}
        self._make_function()
        self._make_sources()

    def permit(self, service: str | None) -> None:
        """Let this service invoke the function, for its resource, and no other."""
        for statement in SERVICES:
            try:
                self._functions.remove_permission(FunctionName="failing", StatementId=statement)
            except self._functions.exceptions.ResourceNotFoundException:
                continue
        if service:
            self._functions.add_permission(
                FunctionName="failing",
                StatementId=service,
                Action="lambda:InvokeFunction",
                Principal=f"{service}.amazonaws.com",
                SourceArn=SERVICES[service],
                SourceAccount=LAMBDA_ACCOUNT,
            )

    def accept(self, service: str | None) -> None:
        """Have the dead-letter queue take what this service sends to it, and nothing of others."""
        allowed = {
            "Effect": "Allow",
            "Principal": {"Service": f"{service or 'nobody'}.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": f"arn:aws:sqs:{REGION}:{LAMBDA_ACCOUNT}:dead",
            "Condition": {"ArnEquals": {"aws:SourceArn": SERVICES.get(service or "", "arn:aws:s3:::none")}},
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
        self._sqs.set_queue_attributes(QueueUrl=self._queues["dead"], Attributes={"Policy": policy})

    def tell(self, service: str) -> None:
        """Have an event of this service come."""
        if service == "events":
            entry = {"Source": "acme.orders", "DetailType": "Order", "Detail": '{"order": 1}'}
            self._client("events").put_events(Entries=[entry])
        elif service == "sns":
            self._client("sns").publish(TopicArn=TOPIC, Message="order 1")
        else:
            self._client("s3").put_object(Bucket=BUCKET.rpartition(":")[2], Key="order-1", Body=b"")

    def came(self, expected: dict[str, int]) -> dict[str, int]:
        """How often the function was invoked, and how many messages each queue holds: as expected, or after a while."""
        deadline = time.monotonic() + 10
        while (found := self._count()) != expected and time.monotonic() < deadline:
            time.sleep(0.1)
        time.sleep(0.5)  # in which nothing more must come
        return self._count() if found == expected else found

    def bodies(self, name: str) -> list[Any]:
        received = self._sqs.receive_message(QueueUrl=self._queues[name], MaxNumberOfMessages=10, VisibilityTimeout=0)
        return [json.loads(message["Body"]) for message in received.get("Messages", ())]

    def forget(self) -> None:
        self._seen.write_text("")
        for url in self._queues.values():
            self._sqs.purge_queue(QueueUrl=url)

    def _count(self) -> dict[str, int]:
        found = {"invoked": len(self._seen.read_text())}
        for name, url in self._queues.items():
            attributes = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
            found[name] = int(attributes["Attributes"]["ApproximateNumberOfMessages"])
        return found

    def _make_function(self) -> None:
        package = io.BytesIO()
        with zipfile.ZipFile(package, "w") as archive:
            archive.writestr("failing.py", _CODE)
        trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        self._client("iam").create_role(RoleName="failing", AssumeRolePolicyDocument=document)
        self._functions.create_function(
            FunctionName="failing",
            Role=f"arn:aws:iam::{LAMBDA_ACCOUNT}:role/failing",
            Runtime="python3.13",
            Handler="failing.handler",
            Code={"ZipFile": package.getvalue()},
            Environment={"Variables": {"SEEN": str(self._seen)}},
        )
        destination = {"Destination": f"arn:aws:sqs:{REGION}:{LAMBDA_ACCOUNT}:destination"}
        self._functions.put_function_event_invoke_config(
            FunctionName="failing", MaximumRetryAttempts=1, DestinationConfig={"OnFailure": destination}
        )

    def _make_sources(self) -> None:
        dead = f"arn:aws:sqs:{REGION}:{LAMBDA_ACCOUNT}:dead"
        events, sns, s3 = self._client("events"), self._client("sns"), self._client("s3")
        events.put_rule(Name="orders", EventPattern='{"source": ["acme.orders"]}')
        events.put_targets(
            Rule="orders", Targets=[{"Id": "function", "Arn": FUNCTION, "DeadLetterConfig": {"Arn": dead}}]
        )
        sns.create_topic(Name="orders")
        redrive = {"RedrivePolicy": json.dumps({"deadLetterTargetArn": dead})}
        sns.subscribe(TopicArn=TOPIC, Protocol="lambda", Endpoint=FUNCTION, Attributes=redrive)
        bucket = BUCKET.rpartition(":")[2]
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        notification = {"LambdaFunctionArn": FUNCTION, "Events": ["s3:ObjectCreated:*"]}
        self.permit("s3")
        s3.put_bucket_notification_configuration(
            Bucket=bucket, NotificationConfiguration={"LambdaFunctionConfigurations": [notification]}
        )

    def _client(self, service: str) -> Any:
        return self._emulator.client(service, LAMBDA_ACCOUNT)


@pytest.fixture(scope="module", params=["launcher", "stock"])
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Triggers]:
    launcher: Path = LAUNCHER
    if request.param == "stock":
        launcher = tmp_path_factory.mktemp("stock") / "stock.py"
        launcher.write_text(STOCK)
    with Emulator(launcher=launcher) as emulator:
        yield Triggers(emulator, stock=request.param == "stock")


@pytest.fixture
def triggers(made: Triggers) -> Triggers:
    made.forget()
    return made


def _expect(triggers: Triggers, on_aws: dict[str, int], on_stock: dict[str, int]) -> None:
    usual = {"invoked": 0, "dead": 0, "destination": 0}
    expected = {**usual, **(on_stock if triggers.stock else on_aws)}

    assert triggers.came(expected) == expected


# MiniStack invokes a function once for SNS and EventBridge, whoever may, and as often as Lambda does for S3.
_STOCK: dict[str, dict[str, int]] = {
    "events": {"invoked": 1},
    "sns": {"invoked": 1},
    "s3": {"invoked": 2, "destination": 1},
}
_each_service: Callable[..., Any] = pytest.mark.parametrize("service", SERVICES)


@_each_service
def test_an_event_that_fails_is_tried_again_and_goes_to_the_destination(triggers: Triggers, service: str) -> None:
    triggers.permit(service)
    triggers.accept(service)

    triggers.tell(service)

    _expect(triggers, {"invoked": 2, "destination": 1}, _STOCK[service])


@_each_service
def test_a_service_without_a_permission_does_not_invoke(triggers: Triggers, service: str) -> None:
    another = {"events": "sns", "sns": "s3", "s3": "events"}[service]
    triggers.permit(another)
    triggers.accept(service)

    triggers.tell(service)

    _expect(triggers, {} if service == "s3" else {"dead": 1}, _STOCK[service])


@pytest.mark.parametrize("service", ["events", "sns"])
def test_a_dead_letter_needs_the_policy_of_its_queue(triggers: Triggers, service: str) -> None:
    triggers.permit(None)
    triggers.accept(None)

    triggers.tell(service)

    _expect(triggers, {}, _STOCK[service])


def test_a_dead_letter_is_the_event_itself(triggers: Triggers) -> None:
    if triggers.stock:
        pytest.skip("MiniStack as it comes has none")
    triggers.permit(None)
    triggers.accept("events")

    triggers.tell("events")

    _expect(triggers, {"dead": 1}, {})
    [event] = triggers.bodies("dead")
    assert (event["source"], event["detail"]) == ("acme.orders", {"order": 1})
