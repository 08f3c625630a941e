"""examples/basic and complete in two accounts that enforce IAM: the job, the denials, healing, a refused destroy.

The tests stand in the order of that story, and each goes on from where the one before has left the accounts.
"""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import Applied
from tools.emulator import LAMBDA_ACCOUNT, S3_ACCOUNT
from tools.environments import ROOT
from tools.example import BUCKET, Example
from tools.terraform import TerraformError

MESSAGE = (ROOT / "examples" / "basic" / "message.eml").read_bytes()
EXECUTION_ROLE = "module.inbound_mail.module.lambda_account.aws_iam_role.execution"
FUNCTION = "module.inbound_mail.module.lambda_account.aws_lambda_function.this"
WRITER = "module.inbound_mail.module.s3_account.aws_iam_role"
EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


@pytest.fixture(scope="module")
def example(basic: Applied) -> Example:
    return basic.example


@pytest.fixture(scope="module")
def outputs(example: Example) -> Any:
    return example.workspace.outputs()


def test_a_message_arrives_byte_for_byte(example: Example, outputs: Any) -> None:
    answer = _invoke(
        example,
        {
            "key": "inbox/note.eml",
            "body_base64": base64.b64encode(MESSAGE).decode(),
            "content_type": "message/rfc822",
            "metadata": {"source": "test"},
        },
    )

    found = example.emulator.client("s3", S3_ACCOUNT).get_object(Bucket=BUCKET, Key="inbox/note.eml")
    assert found["Body"].read() == MESSAGE
    assert found["ContentType"] == "message/rfc822"
    assert found["Metadata"] == {"source": "test"}
    assert found["SSEKMSKeyId"] == outputs["bucket"]["kms_key_arn"]
    assert answer == {
        "bucket": BUCKET,
        "key": "inbox/note.eml",
        "etag": found["ETag"].strip('"'),
        "version_id": found["VersionId"],
        "size": len(MESSAGE),
        "checksum": answer["checksum"],
        "outcome": "stored",
    }


def test_the_object_belongs_to_the_bucket_s_account_alone(example: Example) -> None:
    with pytest.raises(ClientError, match="AccessDenied"):
        example.emulator.client("s3", _user_of(example, LAMBDA_ACCOUNT)).get_object(Bucket=BUCKET, Key="inbox/note.eml")
    twin = example.emulator.client("s3", _user_of(example, S3_ACCOUNT))
    assert twin.get_object(Bucket=BUCKET, Key="inbox/note.eml")["Body"].read() == MESSAGE


def test_overwriting_keeps_the_old_version(example: Example) -> None:
    for body in ("one", "two"):
        _invoke(example, {"key": "inbox/twice", "body": body})

    s3 = example.emulator.client("s3", S3_ACCOUNT)
    versions = s3.list_object_versions(Bucket=BUCKET, Prefix="inbox/twice")["Versions"]
    bodies = {s3.get_object(Bucket=BUCKET, Key=v["Key"], VersionId=v["VersionId"])["Body"].read() for v in versions}
    assert bodies == {b"one", b"two"}


