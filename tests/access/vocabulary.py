"""What the words of a row stand for, as vocabulary.yaml says it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.access.cases import EXAMPLES, Case
from tests.access.instances import Instance, Policies
from tools.emulator import LAMBDA_ACCOUNT, S3_ACCOUNT

_TEXT = Path(__file__).with_name("vocabulary.yaml").read_text()
_OWN = [example.get("resources", {}) for example in EXAMPLES.values()]


@dataclass(frozen=True)
class _Words:
    """What stands in vocabulary.yaml, with what the examples add to it."""

    principals: Mapping[str, Any]
    resources: Mapping[str, Mapping[str, str]]
    contexts: Mapping[str, Mapping[str, str]]
    policies: Policies

    def resource(self, case: Case) -> Mapping[str, str]:
        return self.resources[case.resource.partition("/")[0]]


@cache
def _words(account_a: str = LAMBDA_ACCOUNT, account_b: str = S3_ACCOUNT) -> _Words:
    """The words where the function and the bucket are in these accounts."""
    words = yaml.safe_load(_TEXT.replace(LAMBDA_ACCOUNT, account_a).replace(S3_ACCOUNT, account_b))
    return _Words(
        principals=words["principals"],
        resources={**words["resources"], **{name: one for resources in _OWN for name, one in resources.items()}},
        contexts=words["contexts"],
        policies={
            name: {"Version": "2012-10-17", "Statement": [statement]} for name, statement in words["policies"].items()
        },
    )


def places(case: Case) -> set[str]:
    """Which policies a row is about, by where they stand."""
    principal = _words().principals[case.principal]
    return {*principal.get("policies", ()), *filter(None, [principal.get("boundary"), resource_policy(case)])}


def resource_policy(case: Case) -> str | None:
    return _words().resource(case).get("policy")


def simulation(case: Case, instance: Instance) -> Mapping[str, Any]:
    """A row in the words of the simulator. It fills nothing in by itself."""
    # A function has no policy until something may invoke it.
    words = _words(*instance.accounts)
    policies = {"lambda_account.function": None, **instance.policies, **words.policies}
    principal, resource, policy = words.principals[case.principal], words.resource(case), resource_policy(case)
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


def _context(case: Case, instance: Instance) -> Iterator[tuple[str, str | list[str]]]:
    words = _words(*instance.accounts)
    principal, account = words.principals[case.principal], words.resource(case)["account"]
    who = _who(principal, instance)
    if str(who).startswith("arn:"):
        yield "aws:PrincipalArn", who
        yield "aws:PrincipalAccount", who.split(":")[4]
    yield "aws:ResourceAccount", account
    if case.action.startswith("s3:"):
        yield "s3:ResourceAccount", account
    said = [words.contexts[name] for name in case.context.split(" + ")] if case.context != "-" else []
    for context in (principal.get("context", {}), *said):
        for key, value in context.items():
            yield key, value if isinstance(value, list) else value.format_map(instance.names)
