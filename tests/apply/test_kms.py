"""The policy that no first plan can show: which use of the key each role gets. Applied alone, it takes seconds."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.plan import roots
from tools.emulator import Emulator

INVENTORIES = Path(__file__).parents[1] / "plan" / "inventories"
CASES = ("minimum", "without-bucket-key")
ADDRESS = 'module.{}.module.s3_account.aws_iam_role_policy.kms["default"]'


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory, accounts: Emulator) -> Mapping[str, Any]:
    """The state by address."""
    inputs = {name: yaml.safe_load((INVENTORIES / f"{name}.yaml").read_text())["inputs"] for name in CASES}
    workspace = roots.write(tmp_path_factory.mktemp("kms"), inputs, accounts)
    workspace.apply(*(f"-target={ADDRESS.format(name)}" for name in CASES))
    return dict(_resources(workspace.state()["values"]["root_module"]))


def test_a_bucket_key_is_used_under_the_arn_of_the_bucket(state: Mapping[str, Any]) -> None:
    assert _statement(state, "minimum")["Condition"] == {
        "StringEquals": {"kms:ViaService": "s3.eu-central-1.amazonaws.com"},
        "StringLike": {"kms:EncryptionContext:aws:s3:arn": ["arn:aws:s3:::acme-inbound-mail"]},
    }


def test_without_a_bucket_key_it_is_used_under_the_arn_of_each_object(state: Mapping[str, Any]) -> None:
    assert _statement(state, "without-bucket-key")["Condition"] == {
        "StringEquals": {"kms:ViaService": "s3.eu-central-1.amazonaws.com"},
        "StringLike": {"kms:EncryptionContext:aws:s3:arn": ["arn:aws:s3:::acme-no-bucket-key/*"]},
    }


@pytest.mark.parametrize("name", CASES)
def test_it_is_that_bucket_s_key_and_nothing_but_encryption(state: Mapping[str, Any], name: str) -> None:
    statement = _statement(state, name)

    assert statement["Resource"] == [state[f"module.{name}.module.s3_account.aws_kms_key.this[0]"]["arn"]]
    assert statement["Action"] == ["kms:GenerateDataKey", "kms:Decrypt"]
    assert statement["Effect"] == "Allow"


def _statement(state: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    [statement] = json.loads(state[ADDRESS.format(name)]["policy"])["Statement"]
    result: Mapping[str, Any] = statement
    return result


def _resources(module: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for resource in module.get("resources", ()):
        yield resource["address"], resource["values"]
    for child in module.get("child_modules", ()):
        yield from _resources(child)
