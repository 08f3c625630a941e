"""A bucket that exists, with a policy, a lifecycle and objects: the module writes to it, and leaves it as it was."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.plan import roots
from tools.emulator import LAMBDA_ACCOUNT, REGION, S3_ACCOUNT, Emulator
from tools.terraform import Workspace

BUCKET = "acme-existing"
INPUTS = {
    "name": "archive",
    "bucket": {"name": BUCKET, "create": False},
    "encryption": {"mode": "sse-s3"},
    "key_prefixes": ["archive/"],
}
# What a bucket has that an apply could change.
_SETTINGS = ("policy", "versioning", "encryption", "lifecycle_configuration", "tagging", "ownership_controls")


class _Existing:
    """The bucket and the module, applied."""

    def __init__(self, emulator: Emulator, workspace: Workspace) -> None:
        self.workspace = workspace
        self.s3 = emulator.client("s3", S3_ACCOUNT)
        self._functions = emulator.client("lambda", LAMBDA_ACCOUNT)
        self._make()
        self.before = self.settings()
        self.plan, _ = workspace.plan()
        workspace.apply("plan.bin")

    def invoke(self, key: str) -> Any:
        event = json.dumps({"key": key, "body": "new"})
        return json.load(self._functions.invoke(FunctionName="archive", Payload=event)["Payload"])

    def settings(self) -> Mapping[str, Any]:
        answers = {name: getattr(self.s3, f"get_bucket_{name}")(Bucket=BUCKET) for name in _SETTINGS}
        for answer in answers.values():
            del answer["ResponseMetadata"]
        return answers

    def _make(self) -> None:
        self.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        own = {
            "Sid": "AuditorsRead",
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::333333333333:root"},
            "Action": "s3:GetObject",
            "Resource": f"arn:aws:s3:::{BUCKET}/*",
        }
        policy = {"Version": "2012-10-17", "Statement": [own]}
        self.s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(policy))
        self.s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        encryption = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
        self.s3.put_bucket_encryption(Bucket=BUCKET, ServerSideEncryptionConfiguration={"Rules": [encryption]})
        rule = {"ID": "own", "Status": "Enabled", "Filter": {"Prefix": "old/"}, "Expiration": {"Days": 30}}
        self.s3.put_bucket_lifecycle_configuration(Bucket=BUCKET, LifecycleConfiguration={"Rules": [rule]})
        self.s3.put_bucket_tagging(Bucket=BUCKET, Tagging={"TagSet": [{"Key": "team", "Value": "archive"}]})
        rules = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
        self.s3.put_bucket_ownership_controls(Bucket=BUCKET, OwnershipControls=rules)
        self.s3.put_object(Bucket=BUCKET, Key="before", Body=b"before")


@pytest.fixture(scope="module")
def existing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Existing]:
    with Emulator() as emulator:
        workspace = roots.write(tmp_path_factory.mktemp("existing"), {"archive": INPUTS}, emulator)
        yield _Existing(emulator, workspace)


def test_the_plan_has_nothing_of_the_bucket(existing: _Existing) -> None:
    planned = [one["address"] for one in existing.plan["resource_changes"] if one["mode"] == "managed"]

    assert planned
    assert [address for address in planned if "aws_s3_bucket" in address or "aws_kms" in address] == []


def test_the_function_writes_to_it_below_its_prefix_only(existing: _Existing) -> None:
    assert existing.invoke("archive/new")["outcome"] == "stored"
    assert existing.s3.get_object(Bucket=BUCKET, Key="archive/new")["Body"].read() == b"new"
    assert existing.invoke("elsewhere/new")["errorMessage"].startswith("input.outside_prefix: ")


def test_a_denial_of_its_owner_holds(existing: _Existing) -> None:
    policy = json.loads(existing.before["policy"]["Policy"])
    denied = {"Sid": "Closed", "Effect": "Deny", "Principal": "*", "Action": "s3:PutObject"}
    policy["Statement"].append({**denied, "Resource": f"arn:aws:s3:::{BUCKET}/archive/closed/*"})
    existing.s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(policy))
    try:
        assert existing.invoke("archive/closed/new")["errorMessage"].startswith("write.AccessDenied: ")
    finally:
        existing.s3.put_bucket_policy(Bucket=BUCKET, Policy=existing.before["policy"]["Policy"])


def test_what_is_advised_is_what_a_bucket_of_the_module_has(existing: _Existing) -> None:
    advised = existing.workspace.outputs()["archive"]["bucket_policy_statements"]

    assert {sid: json.loads(statement)["Sid"] for sid, statement in advised.items()} == {sid: sid for sid in advised}
    assert sorted(advised) == [
        "DenyKeysOfTheCaller",
        "DenyOldTls",
        "DenyOtherEncryption",
        "DenyOtherWriters",
        "DenyOverwrites",
        "DenyPlainHttp",
    ]


def test_neither_the_apply_nor_the_destroy_changes_it(existing: _Existing) -> None:
    """The last test: it takes the module away."""
    assert existing.settings() == existing.before

    existing.workspace.destroy()

    assert existing.settings() == existing.before
    assert existing.s3.get_object(Bucket=BUCKET, Key="before")["Body"].read() == b"before"
    assert existing.s3.get_object(Bucket=BUCKET, Key="archive/new")["Body"].read() == b"new"
