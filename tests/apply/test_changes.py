"""What a change of an input does to an instance that is applied: what is replaced, what is refused, and in which order.

The bucket's side alone, without its lifecycle rules, whose creation takes a minute.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pytest

from tests.plan import roots
from tools.emulator import LAMBDA_ACCOUNT, S3_ACCOUNT, Emulator
from tools.terraform import Event, TerraformError, Workspace

SIDE = "module.side."
LIFECYCLE = f"{SIDE}aws_s3_bucket_lifecycle_configuration.this"
ENCRYPTION = f"{SIDE}aws_s3_bucket_server_side_encryption_configuration.this[0]"
KMS_POLICY = f'{SIDE}aws_iam_role_policy.kms["default"]'
OWN_KEY = f"{SIDE}aws_kms_key.this[0]"
WRITER = f'{SIDE}aws_iam_role.writer["default"]'
UNSET = "none"


@dataclass
class Side:
    """The S3 account's side, applied; ``inputs`` are those that it has now."""

    workspace: Workspace
    emulator: Emulator
    inputs: dict[str, Any] = field(default_factory=dict)

    def plan(self, **changed: Any) -> Mapping[str, list[str]]:
        """What a change of inputs would do: actions by address. Nothing is applied."""
        self._say({**self.inputs, **changed})
        plan, _ = self.workspace.plan()
        self._say(self.inputs)
        changes = {change["address"]: change["change"]["actions"] for change in plan["resource_changes"]}
        return {address: actions for address, actions in changes.items() if actions not in (["no-op"], ["read"])}

    def apply(self, **changed: Any) -> list[Event]:
        """Change inputs; Terraform's reports, in their order."""
        self.inputs |= changed
        self._say(self.inputs)
        events: list[Event] = []
        self.workspace.apply(*(f"-target={target}" for target in self._targets), on_event=events.append)
        return events

    @cached_property
    def _targets(self) -> list[str]:
        """Everything but the lifecycle rules."""
        plan, _ = self.workspace.plan()
        [side] = plan["configuration"]["root_module"]["module_calls"].values()
        managed = (one["address"] for one in side["module"]["resources"] if one["mode"] == "managed")
        return [address for name in managed if (address := f"{SIDE}{name}") != LIFECYCLE]

    def _say(self, inputs: Mapping[str, Any]) -> None:
        cases = {"cases": {"side": inputs}}
        (self.workspace.root / "terraform.tfvars.json").write_text(json.dumps(cases))


@pytest.fixture(scope="module")
def side(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Side]:
    with Emulator() as emulator:
        iam = emulator.client("iam", LAMBDA_ACCOUNT)
        trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        role = iam.create_role(RoleName="mail-lambda", AssumeRolePolicyDocument=document)["Role"]
        writer = {
            "role_arn": role["Arn"],
            "unique_id": role["RoleId"],
            "function_arn": f"arn:aws:lambda:eu-central-1:{LAMBDA_ACCOUNT}:function:mail",
            "permissions": {"read": True},
            "trust_mode": "pinned",
        }
        inputs: dict[str, Any] = {
            "name": "mail",
            "bucket": {"name": "acme-changes", "force_destroy": False},
            "encryption": {"mode": "sse-s3", "key_arn": None, "earlier_key_arns": []},
            "object_lock": None,
            "writers": {"default": writer},
        }
        case = {**inputs, "source": "modules/s3-account", "providers": {"aws": "aws.s3_account"}}
        workspace = roots.write(tmp_path_factory.mktemp("changes"), {"side": case}, emulator)
        side = Side(workspace, emulator, inputs)
        side.apply()
        yield side


def test_a_rename_of_a_bucket_that_may_hold_objects_is_refused_at_plan(side: Side) -> None:
    """Applied, it would take the old bucket's policy, public access block and versions away, and then fail."""
    with pytest.raises(TerraformError) as refused:
        side.plan(bucket={**side.inputs["bucket"], "name": "acme-renamed"})

    [diagnostic] = refused.value.diagnostics
    assert str(diagnostic["detail"]).startswith(
        'bucket.name must stay "acme-changes": another name would delete that bucket, and its protection first.'
    )


