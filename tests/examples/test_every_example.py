"""What holds for every example: the plan after its apply is empty, and its function does what test.yaml asks of it."""

from __future__ import annotations

import json

import pytest

from tests.conftest import EXAMPLES, Applied
from tools import example
from tools.example import outputs_of, sample_of, writers_of
from tools.trials import Actors, account_of, judge, trials_of

# Each with its example, which may have several.
WRITERS = [(name, writer) for name in EXAMPLES for writer in writers_of(name)]


@pytest.mark.parametrize("example_name", EXAMPLES)
def test_the_plan_after_apply_is_empty_and_warns_of_nothing(applied: Applied, example_name: str) -> None:
    changes = {one["address"]: one["change"]["actions"] for one in applied.settled_plan["resource_changes"]}
    known = example.EXAMPLES[example_name].get("drift", {})

    assert {name: actions for name, actions in changes.items() if actions not in (["no-op"], ["read"])} == known
    assert {tuple(change["actions"]) for change in applied.settled_plan["output_changes"].values()} == {("no-op",)}
    assert applied.warnings == []


@pytest.mark.parametrize(("example_name", "writer"), WRITERS)
def test_it_stores_what_it_is_asked_to(applied: Applied, example_name: str, writer: str) -> None:
    sample, outputs = sample_of(writer), outputs_of(writer, applied.outputs)

    functions = applied.example.emulator.client("lambda", account_of(outputs["function"]))
    invoked = functions.invoke(FunctionName=outputs["function"]["name"], Payload=json.dumps(sample.event))
    answer = json.load(invoked["Payload"])

    assert answer["outcome"] == "stored", answer
    s3 = applied.example.emulator.client("s3", account_of(outputs["s3_role"]))
    found = s3.get_object(Bucket=answer["bucket"], Key=sample.key, VersionId=answer["version_id"])
    assert found["Body"].read() == sample.body
    assert outputs["bucket"]["kms_key_arn"] in (None, found.get("SSEKMSKeyId"))


@pytest.mark.parametrize(("example_name", "writer"), WRITERS)
def test_everything_else_is_denied_beside_a_twin_that_is_allowed(
    applied: Applied, example_name: str, writer: str
) -> None:
    actors = Actors(applied.example.emulator, outputs_of(writer, applied.outputs))
    try:
        verdicts = [judge(trial) for trial in trials_of(actors, example.WRITERS[writer]["access"]["words"]["prefix"])]
    finally:
        actors.dismiss()

    # Every example asks for an external ID, has a prefix and may not delete: a trial fewer is a condition fewer.
    assert len(verdicts) == 7
    assert [(verdict.trial.name, verdict.message) for verdict in verdicts if not verdict.passed] == []
