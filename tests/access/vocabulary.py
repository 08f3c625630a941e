"""What the words of a row stand for, as vocabulary.yaml says it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.access.cases import Case
from tests.access.instances import Instance, Policies

_WORDS = yaml.safe_load(Path(__file__).with_name("vocabulary.yaml").read_text())
_PRINCIPALS: Mapping[str, Any] = _WORDS["principals"]
_RESOURCES: Mapping[str, Mapping[str, str]] = _WORDS["resources"]
_CONTEXTS: Mapping[str, Mapping[str, str]] = _WORDS["contexts"]
_POLICIES: Policies = {
    name: {"Version": "2012-10-17", "Statement": [statement]} for name, statement in _WORDS["policies"].items()
}


def places(case: Case) -> set[str]:
    """Which policies a row is about, by where they stand."""
    return {*_PRINCIPALS[case.principal].get("policies", ()), *filter(None, [resource_policy(case)])}


def resource_policy(case: Case) -> str | None:
    return _resource(case).get("policy")


def simulation(case: Case, instance: Instance) -> Mapping[str, Any]:
    """A row in the words of the simulator. It fills nothing in by itself."""
    policies = {**instance.policies, **_POLICIES}
    principal, resource, policy = _PRINCIPALS[case.principal], _resource(case), resource_policy(case)
    _, slash, key = case.resource.partition("/")
    return {
        "request": {
            "principal": principal["is"],
            "action": case.action,
            "resource": {
                "resource": resource["arn"].format_map(instance.outputs) + slash + key,
                "accountId": resource["account"],
            },
            "contextVariables": {key: value.format_map(instance.outputs) for key, value in _context(case)},
        },
        "identityPolicies": [{"name": name, "policy": policies[name]} for name in principal.get("policies", ())],
        "resourcePolicy": policies[policy] if policy else None,
        "serviceControlPolicies": [],
        "resourceControlPolicies": [],
    }


def _context(case: Case) -> Iterator[tuple[str, str]]:
    principal, account = _PRINCIPALS[case.principal], _resource(case)["account"]
    if str(principal["is"]).startswith("arn:"):
        yield "aws:PrincipalArn", principal["is"]
        yield "aws:PrincipalAccount", principal["is"].split(":")[4]
    yield "aws:ResourceAccount", account
    if case.action.startswith("s3:"):
        yield "s3:ResourceAccount", account
    yield from principal.get("context", {}).items()
    for name in case.context.split(" + ") if case.context != "-" else ():
        yield from _CONTEXTS[name].items()


def _resource(case: Case) -> Mapping[str, str]:
    return _RESOURCES[case.resource.partition("/")[0]]
