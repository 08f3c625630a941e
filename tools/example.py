"""An example of this repository, applied in two emulated accounts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from tools import terraform
from tools.emulator import LAMBDA_ACCOUNT, S3_ACCOUNT, Emulator

BUCKET = "acme-inbound-mail"
VARIABLES: Mapping[str, Mapping[str, str]] = {
    "basic": {"bucket": BUCKET, "lambda_profile": "lambda", "s3_profile": "s3"},
}


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
            self.workspace = terraform.Workspace(self.root, environment, VARIABLES[self._name])
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

    @property
    def package(self) -> Path:
        return self.root.parent.parent / "lambda" / "package.zip"

    def empty_bucket(self, bucket: str) -> None:
        """Delete every version of every object, as the bucket's account: a destroy is refused before."""
        s3 = self.emulator.client("s3", S3_ACCOUNT)
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
            for version in [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]:
                s3.delete_object(Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"])

    def leftovers(self) -> list[str]:
        """What the two accounts still hold of the kinds that the module makes."""
        found: list[str] = []
        for account in (LAMBDA_ACCOUNT, S3_ACCOUNT):

            def ask(service: str, operation: str, answer: str, account: str = account) -> list[Any]:
                result: list[Any] = getattr(self.emulator.client(service, account), operation)()[answer]
                return result

            found += [f"{account}: role {role['RoleName']}" for role in ask("iam", "list_roles", "Roles")]
            found += [f"{account}: function {f['FunctionName']}" for f in ask("lambda", "list_functions", "Functions")]
            found += [
                f"{account}: log group {g['logGroupName']}" for g in ask("logs", "describe_log_groups", "logGroups")
            ]
            found += [f"{account}: bucket {bucket['Name']}" for bucket in ask("s3", "list_buckets", "Buckets")]
            kms = self.emulator.client("kms", account)
            for key in kms.list_keys()["Keys"]:  # KMS keeps a deleted key for a while, scheduled for deletion
                if kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["KeyState"] != "PendingDeletion":
                    found.append(f"{account}: key {key['KeyId']}")
        return found