def test_to_let_go_of_a_bucket_that_the_module_has_made_is_refused_at_plan(side: Side) -> None:
    with pytest.raises(TerraformError) as refused:
        side.plan(bucket={**side.inputs["bucket"], "create": False})

    [diagnostic] = refused.value.diagnostics
    assert str(diagnostic["detail"]).startswith(
        'bucket.create = false would delete the bucket "acme-changes" that this module has made'
    )


def test_force_destroy_lets_a_bucket_be_renamed(side: Side) -> None:
    changes = side.plan(bucket={"name": "acme-renamed", "force_destroy": True})

    assert changes[f"{SIDE}aws_s3_bucket.this[0]"] == ["delete", "create"]


def test_object_lock_can_be_added_to_a_bucket_that_exists(side: Side) -> None:
    changes = side.plan(object_lock={"mode": "GOVERNANCE", "days": 1})

    del changes[f"{LIFECYCLE}[0]"]  # type: ignore[attr-defined]
    assert changes == {f"{SIDE}aws_s3_bucket_object_lock_configuration.this[0]": ["create"]}


def test_the_trust_mode_changes_in_place(side: Side) -> None:
    writer = {**side.inputs["writers"]["default"], "trust_mode": "decoupled"}

    changes = side.plan(writers={"default": writer})

    assert changes[WRITER] == ["update"]


def test_an_execution_role_that_was_made_anew_replaces_the_writer_s_role_and_its_policies(side: Side) -> None:
    writer = {**side.inputs["writers"]["default"], "unique_id": "AROAANOTHER"}

    changes = side.plan(writers={"default": writer})

    assert changes[WRITER] == ["delete", "create"]
    assert changes[f'{SIDE}aws_iam_role_policy.write["default"]'] == ["delete", "create"]


def test_the_output_of_the_bucket_waits_for_every_setting_but_the_lifecycle(side: Side) -> None:
    plan, _ = side.workspace.plan()
    configuration = plan["configuration"]["root_module"]["module_calls"]["side"]["module"]

    waits = set(configuration["outputs"]["bucket"]["depends_on"])
    settings = {
        f"{resource['type']}.{resource['name']}"
        for resource in configuration["resources"]
        if resource["type"].startswith("aws_s3_bucket_") and "lifecycle" not in resource["type"]
    }
    assert waits == settings


# Every way from one mode to another, one after the other.
WAYS = ["own-key", "existing-key", "sse-s3", "existing-key", "own-key", "sse-s3"]


def test_every_change_of_the_encryption_keeps_writes_allowed_at_each_step(side: Side) -> None:
    """At any moment, the bucket's key must be one that its writers may use and that is not scheduled for deletion."""
    kms = side.emulator.client("kms", S3_ACCOUNT)
    existing = kms.create_key()["KeyMetadata"]["Arn"]
    in_use, ways = UNSET, []
    for mode in WAYS:
        before = side.inputs["encryption"]["mode"]
        earlier = [arn for arn in {in_use, *side.inputs["encryption"]["earlier_key_arns"]} if arn != UNSET]
        key_arn = existing if mode == "existing-key" else None
        encryption = {"mode": mode, "key_arn": key_arn, "earlier_key_arns": [arn for arn in earlier if arn != key_arn]}

        events = side.apply(encryption=encryption)

        own = _own_key(side)
        following = {"own-key": own, "existing-key": existing, "sse-s3": UNSET}[mode]
        _check_steps(events, in_use, following, may_use_both=bool(earlier) or in_use == UNSET)
        assert _encryption(side) == following
        assert (following == UNSET and not encryption["earlier_key_arns"]) or following in {*_usable(side), UNSET}
        ways.append((before, mode))
        in_use = following
    assert len(set(ways)) == 6


