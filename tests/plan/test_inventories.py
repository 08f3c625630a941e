"""What a plan holds: each inventory is an instance of the module, matched as a subset of one plan of them all.

An inventory has ``inputs``, and of the plan that follows from them ``counts`` of resources by type and ``values`` by
address: both a subset. A JSON text is compared as what it says, and ``__missing__`` must not be there.
"""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import tftest
import yaml

from tests.plan import roots
from tests.support.environment import function_variables
from tools import terraform
from tools.emulator import Emulator

INVENTORIES = {path.stem: yaml.safe_load(path.read_text()) for path in Path(__file__).parent.glob("inventories/*.yaml")}
_POLICY_OF = {
    "aws_iam_role": "assume_role_policy",
    "aws_iam_role_policy": "policy",
    "aws_kms_key": "policy",
    "aws_s3_bucket_policy": "policy",
    "aws_sqs_queue": "policy",
}


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory, accounts: Emulator) -> Any:
    """One plan of all inventories."""
    folder = tmp_path_factory.mktemp("inventories")
    workspace = roots.write(folder, {name: inventory["inputs"] for name, inventory in INVENTORIES.items()}, accounts)
    terraform_test = tftest.TerraformTest(
        str(workspace.root), binary=str(terraform.find_binary()), env=dict(workspace.environment)
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(folder))  # tftest leaves its plan files behind
        return terraform_test.plan(output=True)


@pytest.mark.parametrize("name", INVENTORIES)
def test_counts(plan: Any, name: str) -> None:
    planned = _planned(plan, name)
    expected = INVENTORIES[name].get("counts", {})

    counts = Counter(change["type"] for change in planned.values())

    assert expected.items() <= {**dict.fromkeys(expected, 0), **counts}.items()


@pytest.mark.parametrize("name", INVENTORIES)
def test_values(plan: Any, name: str) -> None:
    planned = _planned(plan, name)

    for address, values in INVENTORIES[name]["values"].items():
        _match(values, planned[address]["change"]["after"], address)


def test_the_function_gets_the_variables_that_the_writer_s_tests_give_it(plan: Any) -> None:
    function = _planned(plan, "minimum")["module.lambda_account.aws_lambda_function.this"]["change"]["after"]
    expected = function_variables("acme-inbound-mail", key_prefixes=[""])

    variables = function["environment"][0]["variables"]
    assert variables.keys() == expected.keys()
    for name in ("DESTINATIONS", "SOURCES"):
        assert json.loads(variables.pop(name)) == json.loads(expected.pop(name))
    assert variables == expected


@pytest.mark.parametrize("name", ["minimum", "everything", "sse-s3"])
def test_the_advice_for_a_bucket_that_exists_is_what_a_bucket_of_the_module_has(plan: Any, name: str) -> None:
    outputs = plan.output_changes[name]["after"]
    own = {one["Sid"]: one for one in json.loads(outputs["policies"]["s3_account"]["bucket"])["Statement"]}
    advised = {sid: json.loads(statement) for sid, statement in outputs["bucket_policy_statements"].items()}

    denials = {sid: statement for sid, statement in own.items() if sid.startswith("Deny")}
    assert denials
    assert denials.items() <= advised.items()


def test_what_a_writer_of_ones_own_needs_is_bound_to_its_function_if_it_is_one(plan: Any) -> None:
    policies = plan.output_changes["two-writers"]["after"]["assume_policies"]
    statements = {key: {one["Sid"]: one for one in json.loads(policy)["Statement"]} for key, policy in policies.items()}
    reports = {"lambda:SourceFunctionArn": "arn:aws:lambda:eu-central-1:333333333333:function:reports"}

    assert statements["reports"] == {
        "DenyStsToOthers": {
            "Sid": "DenyStsToOthers",
            "Effect": "Deny",
            "Action": "sts:*",
            "Resource": "*",
            "Condition": {"ArnNotEquals": reports},
        },
        "ThisFunctionAssumesItsDestinations": {
            "Sid": "ThisFunctionAssumesItsDestinations",
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Resource": ["arn:aws:iam::222222222222:role/shared-s3-writer-reports"],
            "Condition": {"ArnEquals": reports},
        },
    }
    container = "arn:aws:iam::222222222222:role/shared-s3-writer-container"
    assert statements["container"] == {
        "ThisFunctionAssumesItsDestinations": {
            "Sid": "ThisFunctionAssumesItsDestinations",
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Resource": [container],
        },
        "ThisFunctionSaysWhoItIs": {
            "Sid": "ThisFunctionSaysWhoItIs",
            "Effect": "Allow",
            "Action": "sts:SetSourceIdentity",
            "Resource": [container],
            "Condition": {"StringEquals": {"sts:SourceIdentity": ["container"]}},
        },
        "ThisFunctionTagsItsSessions": {
            "Sid": "ThisFunctionTagsItsSessions",
            "Effect": "Allow",
            "Action": "sts:TagSession",
            "Resource": [container],
            "Condition": {
                "StringEquals": {"aws:RequestTag/team": "shop"},
                "ForAllValues:StringEquals": {"aws:TagKeys": ["team"]},
            },
        },
    }


def test_the_minimum_is_24_resources(plan: Any) -> None:
    assert len(_planned(plan, "minimum")) == 24
    assert sum(INVENTORIES["minimum"]["counts"].values()) == 24


@pytest.mark.parametrize(
    ("name", "known", "unknown"),
    [
        # Two trusts, four policies of the roles, those of bucket, key and queue; and the one that names the new key.
        ("minimum", 9, ['module.s3_account.aws_iam_role_policy.kms["default"]']),
        # With an existing key that one is known too, and so is all else; the key's own policy is not the module's.
        ("everything", 12, []),
    ],
)
def test_which_policies_can_be_read_in_the_first_plan(plan: Any, name: str, known: int, unknown: list[str]) -> None:
    policies = {
        address: change["change"]["after_unknown"].get(_POLICY_OF[change["type"]], False)
        for address, change in _planned(plan, name).items()
        if change["type"] in _POLICY_OF
    }

    assert [address for address, is_unknown in policies.items() if is_unknown] == unknown
    assert len(policies) - len(unknown) == known


def _planned(plan: Any, name: str) -> Mapping[str, Any]:
    """What an instance creates, by address within it."""
    prefix = f"module.{name}."
    return {
        address.removeprefix(prefix): change
        for address, change in plan.resource_changes.items()
        if address.startswith(prefix) and change["change"]["actions"] == ["create"]
    }


def _match(expected: Any, actual: Any, where: str) -> None:
    if isinstance(expected, Mapping | list) and isinstance(actual, str):
        actual = json.loads(actual)
    if isinstance(expected, Mapping):
        assert isinstance(actual, Mapping), where
        for key, value in expected.items():
            if value == "__missing__":
                assert key not in actual, f"{where}.{key}"
            else:
                assert key in actual, f"{where}.{key}"
                _match(value, actual[key], f"{where}.{key}")
    elif isinstance(expected, list):
        assert isinstance(actual, list), where
        assert len(actual) == len(expected), f"{where}: {actual}"
        for index, (one, other) in enumerate(zip(expected, actual, strict=True)):
            _match(one, other, f"{where}[{index}]")
    else:
        assert actual == expected, where
