"""examples/adoption: what was built by hand moves into the module, and only its wider access is lost."""

from __future__ import annotations

from typing import Any

from tests.conftest import Applied
from tools.emulator import LAMBDA_ACCOUNT, S3_ACCOUNT

BUCKET = "acme-by-hand"
SIDES = "module.inbound_mail.module."
IMPORTED = {
    f"{SIDES}lambda_account.aws_cloudwatch_log_group.this": "/aws/lambda/inbound-mail",
    f"{SIDES}lambda_account.aws_iam_role.execution": "lambda_role",
    f"{SIDES}lambda_account.aws_lambda_function.this": "inbound-mail",
    f'{SIDES}s3_account.aws_iam_role.writer["default"]': "s3-account-role",
    f"{SIDES}s3_account.aws_s3_bucket.this[0]": BUCKET,
}


def _changes(adoption: Applied) -> dict[str, Any]:
    return {one["address"]: one["change"] for one in adoption.first_plan["resource_changes"]}


def test_the_plan_imports_what_exists_and_destroys_nothing(adoption: Applied) -> None:
    changes = _changes(adoption)

    assert {address: change["importing"]["id"] for address, change in changes.items() if "importing" in change} == (
        IMPORTED
    )
    assert {action for change in changes.values() for action in change["actions"]} <= {
        "create",
        "no-op",
        "read",
        "update",
    }
    assert all(change["actions"] in (["no-op"], ["update"]) for change in changes.values() if "importing" in change)


def test_the_object_that_was_there_is_there(adoption: Applied) -> None:
    s3 = adoption.example.emulator.client("s3", S3_ACCOUNT)

    assert s3.get_object(Bucket=BUCKET, Key="inbox/before")["Body"].read() == b"before"


def test_the_wider_policies_of_both_roles_are_gone(adoption: Applied) -> None:
    def policies(account: str, role: str) -> tuple[list[str], list[str]]:
        iam = adoption.example.emulator.client("iam", account)
        inline = iam.list_role_policies(RoleName=role)["PolicyNames"]
        attached = iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
        return sorted(inline), [one["PolicyName"] for one in attached]

    assert policies(LAMBDA_ACCOUNT, "lambda_role") == (["assume", "failures", "logs"], [])
    assert policies(S3_ACCOUNT, "s3-account-role") == (["kms", "write"], [])