def _check_steps(events: list[Event], in_use: str, following: str, *, may_use_both: bool) -> None:
    """The order in which Terraform has done the steps of one change."""
    done = [event["hook"]["resource"]["addr"] for event in events if event["type"] == "apply_complete"]
    begun = [
        (event["hook"]["resource"]["addr"], event["hook"]["action"])
        for event in events
        if event["type"] == "apply_start"
    ]
    order = [address for address in done if address in (ENCRYPTION, KMS_POLICY, OWN_KEY)]
    assert ENCRYPTION in order
    assert may_use_both
    if KMS_POLICY in order and following != UNSET:  # what the bucket turns to may be used before it does
        assert order.index(KMS_POLICY) < order.index(ENCRYPTION)
    if (OWN_KEY, "delete") in begun:  # what it has turned from ends afterwards
        starts = [address for address, _ in begun]
        last = max(number for number, address in enumerate(starts) if address == OWN_KEY)
        assert last > starts.index(ENCRYPTION)
        assert done.index(ENCRYPTION) < len(done) - 1 - done[::-1].index(OWN_KEY)
    if (KMS_POLICY, "delete") in begun:  # with no earlier key at all, nothing may need it
        assert in_use == UNSET


def _own_key(side: Side) -> str:
    resources = side.workspace.state()["values"]["root_module"]["child_modules"][0]["resources"]
    return next((str(found["values"]["arn"]) for found in resources if found["address"] == OWN_KEY), UNSET)


def _encryption(side: Side) -> str:
    s3 = side.emulator.client("s3", S3_ACCOUNT)
    rules = s3.get_bucket_encryption(Bucket="acme-changes")["ServerSideEncryptionConfiguration"]["Rules"]
    return str(rules[0]["ApplyServerSideEncryptionByDefault"].get("KMSMasterKeyID", UNSET))


def _usable(side: Side) -> set[str]:
    iam = side.emulator.client("iam", S3_ACCOUNT)
    if "kms" not in iam.list_role_policies(RoleName="mail-s3-writer")["PolicyNames"]:
        return set()
    [statement] = iam.get_role_policy(RoleName="mail-s3-writer", PolicyName="kms")["PolicyDocument"]["Statement"]
    resource = statement["Resource"]
    return {resource} if isinstance(resource, str) else set(resource)


def test_what_is_made_in_another_account_than_planned_fails_with_both_causes(
    side: Side, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A provider whose assume_role is not known yet plans with its base credentials, and only warns."""
    iam = side.emulator.client("iam", S3_ACCOUNT)
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": LAMBDA_ACCOUNT}}
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    deployer = iam.create_role(RoleName="deployer", AssumeRolePolicyDocument=_document(trust))["Role"]["Arn"]
    iam.put_role_policy(RoleName="deployer", PolicyName="all", PolicyDocument=_document(everything))
    folder = tmp_path_factory.mktemp("another-account")
    writer = {
        "role_arn": "arn:aws:iam::333333333333:role/mail-lambda",
        "unique_id": "AROAMAIL",
        "function_arn": "arn:aws:lambda:eu-central-1:333333333333:function:mail",
    }
    case = {
        "name": "elsewhere",
        "bucket": {"name": "acme-elsewhere"},
        "encryption": {"mode": "sse-s3"},
        "writers": {"default": writer},
        "source": "modules/s3-account",
        "providers": {"aws": "aws.s3_account"},
    }
    workspace = roots.write(folder, {"side": case}, side.emulator)
    main = json.loads((workspace.root / "main.tf.json").read_text())
    main["resource"] = {"terraform_data": {"deployer": {"input": deployer}}}
    role = {"role_arn": "${terraform_data.deployer.output}"}
    main["provider"]["aws"][1] |= {"profile": "lambda", "assume_role": [role]}
    (workspace.root / "main.tf.json").write_text(json.dumps(main))

    with pytest.raises(TerraformError) as failed:
        workspace.apply(f"-target={WRITER}")

    details = [str(diagnostic["detail"]) for diagnostic in failed.value.diagnostics]
    [detail] = [detail for detail in details if detail.startswith("The role was made as ")]
    assert f"arn:aws:iam::{S3_ACCOUNT}:role/elsewhere-s3-writer, not as arn:aws:iam::{LAMBDA_ACCOUNT}:role/" in detail
    assert "the two provider aliases are mixed up, or the provider's assume_role was not known" in detail


def _document(statement: Mapping[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
