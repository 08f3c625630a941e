"""Instances of the module, and the policies that each one renders."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

Policies = Mapping[str, Any]
Statement = Mapping[str, Any]


@dataclass(frozen=True)
class Instance:
    """An instance by its outputs; ``policies`` are the rendered ones among them, by where they stand."""

    outputs: Mapping[str, Any]
    policies: Policies

    def with_statement(self, place: str, old: Statement, new: Statement) -> Instance:
        """The same instance, with another statement in one of its policies."""
        policy = self.policies[place]
        statements = [new if statement == old else statement for statement in policy["Statement"]]
        return replace(self, policies={**self.policies, place: {**policy, "Statement": statements}})


def instance(outputs: Mapping[str, Any]) -> Instance:
    policies = rendered_policies(outputs)
    if advice := outputs.get("key_policy_statements"):
        policies = {**policies, "key_policy_statements": {"Version": "2012-10-17", "Statement": json.loads(advice)}}
    return Instance(outputs, policies)


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
