"""Event sources, by the emulator's own triggers: from `terraform apply` to the object in the other account.

The tests of an example stand in the order of its life, and the last one takes it away.
"""

from __future__ import annotations

import contextlib
import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

import pytest

from tests.conftest import Applied
from tests.support.events import job
from tools.emulator import LAMBDA_ACCOUNT, S3_ACCOUNT
from tools.environments import ROOT
from tools.example import Example
from tools.trials import Actors, Credentials, Trial, judge

MESSAGE = (ROOT / "examples" / "basic" / "message.eml").read_bytes()
WAIT_SECONDS = 60

Found = TypeVar("Found")


class _Account:
    """An applied example, and what its tests do in its two accounts."""

    def __init__(self, example: Example) -> None:
        self.example = example
        self.outputs = example.workspace.outputs()
        self.sqs = self._client("sqs")
        self.sns = self._client("sns")
        self.ses = self._client("ses")
        self.events = self._client("events")
        self.functions = self._client("lambda")
        self.sources = self._client("s3")
        self.archive = example.emulator.client("s3", S3_ACCOUNT)
        self._bucket = self.outputs["bucket"]["name"]

    def arrived(self, key: str) -> Any:
        """The object of the archive whose key ends so, once it is there."""
        found = self.until(lambda: [name for name in self.archived() if name.endswith(key)], f"object at {key}")
        [name] = found
        return {"Key": name, **self.archive.get_object(Bucket=self._bucket, Key=name)}

    def archived(self) -> list[str]:
        return [found["Key"] for found in self.archive.list_objects_v2(Bucket=self._bucket).get("Contents", ())]

    def versions(self) -> list[str]:
        """The keys of the archive, each as often as it was written."""
        return [found["Key"] for found in self.archive.list_object_versions(Bucket=self._bucket).get("Versions", ())]

    def until(self, look: Callable[[], Found], what: str) -> Found:
        """What a look finds, as soon as it finds something."""
        deadline = time.monotonic() + WAIT_SECONDS
        while not (found := look()):
            assert time.monotonic() < deadline, (
                f"no {what} after {WAIT_SECONDS} s:\n{self.example.emulator.log[-3000:]}"
            )
            time.sleep(0.2)
        return found

    def waiting(self, queue_url: str) -> int:
        """How many messages a queue holds, seen or unseen."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=names)["Attributes"]
        return sum(int(found[name]) for name in names)

    def bodies(self, queue_url: str) -> list[str]:
        """What the messages of a queue say. They stay there."""
        received = self.sqs.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10, VisibilityTimeout=0)
        return [message["Body"] for message in received.get("Messages", ())]

    def move(self, source_url: str, target_url: str) -> None:
        """Do what StartMessageMoveTask does, which the emulator does not have."""
        for message in self.sqs.receive_message(QueueUrl=source_url, MaxNumberOfMessages=10)["Messages"]:
            self.sqs.send_message(QueueUrl=target_url, MessageBody=message["Body"])
            self.sqs.delete_message(QueueUrl=source_url, ReceiptHandle=message["ReceiptHandle"])

    def url(self, arn: str) -> str:
        url: str = self.sqs.get_queue_url(QueueName=arn.rpartition(":")[2])["QueueUrl"]
        return url

    @contextlib.contextmanager
    def refusing(self, keys: str = "*") -> Iterator[None]:
        """The archive takes no object at these keys in the `with` block."""
        policy = self.archive.get_bucket_policy(Bucket=self._bucket)["Policy"]
        statement = {"Sid": "Outage", "Effect": "Deny", "Principal": "*", "Action": "s3:PutObject"}
        denied = {**statement, "Resource": f"arn:aws:s3:::{self._bucket}/{keys}"}
        document = json.loads(policy)
        document["Statement"].append(denied)
        self.archive.put_bucket_policy(Bucket=self._bucket, Policy=json.dumps(document))
        try:
            yield
        finally:
            self.archive.put_bucket_policy(Bucket=self._bucket, Policy=policy)

    def permissions(self) -> list[dict[str, Any]]:
        """The statements by which services may invoke the function, as Lambda has them."""
        name = self.outputs["function"]["name"]
        statements: list[dict[str, Any]] = json.loads(self.functions.get_policy(FunctionName=name)["Policy"])[
            "Statement"
        ]
        return statements

    @contextlib.contextmanager
    def without_permission(self, sid: str) -> Iterator[None]:
        """One of those statements is missing in the `with` block."""
        name = self.outputs["function"]["name"]
        [statement] = [one for one in self.permissions() if one["Sid"] == sid]
        self.functions.remove_permission(FunctionName=name, StatementId=sid)
        try:
            yield
        finally:
            self.functions.add_permission(
                FunctionName=name,
                StatementId=sid,
                Action="lambda:InvokeFunction",
                Principal=statement["Principal"]["Service"],
                SourceArn=statement["Condition"]["ArnLike"]["AWS:SourceArn"],
            )

    def invoke(self, event: object) -> tuple[bool, Any]:
        """Whether the function did what an event asks for, and its answer."""
        answer = self.functions.invoke(FunctionName=self.outputs["function"]["name"], Payload=json.dumps(event))
        return "FunctionError" not in answer, json.load(answer["Payload"])

    def _client(self, service: str) -> Any:
        return self.example.emulator.client(service, LAMBDA_ACCOUNT)


@pytest.fixture(scope="module")
def orders(sqs_archive: Applied) -> _Account:
    return _Account(sqs_archive.example)


@pytest.fixture(scope="module")
def uploads(bucket_copy: Applied) -> Iterator[_Account]:
    """With the bucket that the example takes for granted, which sends its events to EventBridge."""
    account = _Account(bucket_copy.example)
    with _existing(account, "acme-uploads"):
        account.sources.put_bucket_notification_configuration(
            Bucket="acme-uploads", NotificationConfiguration={"EventBridgeConfiguration": {}}
        )
        yield account


@pytest.fixture(scope="module")
def events(event_archive: Applied) -> _Account:
    return _Account(event_archive.example)


@pytest.fixture(scope="module")
def backfill(batch_backfill: Applied) -> Iterator[_Account]:
    """With the two buckets that the example takes for granted."""
    account = _Account(batch_backfill.example)
    with _existing(account, "acme-uploads"), _existing(account, "acme-jobs"):
        yield account


@contextlib.contextmanager
def _existing(account: _Account, bucket: str) -> Iterator[None]:
    """A bucket of the Lambda account is there in the `with` block."""
    account.sources.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    try:
        yield
    finally:
        for found in account.sources.list_objects_v2(Bucket=bucket).get("Contents", ()):
            account.sources.delete_object(Bucket=bucket, Key=found["Key"])
        account.sources.delete_bucket(Bucket=bucket)


@pytest.fixture(scope="module")
def mail(inbound_email: Applied) -> _Account:
    return _Account(inbound_email.example)


class TestQueue:
    """examples/sqs-archive."""

    def test_any_message_arrives_as_it_is(self, orders: _Account) -> None:
        body = '{"order": 2041,  "from": "Außenlager"}'
        message_id = orders.sqs.send_message(QueueUrl=orders.outputs["queue_url"], MessageBody=body)["MessageId"]

        found = orders.arrived(message_id)

        assert re.fullmatch(rf"archive/\d{{4}}/\d\d/\d\d/{message_id}", found["Key"])
        assert found["Body"].read() == body.encode()
        assert found["SSEKMSKeyId"] == orders.outputs["bucket"]["kms_key_arn"]

    def test_a_message_that_looks_like_a_request_arrives_as_it_is(self, orders: _Account) -> None:
        """The queue holds messages: whoever may send to it does not choose a key."""
        body = json.dumps({"key": "archive/chosen", "body": "x"})
        message_id = orders.sqs.send_message(QueueUrl=orders.outputs["queue_url"], MessageBody=body)["MessageId"]

        assert orders.arrived(message_id)["Body"].read() == body.encode()
        assert "archive/chosen" not in orders.archived()

    def test_one_that_cannot_be_stored_waits_in_the_dead_letter_queue_and_the_others_arrive_once(
        self, orders: _Account
    ) -> None:
        queue, dead = orders.outputs["queue_url"], orders.outputs["dead_letter_queue_url"]
        # Or each of its five tries would wait for six minutes.
        orders.sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "1"})
        entries = [{"Id": str(n), "MessageBody": f"order {n}", "DelaySeconds": 3} for n in range(10)]
        sent = orders.sqs.send_message_batch(QueueUrl=queue, Entries=entries)["Successful"]
        ids = {entry["Id"]: entry["MessageId"] for entry in sent}

        with orders.refusing(f"*{ids['9']}"):
            orders.until(lambda: orders.waiting(dead) and not orders.waiting(queue), "message in the dead-letter queue")

        assert orders.bodies(dead) == ["order 9"]
        written = [key for key in orders.versions() if key.rpartition("/")[2] in ids.values()]
        assert sorted(key.rpartition("/")[2] for key in written) == sorted(ids[str(n)] for n in range(9))

        orders.move(dead, queue)
        arrived = {*orders.archived()}
        [key] = orders.until(lambda: {*orders.archived()} - arrived, "message that was moved back")
        assert orders.arrived(key)["Body"].read() == b"order 9"

    def test_the_alarm_looks_at_the_dead_letter_queue(self, orders: _Account) -> None:
        [alarm] = orders.example.emulator.client("cloudwatch", LAMBDA_ACCOUNT).describe_alarms()["MetricAlarms"]

        [dimension] = alarm["Dimensions"]
        assert orders.outputs["dead_letter_queue_url"].endswith(f"/{dimension['Value']}")
        assert (dimension["Name"], alarm["Namespace"]) == ("QueueName", "AWS/SQS")
        assert alarm["MetricName"] == "ApproximateNumberOfMessagesVisible"
        assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("GreaterThanThreshold", 0)
        assert alarm["ActionsEnabled"]


class TestJob:
    """examples/batch-backfill. The emulator has no S3 Batch Operations: the tests invoke the function as it would."""

    def test_the_objects_of_a_manifest_are_copied(self, backfill: _Account) -> None:
        backfill.sources.put_object(Bucket="acme-uploads", Key="in/a b+c.eml", Body=MESSAGE)

        done, answer = backfill.invoke(job("in/a%20b%2Bc.eml", "in/gone", bucket="acme-uploads"))

        assert done, answer
        assert answer["results"] == [
            {"taskId": "t0", "resultCode": "Succeeded", "resultString": "stored: archive/in/a b+c.eml"},
            {"taskId": "t1", "resultCode": "PermanentFailure", "resultString": "gone: archive/in/gone"},
        ]
        found = backfill.arrived("archive/in/a b+c.eml")
        assert found["Body"].read() == MESSAGE
        assert found["SSEKMSKeyId"] == backfill.outputs["bucket"]["kms_key_arn"]

    def test_an_object_is_copied_by_a_direct_event(self, backfill: _Account) -> None:
        backfill.sources.put_object(Bucket="acme-uploads", Key="in/direct", Body=MESSAGE)

        done, answer = backfill.invoke({"source": {"bucket": "acme-uploads", "key": "in/direct"}})

        assert done, answer
        assert backfill.arrived(answer["key"])["Body"].read() == MESSAGE

    def test_a_task_of_another_bucket_is_refused(self, backfill: _Account) -> None:
        backfill.sources.put_object(Bucket="acme-jobs", Key="manifests/manifest.csv", Body=b"acme-uploads,in/a")

        done, answer = backfill.invoke(job("manifests/manifest.csv", bucket="acme-jobs", schema="1.0"))

        assert done, answer
        [result] = answer["results"]
        assert result["resultCode"] == "PermanentFailure"
        assert result["resultString"].startswith("input.unknown_bucket: tasks[0].s3BucketArn must be a bucket that is")

    def test_the_role_of_a_job_is_there_by_its_name(self, backfill: _Account) -> None:
        role = backfill.example.emulator.client("iam", LAMBDA_ACCOUNT).get_role(
            RoleName=backfill.outputs["job_role"]["name"]
        )["Role"]

        assert role["Arn"] == backfill.outputs["job_role"]["arn"]


class TestMail:
    """examples/inbound-email."""

    def test_a_received_message_arrives_byte_for_byte(self, mail: _Account) -> None:
        message_id = _receive(mail, MESSAGE)

        found = mail.arrived(f"mail/received/{message_id}")

        assert found["Body"].read() == MESSAGE
        assert found["SSEKMSKeyId"] == mail.outputs["bucket"]["kms_key_arn"]

    def test_an_imported_message_arrives_byte_for_byte(self, mail: _Account) -> None:
        """S3 tells the function itself."""
        mail.sources.put_object(Bucket=mail.outputs["mail_bucket"], Key="imported/2041.eml", Body=MESSAGE)

        assert mail.arrived("mail/imported/2041.eml")["Body"].read() == MESSAGE

    def test_it_copies_nothing_from_elsewhere_in_the_bucket(self, mail: _Account) -> None:
        def copied(key: str) -> tuple[bool, Any]:
            etag = mail.sources.put_object(Bucket=mail.outputs["mail_bucket"], Key=key, Body=b"x")["ETag"]
            return mail.invoke(_notification(mail.outputs["mail_bucket"], key, etag))

        done, answer = copied("drafts/1")
        assert not done
        assert "AccessDenied" in answer["errorMessage"]
        done, answer = copied("received/1")
        assert done, answer

        assert {key for key in mail.archived() if key.endswith("/1")} == {"mail/received/1"}

    def test_another_function_with_its_role_reads_nothing(self, mail: _Account) -> None:
        role = mail.outputs["execution_role"]
        actors = Actors(mail.example.emulator, mail.outputs)
        where = {"Bucket": mail.outputs["mail_bucket"], "Key": "received/2"}
        mail.sources.put_object(**where, Body=MESSAGE)

        def read(credentials: Credentials) -> object:
            return mail.example.emulator.client("s3", credentials).get_object(**where)

        try:
            function, another = actors.function(), actors.other_function("another-function", role["arn"])
            verdict = judge(
                Trial(
                    "read mail in another function",
                    lambda: read(another),
                    f"/{role['name']}/another-function is not authorized to perform: s3:GetObject",
                    "in this function",
                    lambda: read(function),
                )
            )
        finally:
            actors.dismiss()

        assert verdict.passed, verdict.message

    def test_what_is_attached_to_the_function_is_replaced_with_its_role(self, mail: _Account) -> None:
        """Lambda drops a permission with the function that has it, so the plan must show that it is made again."""
        role = "module.inbound_mail.module.lambda_account.aws_iam_role.execution"

        plan, _ = mail.example.workspace.plan(f"-replace={role}")

        changes = {change["address"]: change["change"]["actions"] for change in plan["resource_changes"]}
        for key in ("mail-received", "bucket-imported"):
            address = f'module.inbound_mail.module.lambda_account.aws_lambda_permission.source["{key}"]'
            assert changes[address] == ["delete", "create"]


class TestBucket:
    """examples/bucket-copy."""

    def test_an_upload_is_copied(self, uploads: _Account) -> None:
        uploads.sources.put_object(
            Bucket="acme-uploads",
            Key="in/Lieferschein 1+2.eml",
            Body=MESSAGE,
            ContentType="message/rfc822",
            Metadata={"department": "logistics"},
        )

        found = uploads.arrived("archive/in/Lieferschein 1+2.eml")

        assert found["Body"].read() == MESSAGE
        assert found["ContentType"] == "message/rfc822"
        assert found["Metadata"]["department"] == "logistics"

    def test_an_upload_elsewhere_is_not_told_of(self, uploads: _Account) -> None:
        for key in ("out/1", "in/1"):
            uploads.sources.put_object(Bucket="acme-uploads", Key=key, Body=b"x")

        uploads.arrived("archive/in/1")

        assert "archive/out/1" not in uploads.archived()
        assert uploads.waiting(uploads.url(uploads.outputs["failure_queue"]["arn"])) == 0


class TestEvents:
    """examples/event-archive."""

    def test_an_event_is_archived_as_json(self, events: _Account) -> None:
        entry = {"Source": "acme.orders", "DetailType": "Order Placed", "Detail": '{"order": 2041, "note": "ü"}'}
        event_id = events.events.put_events(Entries=[entry])["Entries"][0]["EventId"]

        found = events.arrived(event_id)

        assert re.fullmatch(rf"archive/\d{{4}}/\d\d/\d\d/{event_id}", found["Key"])
        assert found["ContentType"] == "application/json"
        event = json.load(found["Body"])
        assert (event["id"], event["source"], event["detail"]) == (
            event_id,
            "acme.orders",
            {"order": 2041, "note": "ü"},
        )

    def test_another_event_is_not_told_of(self, events: _Account) -> None:
        """And if it were, it would be archived: the rule decides what is."""
        entries = [{"Source": name, "DetailType": "Order", "Detail": "{}"} for name in ("acme.other", "acme.orders")]
        other, own = (entry["EventId"] for entry in events.events.put_events(Entries=entries)["Entries"])

        events.arrived(own)

        assert not [key for key in events.archived() if key.endswith(other)]

    def test_what_fails_again_waits_again(self, events: _Account) -> None:
        queue = events.outputs["failure_queue"]
        replay = events.url(queue["replay_arn"])
        events.sqs.set_queue_attributes(QueueUrl=replay, Attributes={"VisibilityTimeout": "1"})

        events.sqs.send_message(QueueUrl=replay, MessageBody="no event")

        failures = events.url(queue["arn"])
        events.until(lambda: events.waiting(failures) and not events.waiting(replay), "message in the failure queue")
        assert events.bodies(failures) == ["no event"]
        events.sqs.purge_queue(QueueUrl=failures)


def _upload(account: _Account, name: str) -> str:
    account.sources.put_object(Bucket="acme-uploads", Key=f"in/{name}", Body=b"x")
    return f"archive/in/{name}"


def _event(account: _Account, name: str) -> str:
    entry = {"Source": "acme.orders", "DetailType": name, "Detail": "{}"}
    event_id: str = account.events.put_events(Entries=[entry])["Entries"][0]["EventId"]
    return event_id


def _mail(account: _Account, name: str) -> str:
    return f"mail/received/{_receive(account, MESSAGE, name)}"


# How an event comes to each of them, and by which permission.
_WAYS: Mapping[str, tuple[Callable[[_Account, str], str], str]] = {
    "uploads": (_upload, "bucket-uploads"),
    "events": (_event, "rule-orders"),
    "mail": (_mail, "mail-received"),
}


@pytest.fixture(params=_WAYS)
def way(
    request: pytest.FixtureRequest, uploads: _Account, events: _Account, mail: _Account
) -> tuple[_Account, Callable[[_Account, str], str], str]:
    account: _Account = request.getfixturevalue(request.param)
    return account, *_WAYS[request.param]


class TestDeadEnds:
    """From an event to where it waits when it cannot be processed, and from there to the archive."""

    def test_an_event_that_fails_waits_in_the_failure_queue_and_comes_back(
        self, way: tuple[_Account, Callable[[_Account, str], str], str]
    ) -> None:
        account, tell, _ = way
        failures = account.url(account.outputs["failure_queue"]["arn"])
        with account.refusing():
            key = tell(account, "refused")
            account.until(lambda: account.waiting(failures), "event in the failure queue")

        [record] = map(json.loads, account.bodies(failures))
        assert record["requestContext"]["condition"] == "RetriesExhausted"
        assert "AccessDenied" in json.dumps(record["responsePayload"])
        self._comes_back(account, key)

    def test_an_event_that_nobody_may_hand_over_waits_there_too(
        self, way: tuple[_Account, Callable[[_Account, str], str], str]
    ) -> None:
        account, tell, sid = way
        failures = account.url(account.outputs["failure_queue"]["arn"])
        with account.without_permission(sid):
            key = tell(account, "unpermitted")
            account.until(lambda: account.waiting(failures), "event in the failure queue")

        [event] = map(json.loads, account.bodies(failures))
        assert "requestPayload" not in event
        self._comes_back(account, key)

    def test_the_permissions_are_those_of_the_output(
        self, way: tuple[_Account, Callable[[_Account, str], str], str]
    ) -> None:
        account, _, _ = way
        shown = json.loads(account.outputs["policies"]["lambda_account"]["function"])["Statement"]

        assert {one["Sid"]: one for one in account.permissions()} == {one["Sid"]: one for one in shown}

    def _comes_back(self, account: _Account, key: str) -> None:
        queue = account.outputs["failure_queue"]
        assert not [name for name in account.archived() if name.endswith(key)]

        account.move(account.url(queue["arn"]), account.url(queue["replay_arn"]))

        assert account.arrived(key)
        account.until(lambda: not account.waiting(account.url(queue["replay_arn"])), "end of the message")
        assert account.waiting(account.url(queue["arn"])) == 0


def _receive(mail: _Account, message: bytes, message_id: str = "d6iitobk75ur44p8kdnnp7g2n800") -> str:
    """Do what SES does with a message, by the receipt rule: the emulator keeps rules, and receives no mail.

    The notification has the fields of the Amazon SES Developer Guide, "Contents of notifications for Amazon SES email
    receiving". Returns the id of the message.
    """
    rule = mail.ses.describe_receipt_rule(RuleSetName=mail.outputs["rule_set"], RuleName="archive")["Rule"]
    [action] = [one["S3Action"] for one in rule["Actions"]]
    key = action["ObjectKeyPrefix"] + message_id
    mail.sources.put_object(Bucket=action["BucketName"], Key=key, Body=message)
    now = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
    notification = {
        "notificationType": "Received",
        "mail": {
            "timestamp": now,
            "source": "office@example.com",
            "messageId": message_id,
            "destination": rule["Recipients"],
            "headersTruncated": False,
            "headers": [{"name": "From", "value": "Field Office <office@example.com>"}],
            "commonHeaders": {"from": ["Field Office <office@example.com>"], "to": rule["Recipients"]},
        },
        "receipt": {
            "timestamp": now,
            "processingTimeMillis": 222,
            "recipients": rule["Recipients"],
            "spamVerdict": {"status": "PASS"},
            "virusVerdict": {"status": "PASS"},
            "action": {
                "type": "S3",
                "topicArn": action["TopicArn"],
                "bucketName": action["BucketName"],
                "objectKeyPrefix": action["ObjectKeyPrefix"],
                "objectKey": key,
            },
        },
    }
    mail.sns.publish(
        TopicArn=action["TopicArn"],
        Subject="Amazon SES Email Receipt Notification",
        Message=json.dumps(notification),
    )
    return message_id


def _notification(bucket: str, key: str, etag: str) -> Mapping[str, Any]:
    """What S3 tells a function (Amazon S3 User Guide, "Event message structure")."""
    return {
        "Records": [
            {
                "eventVersion": "2.1",
                "eventSource": "aws:s3",
                "awsRegion": "eu-central-1",
                "eventTime": "2026-11-02T09:15:00.000Z",
                "eventName": "ObjectCreated:Put",
                "s3": {"bucket": {"name": bucket}, "object": {"key": key, "eTag": etag.strip('"'), "sequencer": "01"}},
            }
        ]
    }
