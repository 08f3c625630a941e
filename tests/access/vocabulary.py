"""What the words of a row stand for, as vocabulary.yaml says it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.access.cases import EXAMPLES, Case
from tests.access.instances import Instance, Policies

_WORDS = yaml.safe_load(Path(__file__).with_name("vocabulary.yaml").read_text())
_PRINCIPALS: Mapping[str, Any] = _WORDS["principals"]
_OWN = [example.get("resources", {}) for example in EXAMPLES.values()]
_RESOURCES: Mapping[str, Mapping[str, str]] = {
    **_WORDS["resources"],
    **{name: resource for resources in _OWN for name, resource in resources.items()},
}
_CONTEXTS: Mapping[str, Mapping[str, str]] = _WORDS["contexts"]
_POLICIES: Policies = {
    name: {"Version": "2012-10-17", "Statement": [statement]} for name, statement in _WORDS["policies"].items()
}


def places(case: Case) -> set[str]:
    """Which policies a row is about, by where they stand."""
    principal = _PRINCIPALS[case.principal]
    return {*principal.get("policies", ()), *filter(None, [principal.get("boundary"), resource_policy(case)])}


def resource_policy(case: Case) -> str | None:
    return _resource(case).get("policy")


def simulation(case: Case, instance: Instance) -> Mapping[str, Any]:
    """A row in the words of the simulator. It fills nothing in by itself."""
    # A function has no policy until something may invoke it.
    policies = {"lambda_account.function": None, **instance.policies, **_POLICIES}
    principal, resource, policy = _PRINCIPALS[case.principal], _resource(case), resource_policy(case)
    _, slash, key = case.resource.partition("/")

    def attached(places: Iterable[str]) -> list[Mapping[str, Any]]:
        return [{"name": place, "policy": policies[place]} for place in places if place in policies]

    boundary = attached(filter(None, [principal.get("boundary")]))
    return {
        "request": {
            "principal": _who(principal, instance),
            "action": case.action,
            "resource": {
                "resource": resource["arn"].format_map(instance.names) + slash + key,
                "accountId": resource["account"],
            },
            "contextVariables": dict(_context(case, instance)),
        },
        "identityPolicies": attached(principal.get("policies", ())),
        # Left out where there is none: an empty list is a boundary that allows nothing.
        **({"permissionBoundaryPolicies": boundary} if boundary else {}),
        "resourcePolicy": policies[policy] if policy else None,
        "serviceControlPolicies": [],
        "resourceControlPolicies": [],
    }


def _who(principal: Mapping[str, Any], instance: Instance) -> Any:
    who = principal["is"]
    return who.format_map(instance.names) if isinstance(who, str) else who


def _context(case: Case, instance: Instance) -> Iterator[tuple[str, str]]:
    principal, account = _PRINCIPALS[case.principal], _resource(case)["account"]
    who = _who(principal, instance)
    if str(who).startswith("arn:"):
        yield "aws:PrincipalArn", who
        yield "aws:PrincipalAccount", who.split(":")[4]
    yield "aws:ResourceAccount", account
    if case.action.startswith("s3:"):
        yield "s3:ResourceAccount", account
    said = [_CONTEXTS[name] for name in case.context.split(" + ")] if case.context != "-" else []
    for context in (principal.get("context", {}), *said):
        for key, value in context.items():
            yield key, value.format_map(instance.names)


def _resource(case: Case) -> Mapping[str, str]:
    return _RESOURCES[case.resource.partition("/")[0]]
