"""Every way to loosen a policy by one notch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tests.access.evaluation import Policies

Statement = Mapping[str, Any]


def widenings(policies: Policies) -> Iterator[tuple[str, Policies]]:
    """The policies, each time with one statement that says less: what it no longer says, and all policies."""
    for name, policy in policies.items():
        for index, statement in enumerate(policy["Statement"]):
            for what, wider in _wider(statement):
                statements = [*policy["Statement"][:index], wider, *policy["Statement"][index + 1 :]]
                yield f"{name}: {statement['Sid']} {what}", {**policies, name: {**policy, "Statement": statements}}


def _wider(statement: Statement) -> Iterator[tuple[str, Statement]]:
    if statement["Effect"] == "Deny":
        never = {"StringEquals": {"aws:PrincipalAccount": "none"}}
        yield "never applies", {**statement, "Condition": never}
        return
    for element in ("Principal", "Action", "Resource"):
        if statement.get(element, "*") != "*":
            yield f"for any {element}", {**statement, element: "*"}
    conditions = statement.get("Condition", {})
    for operator, tests in conditions.items():
        for key in tests:
            others = {other: value for other, value in tests.items() if other != key}
            yield f"for any {key}", {**statement, "Condition": {**conditions, operator: others}}
