"""An example of this repository, applied in two emulated accounts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Any

import yaml

from tools import terraform
from tools.emulator import LAMBDA_ACCOUNT, S3_ACCOUNT, Emulator
from tools.environments import ROOT

# What each example's test.yaml says, by the name of its folder.
EXAMPLES: Mapping[str, Mapping[str, Any]] = {
    path.parent.name: yaml.safe_load(path.read_text()) for path in sorted(ROOT.glob("examples/*/test.yaml"))
}
BUCKET: str = EXAMPLES["basic"]["variables"]["bucket"]
_PROFILES = {"lambda_profile": "lambda", "s3_profile": "s3"}


def variables(name: str) -> Mapping[str, object]:
    """The values of an example's variables."""
    return {**EXAMPLES[name]["variables"], **_PROFILES}


class Example:
    """A copy of an example, initialised, and the accounts that it is for; both are gone when the `with` block ends."""

    def __init__(self, name: str) -> None:
        self._name = name
        self.emulator = Emulator()

    def __enter__(self) -> Example:
        terraform.find_binary()  # or it is missing, before anything is started
        self.emulator.__enter__()
        try:
            module = self.emulator.folder / "module"
            terraform.copy_module(module)
            self.root = module / "examples" / self._name
            terraform.pin_provider(self.root)
            environment = {**self.emulator.environment, **terraform.configure(self.emulator.folder)}
            self.workspace = terraform.Workspace(self.root, environment, variables(self._name))
            self.workspace.init()
        except BaseException:
            self.emulator.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.workspace.stop()
        self.emulator.__exit__(kind, error, trace)

    def empty_buckets(self) -> None:
        """Delete every version of every object, as the bucket's account: a destroy is refused before."""
        for account in (LAMBDA_ACCOUNT, S3_ACCOUNT):
            s3 = self.emulator.client("s3", account)
            for bucket in s3.list_buckets()["Buckets"]:
                self._empty(s3, bucket["Name"])

    def _empty(self, s3: Any, bucket: str) -> None:
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
            for version in [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]:
                s3.delete_object(Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"])

    def leftovers(self) -> list[str]:
        """What the two accounts still hold of the kinds that the examples make."""
        return [f"{account}: {held}" for account in (LAMBDA_ACCOUNT, S3_ACCOUNT) for held in self._held_by(account)]

    def _held_by(self, account: str) -> Iterator[str]:
        def client(service: str) -> Any:
            return self.emulator.client(service, account)

        yield from (f"role {role['RoleName']}" for role in client("iam").list_roles()["Roles"])
        yield from (f"policy {policy['Arn']}" for policy in client("iam").list_policies(Scope="Local")["Policies"])
        yield from (
            f"function {function['FunctionName']}" for function in client("lambda").list_functions()["Functions"]
        )
        yield from (
            f"mapping {mapping['UUID']}"
            for mapping in client("lambda").list_event_source_mappings()["EventSourceMappings"]
        )
        yield from (f"log {group['logGroupName']}" for group in client("logs").describe_log_groups()["logGroups"])
        yield from (f"queue {url}" for url in client("sqs").list_queues().get("QueueUrls", ()))
        yield from (f"topic {topic['TopicArn']}" for topic in client("sns").list_topics()["Topics"])
        yield from (f"rule {rule['Name']}" for rule in client("events").list_rules()["Rules"])
        yield from (f"rule set {rules['Name']}" for rules in client("ses").list_receipt_rule_sets()["RuleSets"])
        yield from (f"alarm {alarm['AlarmName']}" for alarm in client("cloudwatch").describe_alarms()["MetricAlarms"])
        yield from (f"bucket {bucket['Name']}" for bucket in client("s3").list_buckets()["Buckets"])
        for key in client("kms").list_keys()["Keys"]:  # KMS keeps a deleted key for a while, scheduled for deletion
            if client("kms").describe_key(KeyId=key["KeyId"])["KeyMetadata"]["KeyState"] != "PendingDeletion":
                yield f"key {key['KeyId']}"
