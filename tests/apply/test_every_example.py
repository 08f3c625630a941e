"""What holds for every example: the plan after its apply is empty, and its function does what test.yaml asks of it."""

from __future__ import annotations

import json

import pytest

from tests.conftest import EXAMPLES, Applied
from tools import example
from tools.emulator import LAMBDA_ACCOUNT, S3_ACCOUNT


@pytest.mark.parametrize("example_name", EXAMPLES)
def test_the_plan_after_apply_is_empty_and_warns_of_nothing(applied: Applied, example_name: str) -> None:
    changes = {one["address"]: one["change"]["actions"] for one in applied.settled_plan["resource_changes"]}
    known = example.EXAMPLES[example_name].get("drift", {})

    assert {name: actions for name, actions in changes.items() if actions not in (["no-op"], ["read"])} == known
    assert {tuple(change["actions"]) for change in applied.settled_plan["output_changes"].values()} == {("no-op",)}
    assert applied.warnings == []


@pytest.mark.parametrize("example_name", EXAMPLES)
def test_it_stores_what_it_is_asked_to(applied: Applied, example_name: str) -> None:
    event = example.EXAMPLES[example_name]["invoke"]
    name = applied.example.workspace.outputs()["function"]["name"]

    functions = applied.example.emulator.client("lambda", LAMBDA_ACCOUNT)
    answer = json.load(functions.invoke(FunctionName=name, Payload=json.dumps(event))["Payload"])

    assert answer["outcome"] == "stored", answer
    s3 = applied.example.emulator.client("s3", S3_ACCOUNT)
    found = s3.get_object(Bucket=answer["bucket"], Key=event["key"], VersionId=answer["version_id"])
    assert found["Body"].read() == event["body"].encode()
