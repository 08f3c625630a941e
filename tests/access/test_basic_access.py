"""Every row of basic.yaml, and that the rows together would notice any loosened policy."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import astuple
from pathlib import Path
from typing import Any

import pytest

from tests.access.evaluation import SCRIPT, Case, Decision, Policies, Table
from tests.access.widening import widenings
from tools import node

TABLE = Table(Path(__file__).with_name("basic.yaml"))
# The loosened policies that turn no row, and why.
UNNOTICED: Mapping[str, str] = {
    "s3_account.key: AccountAdministersThroughIam for any Action": "A key knows no actions but those of KMS.",
    "s3_account.trust.default: WriterAssumesThisRole for any Action": (
        "The simulator takes sts:ExternalId with sts:AssumeRole alone, so no other action meets the condition."
    ),
}


@pytest.fixture(scope="module")
def decisions(policies: Policies, outputs: Mapping[str, Any]) -> Mapping[Case, Decision]:
    [result] = TABLE.decide([policies], outputs)
    return result


@pytest.mark.parametrize("case", TABLE.cases, ids=str)
def test_access(decisions: Mapping[Case, Decision], case: Case) -> None:
    decision = decisions[case]

    assert (decision.result, decision.sids) == (case.result, case.sids), str(decision)


@pytest.mark.parametrize("case", [case for case in TABLE.cases if case.result == "denied"], ids=str)
def test_a_denial_has_a_twin_that_differs_in_one_thing_and_is_allowed(case: Case) -> None:
    """Without one, a row that is denied because of a slip in it would pass for ever."""
    assert any(other.result == "allowed" and _differences(case, other) == 1 for other in TABLE.cases)


def test_every_statement_decides_a_row(decisions: Mapping[Case, Decision], policies: Policies) -> None:
    deciding = {statement for decision in decisions.values() for statement in decision.statements}

    rendered = {(name, statement["Sid"]) for name, policy in policies.items() for statement in policy["Statement"]}
    assert rendered - deciding == set()


def test_every_loosened_policy_turns_a_row(
    decisions: Mapping[Case, Decision], policies: Policies, outputs: Mapping[str, Any]
) -> None:
    names, variants = zip(*widenings(policies), strict=True)

    changed = TABLE.decide(variants, outputs)

    complaints = {str(decision) for variant in changed for decision in variant.values() if decision.complaint}
    assert complaints == set()
    unnoticed = {
        name
        for name, variant in zip(names, changed, strict=True)
        if all(variant[case].result == decisions[case].result for case in TABLE.cases)
    }
    assert unnoticed == set(UNNOTICED)


def test_the_simulator_still_lacks_the_key_that_has_a_stand_in(policies: Policies, outputs: Mapping[str, Any]) -> None:
    """Once it knows the key, the stand-in can go."""
    case = next(case for case in TABLE.cases if "for the bucket" in case.context)

    [answer] = json.loads(node.run(SCRIPT, json.dumps([TABLE.simulation(case, policies, outputs)])))

    assert answer == {"complaint": {"ignored": ["kms:EncryptionContext:aws:s3:arn"]}}


def _differences(one: Case, other: Case) -> int:
    return sum(a != b for a, b in zip(astuple(one)[:4], astuple(other)[:4], strict=True))
