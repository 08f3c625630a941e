"""examples/split: each side by itself, in either order where the trust allows it, and what each change does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.conftest import Applied
from tools.emulator import LAMBDA_ACCOUNT
from tools.example import Example
from tools.terraform import TerraformError, Workspace

ORDERS = {"lambda-account first": (0, 1), "s3-account first": (1, 0)}
ROLE = "module.lambda_account.aws_iam_role.execution"
SLOWEST = "aws_s3_bucket_lifecycle_configuration"


def _apply(workspace: Workspace) -> None:
    """Apply without the lifecycle rules, whose creation takes a minute."""
    plan, _ = workspace.plan()
    addresses = [one["address"] for one in plan["resource_changes"] if one["type"] != SLOWEST]
    workspace.apply(*(f"-target={address}" for address in addresses))


def _hand_over(example: Example, file: str, value: Any) -> None:
    (example.module / "examples" / "split" / "exchange" / file).write_text(json.dumps(value))


def _planned(workspace: Workspace, output: str) -> Any:
    """An output that an apply of some resources has left out."""
    plan, _ = workspace.plan()
    return plan["planned_values"]["outputs"][output]["value"]


def _invoke(example: Example) -> str:
    """How the function answers: with an outcome, or with an error's sentence."""
    functions = example.emulator.client("lambda", LAMBDA_ACCOUNT)
    event = json.dumps({"key": "inbox/split", "body": "hello"})
    answer = json.load(functions.invoke(FunctionName="split", Payload=event)["Payload"])
    said: str = answer.get("outcome") or answer["errorMessage"]
    return said


def _actions(plan: Any) -> dict[str, list[str]]:
    changes = {one["address"]: one["change"]["actions"] for one in plan["resource_changes"]}
    return {address: actions for address, actions in changes.items() if actions not in (["no-op"], ["read"])}


@pytest.fixture(scope="module", params=ORDERS)
def decoupled(request: pytest.FixtureRequest) -> Iterator[Example]:
    """Both sides, which were applied in one order, from files that were written by hand."""
    with Example("split", trust_mode="decoupled") as example:
        for number in ORDERS[request.param]:
            _apply(example.workspaces[number])
        yield example
        example.empty_buckets()
        example.destroy()
        assert example.leftovers() == []


class TestDecoupled:
    """In both orders, and in the order in which they stand."""

    def test_it_stores_and_what_was_agreed_upon_is_what_was_made(self, decoupled: Example) -> None:
        lambda_account, s3_account = decoupled.workspaces

        assert _invoke(decoupled) == "stored"
        _hand_over(decoupled, "writer.json", _planned(lambda_account, "writer"))
        _hand_over(decoupled, "destinations.json", _planned(s3_account, "destinations"))
        assert _actions(lambda_account.plan()[0]) == {}
        assert _actions(s3_account.plan()[0]) == {f"module.s3_account.{SLOWEST}.this[0]": ["create"]}

    def test_a_role_that_is_made_anew_is_trusted_at_once(self, decoupled: Example) -> None:
        decoupled.workspaces[0].apply(f"-replace={ROLE}")

        assert _invoke(decoupled) == "stored"

    def test_without_the_other_side_the_function_says_what_is_gone(self, decoupled: Example) -> None:
        decoupled.empty_buckets()
        decoupled.workspaces[1].destroy()

        # A session that the function has already lives for its hour.
        assert _invoke(decoupled).startswith(("assume.AccessDenied: cannot assume", "write.NoSuchBucket: cannot write"))


def test_pinned_the_bucket_s_side_is_not_first() -> None:
    with Example("split") as example, pytest.raises(TerraformError, match="writers: unique_id must be given"):
        example.workspaces[1].plan()


class TestPinned:
    """In the order in which they stand."""

    def test_what_changes_on_the_bucket_s_side_counts_once_it_is_handed_over(self, split: Applied) -> None:
        lambda_account, s3_account = split.example.workspaces

        s3_account.apply("-var", "external_id=split/changed")
        assert _invoke(split.example).startswith("assume.AccessDenied: cannot assume")

        _hand_over(split.example, "destinations.json", s3_account.outputs()["destinations"])
        lambda_account.apply()
        assert _invoke(split.example) == "stored"

    def test_a_role_that_is_made_anew_is_trusted_once_it_is_handed_over(self, split: Applied) -> None:
        lambda_account, s3_account = split.example.workspaces

        lambda_account.apply(f"-replace={ROLE}")
        _hand_over(split.example, "writer.json", lambda_account.outputs()["writer"])
        plan, _ = s3_account.plan("-var", "external_id=split/changed")
        s3_account.apply("plan.bin")

        # The emulator goes on trusting the role that is gone, which AWS does not: the plan shows the replacement.
        assert _actions(plan)['module.s3_account.aws_iam_role.writer["default"]'] == ["delete", "create"]
        assert _invoke(split.example) == "stored"
