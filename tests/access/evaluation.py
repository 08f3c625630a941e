"""A table of who may do what, and what the simulator decides on its rows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tools import node

SCRIPT = Path(__file__).with_name("simulate.mjs")
# iam-simulate drops every key of an encryption context as unknown for the action. Under the name of another key that
# holds one string, it evaluates the same condition.
_UNKNOWN, _STAND_IN = "kms:EncryptionContext:", "aws:RequestTag/"

Policies = Mapping[str, Any]


@dataclass(frozen=True)
class Case:
    """A row of the table."""

    principal: str
    action: str
    resource: str
    context: str
    result: str
    by: str

    def __str__(self) -> str:
        context = "" if self.context == "-" else f" ({self.context})"
        return f"{self.principal}, {self.action}, {self.resource}{context} -> {self.result}"

    @property
    def sids(self) -> set[str]:
        return set() if self.by == "-" else set(self.by.split(" + "))


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
        return {sid for _, sid in self.statements}


class Table:
    """The rows, and what their words stand for."""

    def __init__(self, path: Path) -> None:
        content = yaml.safe_load(path.read_text())
        self.cases = [Case(*row) for rows in content["cases"].values() for row in rows]
        self._policies: Policies = {
            name: {"Version": "2012-10-17", "Statement": [statement]} for name, statement in content["policies"].items()
        }
        self._principals = content["principals"]
        self._resources = content["resources"]
        self._contexts = content["contexts"]

    def simulation(self, case: Case, rendered: Policies, outputs: Mapping[str, Any]) -> Mapping[str, Any]:
        """A row in the words of the simulator. It fills nothing in by itself."""
        policies = {**rendered, **self._policies}
        principal = self._principals[case.principal]
        resource = self._resource(case)
        _, slash, key = case.resource.partition("/")
        return {
            "request": {
                "principal": principal["is"],
                "action": case.action,
                "resource": {
                    "resource": resource["arn"].format_map(outputs) + slash + key,
                    "accountId": resource["account"],
                },
                "contextVariables": dict(self._context(case)),
            },
            "identityPolicies": [{"name": name, "policy": policies[name]} for name in principal.get("policies", ())],
            "resourcePolicy": policies[resource["policy"]] if "policy" in resource else None,
            "serviceControlPolicies": [],
            "resourceControlPolicies": [],
        }

    def _context(self, case: Case) -> Iterator[tuple[str, str]]:
        principal, account = self._principals[case.principal], self._resource(case)["account"]
        if str(principal["is"]).startswith("arn:"):
            yield "aws:PrincipalArn", principal["is"]
            yield "aws:PrincipalAccount", principal["is"].split(":")[4]
        yield "aws:ResourceAccount", account
        if case.action.startswith("s3:"):
            yield "s3:ResourceAccount", account
        yield from principal.get("context", {}).items()
        for name in case.context.split(" + ") if case.context != "-" else ():
            yield from self._contexts[name].items()

    def decide(self, variants: Iterable[Policies], outputs: Mapping[str, Any]) -> list[dict[Case, Decision]]:
        """The decision on every row under each variant of the rendered policies, all in one process."""
        answers = simulate([self.simulation(case, policies, outputs) for policies in variants for case in self.cases])
        starts = range(0, len(answers), len(self.cases))
        return [
            dict(zip(self.cases, map(self._decision, self.cases, answers[start:]), strict=True)) for start in starts
        ]

    def _resource(self, case: Case) -> Mapping[str, str]:
        resource: Mapping[str, str] = self._resources[case.resource.partition("/")[0]]
        return resource

    def _decision(self, case: Case, answer: Mapping[str, Any]) -> Decision:
        if complaint := answer.get("complaint"):
            return Decision("undecided", complaint=complaint)
        # The simulator does not name the policy of the resource: there is only one.
        of_resource = {"policyIdentifier": self._resource(case).get("policy")}
        reasons = [
            {**reason, **of_resource} if reason["policyType"] == "resource" else reason for reason in answer["reasons"]
        ]
        return Decision(
            result="allowed" if answer["result"] == "Allowed" else "denied",
            statements=frozenset((r["policyIdentifier"], r["statementId"]) for r in reasons if "statementId" in r),
            sides=tuple(reason["policyType"] for reason in reasons if reason.get("denialType") == "Implicit"),
        )


def planned_outputs(plan: Mapping[str, Any]) -> Mapping[str, Any]:
    """The outputs by name. The plan that follows an apply knows them all, the ARN of the key included."""
    return {name: output["value"] for name, output in plan["planned_values"]["outputs"].items()}


def rendered_policies(outputs: Mapping[str, Any]) -> Policies:
    """The module's policies by where they stand in its output `policies`, such as `s3_account.trust.default`."""
    return dict(_leaves("", outputs["policies"]))


def _leaves(place: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _leaves(f"{place}.{name}".strip("."), inner)
    elif value is not None:
        yield place, json.loads(value)


def simulate(simulations: Sequence[Mapping[str, Any]]) -> Any:
    return json.loads(node.run(SCRIPT, json.dumps(simulations).replace(_UNKNOWN, _STAND_IN)))