def test_policies_that_somebody_put_on_the_writer_s_role_are_seen_and_taken_away(
    example: Example, outputs: Any
) -> None:
    iam, role = example.emulator.client("iam", S3_ACCOUNT), outputs["s3_role"]["name"]
    own = iam.list_role_policies(RoleName=role)["PolicyNames"]
    iam.put_role_policy(RoleName=role, PolicyName="backdoor", PolicyDocument=json.dumps(EVERYTHING))
    iam.attach_role_policy(RoleName=role, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")

    plan, _ = example.workspace.plan()
    example.workspace.apply("plan.bin")

    assert _changes(plan) == {
        f'{WRITER}_policies_exclusive.writer["default"]': ["update"],
        f'{WRITER}_policy_attachments_exclusive.writer["default"]': ["update"],
    }
    assert iam.list_role_policies(RoleName=role)["PolicyNames"] == own
    assert iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"] == []


def test_replacing_the_execution_role_replaces_all_that_knows_its_id(example: Example) -> None:
    plan, _ = example.workspace.plan(f"-replace={EXECUTION_ROLE}")

    replaced = {address for address, actions in _changes(plan).items() if actions == ["delete", "create"]}
    assert replaced == {
        EXECUTION_ROLE,
        "module.inbound_mail.module.lambda_account.aws_iam_role_policy.assume",
        "module.inbound_mail.module.lambda_account.aws_iam_role_policy.failures[0]",
        "module.inbound_mail.module.lambda_account.aws_iam_role_policy.logs",
        "module.inbound_mail.module.lambda_account.aws_lambda_function.this",
        "module.inbound_mail.module.lambda_account.aws_lambda_function_event_invoke_config.this[0]",
        'module.inbound_mail.module.s3_account.aws_iam_role.writer["default"]',
        'module.inbound_mail.module.s3_account.aws_iam_role_policies_exclusive.writer["default"]',
        'module.inbound_mail.module.s3_account.aws_iam_role_policy_attachments_exclusive.writer["default"]',
        'module.inbound_mail.module.s3_account.aws_iam_role_policy.kms["default"]',
        'module.inbound_mail.module.s3_account.aws_iam_role_policy.write["default"]',
    }
    # Nothing is gone for good, and the trust policy can still be read.
    assert set(map(tuple, _changes(plan).values())) == {("delete", "create"), ("update",)}
    [writer] = [c for c in plan["resource_changes"] if c["address"].endswith('aws_iam_role.writer["default"]')]
    assert json.loads(writer["change"]["after"]["assume_role_policy"])["Statement"][0]["Principal"] == {
        "AWS": "arn:aws:iam::111111111111:role/inbound-mail-lambda"
    }


def test_one_apply_heals_a_replaced_execution_role(example: Example) -> None:
    before = _identities(example)

    example.workspace.apply(f"-replace={EXECUTION_ROLE}")

    assert not _identities(example) & before
    _works_and_is_settled(example)


def test_one_apply_heals_an_execution_role_that_was_made_anew_by_hand(example: Example, outputs: Any) -> None:
    before = _identities(example)
    _make_anew(example, outputs)

    plan, _ = example.workspace.plan()
    example.workspace.apply("plan.bin")

    assert _changes(plan)[FUNCTION] == ["delete", "create"]
    assert not _identities(example) & before
    _works_and_is_settled(example)


def test_create_before_destroy_of_a_caller_s_resource_stops_the_healing_and_the_page_s_remedy_heals(
    example: Example, outputs: Any
) -> None:
    """docs/day-2.md, "With an interruption"."""
    _watch_the_function(example, create_before_destroy=True)
    example.workspace.apply()
    before = _identities(example)
    _make_anew(example, outputs)

    with pytest.raises(TerraformError, match=r"EntityAlreadyExists|ResourceConflictException"):
        example.workspace.apply()
    _watch_the_function(example, create_before_destroy=False)
    example.workspace.apply(f"-replace={FUNCTION}", f'-replace={WRITER}.writer["default"]')

    assert not _identities(example) & before
    _works_and_is_settled(example)


def test_a_destroy_is_refused_while_the_bucket_holds_objects_and_the_key_stays(example: Example, outputs: Any) -> None:
    bucket = "module.inbound_mail.module.s3_account.aws_s3_bucket.this[0]"
    with pytest.raises(Exception, match="BucketNotEmpty"):
        example.workspace.destroy()

    kms = example.emulator.client("kms", S3_ACCOUNT)
    assert kms.describe_key(KeyId=outputs["bucket"]["kms_key_arn"])["KeyMetadata"]["KeyState"] == "Enabled"
    assert bucket in example.workspace.resources()


class TestComplete:
    """examples/complete: under boundaries, with paths and names of its own."""

    def test_a_failed_event_ends_in_the_queue(self, complete: Applied) -> None:
        outputs = complete.example.workspace.outputs()
        functions = complete.example.emulator.client("lambda", LAMBDA_ACCOUNT)
        functions.invoke(FunctionName=outputs["function"]["name"], InvocationType="Event", Payload='{"kee": 1}')

        sqs = complete.example.emulator.client("sqs", LAMBDA_ACCOUNT)
        url = sqs.get_queue_url(QueueName=outputs["failure_queue"]["name"])["QueueUrl"]
        [message] = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)["Messages"]
        record = json.loads(message["Body"])
        assert record["requestPayload"] == {"kee": 1}
        assert record["responsePayload"]["errorMessage"].startswith("input.unknown_field: 'kee' is not a field")


def _changes(plan: Any) -> dict[str, list[str]]:
    changes = {change["address"]: change["change"]["actions"] for change in plan["resource_changes"]}
    return {address: actions for address, actions in changes.items() if actions not in (["no-op"], ["read"])}


def _invoke(example: Example, event: Any) -> Any:
    client = example.emulator.client("lambda", LAMBDA_ACCOUNT)
    name = example.workspace.outputs()["function"]["name"]
    answer = client.invoke(FunctionName=name, Payload=json.dumps(event))
    payload = json.load(answer["Payload"])
    assert "FunctionError" not in answer, payload
    return payload


def _identities(example: Example) -> set[str]:
    """The unique ids of both roles."""
    return {
        role["RoleId"]
        for account in (LAMBDA_ACCOUNT, S3_ACCOUNT)
        for role in example.emulator.client("iam", account).list_roles()["Roles"]
    }


def _works_and_is_settled(example: Example) -> None:
    assert _invoke(example, {"key": "inbox/healed", "body": "healed"})["outcome"] == "stored"
    plan, warnings = example.workspace.plan()
    assert _changes(plan) == {}
    assert warnings == []


def _watch_the_function(example: Example, *, create_before_destroy: bool) -> None:
    """Have the root hold a resource that reads the function's ARN."""
    lifecycle = {"create_before_destroy": create_before_destroy}
    watcher = {"input": "${module.inbound_mail.function.arn}", "lifecycle": lifecycle}
    (example.workspace.root / "watcher.tf.json").write_text(
        json.dumps({"resource": {"terraform_data": {"watcher": watcher}}})
    )


def _make_anew(example: Example, outputs: Any) -> None:
    """Delete the execution role and create it under its old name, as somebody might in the console."""
    iam = example.emulator.client("iam", LAMBDA_ACCOUNT)
    name = outputs["execution_role"]["name"]
    for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
        iam.delete_role_policy(RoleName=name, PolicyName=policy)
    iam.delete_role(RoleName=name)
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=outputs["policies"]["lambda_account"]["trust"])


def _user_of(example: Example, account: str) -> dict[str, str]:
    """The keys of a user who may do everything in its own account."""
    iam = example.emulator.client("iam", account)
    if "admin" not in [user["UserName"] for user in iam.list_users()["Users"]]:
        iam.create_user(UserName="admin")
        iam.put_user_policy(UserName="admin", PolicyName="all", PolicyDocument=json.dumps(EVERYTHING))
    keys: dict[str, str] = iam.create_access_key(UserName="admin")["AccessKey"]
    return keys
