"""Every row of the tables, and that the rows together leave no statement out."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping

import pytest

from tests.access import cases, vocabulary
from tests.access.cases import Case
from tests.access.conftest import VARIANTS
from tests.access.evaluation import SCRIPT, Decision
from tests.access.instances import Instance
from tools import node
from tools.environments import ROOT
from tools.example import EXAMPLES

CASES = cases.read()


@pytest.mark.parametrize("case", CASES, ids=str)
def test_access(decisions: Mapping[Case, Decision], case: Case) -> None:
    decision = decisions[case]

    assert (decision.result, decision.sids) == (case.result, case.sids), str(decision)


def test_no_row_stands_twice() -> None:
    """The second one would prove nothing, or contradict the first."""
    assert [request for request, times in Counter(case.request for case in CASES).items() if times > 1] == []


def test_every_example_is_among_them() -> None:
    assert {folder.name for folder in (ROOT / "examples").iterdir()} == set(EXAMPLES)


def test_every_trait_of_an_example_has_rows() -> None:
    assert {trait for example in cases.EXAMPLES.values() for trait in example["traits"]} == cases.traits()


def test_every_variant_has_rows() -> None:
    assert {case.variant for case in CASES} == {*cases.EXAMPLES, *VARIANTS}


def test_a_denial_has_a_twin_that_differs_in_one_thing_and_is_allowed() -> None:
    """Without one, a row that is denied because of a slip in it would pass for ever."""
    # All that differ from an allowed row in one thing, with None in its place.
    near = {twin for case in CASES if case.result == "allowed" for twin in _with_a_gap(case)}

    assert [str(case) for case in CASES if case.result == "denied" and near.isdisjoint(_with_a_gap(case))] == []


def test_every_statement_decides_a_row(decisions: Mapping[Case, Decision], instances: Mapping[str, Instance]) -> None:
    """In one of the variants that have it."""
    deciding = {
        _statement(instances[case.variant], place, sid)
        for case, decision in decisions.items()
        for place, sid in decision.statements
        if place in instances[case.variant].policies
    }

    rendered = {
        _statement(instance, place, statement["Sid"])
        for instance in instances.values()
        for place, policy in instance.policies.items()
        for statement in policy["Statement"]
    }
    assert rendered - deciding == set()


def test_the_simulator_still_lacks_the_key_that_has_a_stand_in(instances: Mapping[str, Instance]) -> None:
    """Once it knows the key, the stand-in can go."""
    case = next(case for case in CASES if "for the bucket" in case.context)
    simulation = vocabulary.simulation(case, instances[case.variant])

    [answer] = json.loads(node.run(SCRIPT, json.dumps([simulation])))

    assert answer == {"complaint": {"ignored": ["kms:EncryptionContext:aws:s3:arn"]}}


@pytest.mark.parametrize(
    ("action", "key"), [("sts:SetSourceIdentity", "sts:ExternalId"), ("sts:TagSession", "sts:SourceIdentity")]
)
def test_the_simulator_still_knows_a_key_for_fewer_actions(
    instances: Mapping[str, Instance], action: str, key: str
) -> None:
    """Once AWS documents the key for the action, there are rows to add, and survivors to strike off."""
    case = Case("pinned", "the function", action, "the role in B if open", "-", "denied", "-")
    simulation = json.loads(json.dumps(vocabulary.simulation(case, instances[case.variant])))
    simulation["request"]["contextVariables"][key] = "any"

    [answer] = json.loads(node.run(SCRIPT, json.dumps([simulation])))

    assert answer == {"complaint": {"ignored": [key]}}


def _with_a_gap(case: Case) -> set[tuple[str | None, ...]]:
    return {(*case.request[:at], None, *case.request[at + 1 :]) for at in range(len(case.request))}


def _statement(instance: Instance, place: str, sid: str) -> tuple[str, str]:
    [statement] = [one for one in instance.policies[place]["Statement"] if one["Sid"] == sid]
    return place, json.dumps(statement)
