"""checkov over the HCL, and over the plan of every example before and after its apply.

A check that silently did not run looks like one that passed. So the checks that were evaluated are compared with those
of expected.yaml: what a surface says and what is expected of it must be the same, in both directions.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import Applied
from tools import process, terraform
from tools.environments import interpreter
from tools.example import EXAMPLES

PLANS = ("first plan", "applied")
SURFACES = ("hcl", *(f"{name}, {plan}" for name in EXAMPLES for plan in PLANS))
MODULE = yaml.safe_load(Path(__file__).with_name("expected.yaml").read_text())
_ASSUME_ANYTHING = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["sts:*"], "Resource": "*"}]}
)
_SCANNER = Path(__file__).with_name("scanner.py")

Findings = Mapping[str, list[dict[str, str]]]


@pytest.fixture(scope="module")
def findings(examples: Mapping[str, Applied], tmp_path_factory: pytest.TempPathFactory) -> Findings:
    """What checkov says of each surface."""
    folder = tmp_path_factory.mktemp("scan")
    terraform.copy_module(folder / "source")
    plans = {}
    for name, applied in examples.items():
        plans[f"{name}, first plan"] = _write(folder, applied.first_plan)
        plans[f"{name}, applied"] = _write(folder, applied.settled_plan)
    return scan({"hcl": str(folder / "source")}, plans, str(folder / "source"))


@pytest.mark.parametrize("surface", SURFACES)
def test_nothing_fails(findings: Findings, surface: str) -> None:
    failed = [f"{found['check']} {found['resource']}" for found in findings[surface] if found["result"] == "failed"]

    assert failed == []


@pytest.mark.parametrize("surface", SURFACES)
@pytest.mark.parametrize("result", ["passed", "skipped"])
def test_the_checks_that_were_evaluated(findings: Findings, surface: str, result: str) -> None:
    evaluated = {found["check"] for found in findings[surface] if found["result"] == result}
    expected = _expected(surface, result)

    assert evaluated == expected, (
        f"{surface}, {result}: not evaluated {sorted(expected - evaluated)}, "
        f"not expected {sorted(evaluated - expected)}"
    )


def _expected(surface: str, result: str) -> set[str]:
    """The checks that a surface must evaluate. The HCL of an example may add some to those of the module."""
    if surface != "hcl":
        name, _, plan = surface.partition(", ")
        return set(EXAMPLES[name]["scan"][plan][result].split())
    added = [spec["scan"].get("hcl", {}).get(result, "") for spec in EXAMPLES.values()]
    return {check for text in (MODULE[result], *added) for check in text.split()}


def test_every_skip_has_a_reason(findings: Findings) -> None:
    skipped = [found for surface in SURFACES for found in findings[surface] if found["result"] == "skipped"]

    assert skipped
    assert [found for found in skipped if not found["reason"] or "No comment" in found["reason"]] == []


@pytest.mark.parametrize(
    ("resource_type", "value", "check"),
    [
        ("aws_s3_bucket_public_access_block", {"block_public_acls": False}, "CKV_AWS_53"),
        ("aws_s3_bucket_policy", {"policy": '{"Version": "2012-10-17", "Statement": []}'}, "CKV_OWN_2"),
        ("aws_iam_role_policy", {"policy": _ASSUME_ANYTHING}, "CKV_OWN_1"),
        ("aws_kms_key", {"enable_key_rotation": False}, "CKV_AWS_7"),
    ],
)
def test_a_loosened_plan_fails(
    basic: Applied, tmp_path: Path, *, resource_type: str, value: Mapping[str, object], check: str
) -> None:
    terraform.copy_module(tmp_path / "source")
    plan = _write(tmp_path, _with(basic.settled_plan, resource_type, value))

    found = scan({}, {"loosened": plan}, str(tmp_path / "source"))["loosened"]

    assert check in {finding["check"] for finding in found if finding["result"] == "failed"}


def scan(folders: Mapping[str, str], plans: Mapping[str, str], source: str) -> Findings:
    """Run the scanner, in checkov's own environment."""
    python = interpreter("scan")
    assert python is not None
    outcome = process.run(
        [python, _SCANNER],
        json.dumps({"folders": folders, "plans": plans, "source": source}),
        env={"LOG_LEVEL": "ERROR", "CKV_IGNORE_HIDDEN_DIRECTORIES": "true", "HOME": source},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert outcome.returncode == 0, outcome.stderr[-3000:]
    result: Findings = json.loads(outcome.stdout)
    return result


def _write(folder: Path, plan: Mapping[str, Any]) -> str:
    path = folder / f"{len(list(folder.iterdir()))}.json"
    path.write_text(json.dumps(plan))
    return str(path)


def _with(plan: Mapping[str, Any], resource_type: str, value: Mapping[str, object]) -> Mapping[str, Any]:
    """A plan in which all resources of a type have other values."""
    changed: Mapping[str, Any] = json.loads(json.dumps(plan))
    modules = [changed["planned_values"]["root_module"]]
    for module in modules:
        modules += module.get("child_modules", [])
    resources = [resource for module in modules for resource in module.get("resources", [])]
    for resource in resources:
        if resource["type"] == resource_type:
            resource["values"].update(value)
    for change in changed["resource_changes"]:
        if change["type"] == resource_type:
            change["change"]["after"].update(value)
    return changed
