"""What somebody changes by hand is seen in the next plan, and is put right by the next apply.

One instance of the module without its lifecycle rules, whose creation takes a minute.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pytest

from tests.plan import roots
from tools.emulator import S3_ACCOUNT, Emulator
from tools.terraform import Workspace

INSTANCE = "module.mail."
LIFECYCLE = f"{INSTANCE}module.s3_account.aws_s3_bucket_lifecycle_configuration.this"
WRITER = "mail-s3-writer"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


@dataclass(frozen=True)
class Instance:
    workspace: Workspace
    emulator: Emulator

    def plan(self) -> Mapping[str, list[str]]:
        """What the next apply would do: actions by address within the instance."""
        plan, _ = self.workspace.plan()
        return {
            change["address"].removeprefix(INSTANCE): change["change"]["actions"]
            for change in plan["resource_changes"]
            if change["change"]["actions"] not in (["no-op"], ["read"]) and change["address"] != LIFECYCLE
        }

    def apply(self) -> None:
        plan, _ = self.workspace.plan()
        targets = [change["address"] for change in plan["resource_changes"] if change["address"] != LIFECYCLE]
        self.workspace.apply(*(f"-target={target}" for target in targets))


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    with Emulator() as emulator:
        case = {"name": "mail", "bucket": {"name": "acme-drift"}, "encryption": {"mode": "sse-s3"}}
        workspace = roots.write(tmp_path_factory.mktemp("drift"), {"mail": case}, emulator)
        instance = Instance(workspace, emulator)
        instance.apply()
        yield instance


def test_a_policy_put_on_the_writer_s_role_is_seen_and_taken_away(instance: Instance) -> None:
    iam = instance.emulator.client("iam", S3_ACCOUNT)
    everything = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}'
    iam.put_role_policy(RoleName=WRITER, PolicyName="backdoor", PolicyDocument=everything)

    changes = instance.plan()
    instance.apply()

    assert changes == {'module.s3_account.aws_iam_role_policies_exclusive.writer["default"]': ["update"]}
    assert iam.list_role_policies(RoleName=WRITER)["PolicyNames"] == ["write"]


def test_a_policy_attached_to_the_writer_s_role_is_seen_and_taken_away(instance: Instance) -> None:
    iam = instance.emulator.client("iam", S3_ACCOUNT)
    iam.attach_role_policy(RoleName=WRITER, PolicyArn=ADMINISTRATOR)

    changes = instance.plan()
    instance.apply()

    assert changes == {'module.s3_account.aws_iam_role_policy_attachments_exclusive.writer["default"]': ["update"]}
    assert iam.list_attached_role_policies(RoleName=WRITER)["AttachedPolicies"] == []
