"""Event sources, by the emulator's own triggers: from `terraform apply` to the object in the other account.

The tests of an example stand in the order of its life, and the last one takes it away.
"""

from __future__ import annotations

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
def backfill(batch_backfill: Applied) -> Iterator[_Account]:
    """With the two buckets that the example takes for granted."""
    account = _Account(batch_backfill.example)
    buckets = ("acme-uploads", "acme-jobs")
    for bucket in buckets:
        account.sources.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    yield account
    for bucket in buckets:
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

    def test_a_direct_event_in_a_message(self, orders: _Account) -> None:
        event = {"key": "archive/direct.txt", "body": "direct", "metadata": {"source": "test"}}
        orders.sqs.send_message(QueueUrl=orders.outputs["queue_url"], MessageBody=json.dumps(event))

        found = orders.arrived("archive/direct.txt")

        assert found["Body"].read() == b"direct"
        assert found["Metadata"]["source"] == "test"

    def test_an_upload_is_copied(self, orders: _Account) -> None:
        orders.sources.put_object(
            Bucket=orders.outputs["uploads_bucket"],
            Key="in/Lieferschein 1+2.eml",
            Body=MESSAGE,
            ContentType="message/rfc822",
            Metadata={"department": "logistics"},
        )

        found = orders.arrived("archive/uploads/in/Lieferschein 1+2.eml")

        assert found["Body"].read() == MESSAGE
        assert found["ContentType"] == "message/rfc822"
        assert found["Metadata"]["department"] == "logistics"

    def test_one_that_cannot_be_stored_ends_in_the_dead_letter_queue_and_the_others_arrive_once(
        self, orders: _Account
    ) -> None:
        queue = orders.outputs["queue_url"]
        poison = json.dumps({"key": "elsewhere/poison", "body": "outside of the prefix"})
        bodies = [*(json.dumps({"key": f"archive/batch/{n}", "body": str(n)}) for n in range(9)), poison]
        # Or each of its five tries would wait for six minutes.
        orders.sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "1"})

        entries = [{"Id": str(n), "MessageBody": body} for n, body in enumerate(bodies)]
        assert not orders.sqs.send_message_batch(QueueUrl=queue, Entries=entries).get("Failed")

        dead = orders.outputs["dead_letter_queue_url"]
        orders.until(lambda: orders.waiting(dead) and not orders.waiting(queue), "message in the dead-letter queue")
        [message] = orders.sqs.receive_message(QueueUrl=dead, MaxNumberOfMessages=10)["Messages"]
        assert message["Body"] == poison
        written = sorted(key for key in orders.versions() if key.startswith(("archive/batch/", "elsewhere/")))
        assert written == [f"archive/batch/{n}" for n in range(9)]

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

    def test_any_other_message_of_the_topic_arrives_as_it_is(self, mail: _Account) -> None:
        message_id = mail.sns.publish(TopicArn=mail.outputs["topic_arn"], Message="two words")["MessageId"]

        found = mail.arrived(message_id)

        assert re.fullmatch(rf"mail/\d{{4}}/\d\d/\d\d/{message_id}", found["Key"])
        assert found["Body"].read() == b"two words"

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
        for name in ("received", "imported"):
            assert changes[f"aws_lambda_permission.{name}"] == ["delete", "create"]


def _receive(mail: _Account, message: bytes) -> str:
    """Do what SES does with a message, by the receipt rule: the emulator keeps rules, and receives no mail.

    The notification has the fields of the Amazon SES Developer Guide, "Contents of notifications for Amazon SES email
    receiving". Returns the id of the message.
    """
    message_id = "d6iitobk75ur44p8kdnnp7g2n800"
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
