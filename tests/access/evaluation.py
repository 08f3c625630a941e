"""What the simulator decides on the rows."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.access import vocabulary
from tests.access.cases import Case
from tests.access.instances import Instance
from tools import node

SCRIPT = Path(__file__).with_name("simulate.mjs")
# iam-simulate drops every key of an encryption context as unknown for the action. Under the name of another key that
# holds one string, it evaluates the same condition.
_UNKNOWN, _STAND_IN = "kms:EncryptionContext:", "aws:RequestTag/"


@dataclass(frozen=True)
class Decision:
    """What the simulator says: ``statements`` decided, each a policy and a Sid; ``sides`` did not allow."""

    result: str
    statements: frozenset[tuple[str, str]] = frozenset()
    sides: tuple[str, ...] = ()
    complaint: Any = None

    def __str__(self) -> str:
        if self.complaint:
            return f"the simulator complains: {json.dumps(self.complaint)}"
        statements = [f"{sid} of {policy}" for policy, sid in sorted(self.statements)]
        silent = [f"no statement of the {side} policies" for side in self.sides]
        return f"{self.result} by {', '.join([*statements, *silent])}"

    @property
    def sids(self) -> set[str]:
        """Those that a row names. What another statement allows, a boundary at most lets through: it is not named."""
        return {sid for place, sid in self.statements if self.result == "denied" or not place.endswith(".boundary")}


def decide(questions: Sequence[tuple[Case, Instance]]) -> list[Decision]:
    """The decision on each row in its instance, all in one process, and what is the same to the simulator only once."""
    texts = [json.dumps(vocabulary.simulation(case, instance)) for case, instance in questions]
    different = list(dict.fromkeys(texts))
    answers = dict(zip(different, _simulate(f"[{','.join(different)}]"), strict=True))
    return [_decision(case, answers[text]) for (case, _), text in zip(questions, texts, strict=True)]


def _simulate(simulations: str) -> Any:
    return json.loads(node.run(SCRIPT, simulations.replace(_UNKNOWN, _STAND_IN)))


def _decision(case: Case, answer: Mapping[str, Any]) -> Decision:
    if complaint := answer.get("complaint"):
        return Decision("undecided", complaint=complaint)
    # The simulator does not name the policy of the resource: there is only one.
    of_resource = {"policyIdentifier": vocabulary.resource_policy(case)}
    reasons = [
        {**reason, **of_resource} if reason["policyType"] == "resource" else reason for reason in answer["reasons"]
    ]
    return Decision(
        result="allowed" if answer["result"] == "Allowed" else "denied",
        statements=frozenset((r["policyIdentifier"], r["statementId"]) for r in reasons if "statementId" in r),
        sides=tuple(reason["policyType"] for reason in reasons if reason.get("denialType") == "Implicit"),
    )
