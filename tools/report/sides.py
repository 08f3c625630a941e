"""The instances of the module among the resources of a plan: their sides, and which have to do with each other."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tools.report.holders import Role, Surroundings, boundaries_of, policies_of, role_of
from tools.report.policy import Holder, Policy, Rule, account_of
from tools.report.resources import Resource

# What tells a side of the module from any other module.
_LAMBDA_MARKS = {("aws_iam_role", "execution"), ("aws_iam_role_policy", "assume"), ("aws_lambda_function", "this")}
_S3_MARKS = {("aws_iam_role", "writer"), ("aws_iam_role_policy", "write")}


@dataclass(frozen=True)
class Side:
    """What the module has in one account."""

    address: str
    account: str | None
    roles: tuple[Role, ...]
    policies: tuple[Policy, ...]
    boundaries: tuple[Policy, ...]
    """The permissions boundaries of its roles, as far as the plan makes them. They give no right, but limit roles."""
    bucket: str | None

    @property
    def rules(self) -> Iterator[Rule]:
        return (rule for policy in self.policies for rule in policy.rules)

    def boundary_of(self, holder: Holder) -> Policy | None:
        return next((policy for policy in self.boundaries if policy.holder == holder), None)


@dataclass(frozen=True)
class Instance:
    """The sides that have to do with each other: mostly one of each, or one alone."""

    lambda_sides: tuple[Side, ...]
    s3_sides: tuple[Side, ...]

    @property
    def sides(self) -> tuple[Side, ...]:
        return self.lambda_sides + self.s3_sides

    @property
    def policies(self) -> tuple[Policy, ...]:
        return tuple(policy for side in self.sides for policy in side.policies)

    @property
    def rules(self) -> Iterator[Rule]:
        return (rule for side in self.sides for rule in side.rules)

    @property
    def address(self) -> str:
        if len(self.lambda_sides) == len(self.s3_sides) == 1 and _siblings(*self.sides):
            return _caller(self.sides[0].address) or "the root module"
        return ", ".join(side.address or "the root module" for side in self.sides)


def instances_among(resources: Iterable[Resource], accounts: Mapping[str, str]) -> Iterator[Instance]:
    modules: defaultdict[str, list[Resource]] = defaultdict(list)
    managed: dict[str, Resource] = {}
    for resource in resources:
        modules[resource.module].append(resource)
        if resource.type == "aws_iam_policy" and {"arn", "policy"} <= set(resource.values):
            managed[resource.values["arn"]] = resource
    numbers = itertools.count(1)
    lambda_sides, s3_sides = (
        [_side(own, accounts, managed, numbers) for own in modules.values() if marks <= {one.mark for one in own}]
        for marks in (_LAMBDA_MARKS, _S3_MARKS)
    )
    return _joined(lambda_sides, s3_sides)


def _joined(lambda_sides: Iterable[Side], s3_sides: Iterable[Side]) -> Iterator[Instance]:
    """Who writes where: one function may write to several buckets, and several to one."""
    groups = [Instance((side,), ()) for side in lambda_sides]
    for s3_side in s3_sides:
        near = [group for group in groups if any(_linked(side, s3_side) for side in group.lambda_sides)]
        groups = [group for group in groups if group not in near]
        groups.append(
            Instance(
                tuple(side for group in near for side in group.lambda_sides),
                (*(side for group in near for side in group.s3_sides), s3_side),
            )
        )
    return iter(groups)


def _linked(lambda_side: Side, s3_side: Side) -> bool:
    """By the module that called both, or because one names the other's role."""
    return _siblings(lambda_side, s3_side) or any(
        _names_role_of(one, other) for one, other in itertools.permutations((lambda_side, s3_side))
    )


def _siblings(lambda_side: Side, s3_side: Side) -> bool:
    named = lambda_side.address.endswith("module.lambda_account") and s3_side.address.endswith("module.s3_account")
    return named and _caller(lambda_side.address) == _caller(s3_side.address)


def _names_role_of(side: Side, other: Side) -> bool:
    arns = tuple(role.holder.arn for role in other.roles if role.holder.arn)
    said = (text for policy in side.policies for text in _strings(policy.document))
    return bool(arns) and any(text.endswith(arns) for text in said)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from _strings(list(value.values()))
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)


def _caller(address: str) -> str:
    return address.rpartition("module.")[0].removesuffix(".")


def _side(
    resources: Sequence[Resource],
    accounts: Mapping[str, str],
    managed: Mapping[str, Resource],
    numbers: Iterator[int],
) -> Side:
    address = resources[0].module
    account = accounts.get(address) or _account_of_arns(resources)
    roles = {resource.address: role_of(resource, account) for resource in resources if resource.type == "aws_iam_role"}
    bucket = next((one.values.get("bucket") for one in resources if one.type == "aws_s3_bucket"), None)
    return Side(
        address=address,
        account=account,
        roles=tuple(roles.values()),
        policies=tuple(policies_of(resources, Surroundings(account, roles, bucket), numbers)),
        boundaries=tuple(boundaries_of(roles.values(), managed, numbers)),
        bucket=bucket,
    )


def _account_of_arns(resources: Iterable[Resource]) -> str | None:
    found = (account_of(str(resource.values.get("arn"))) for resource in resources)
    return next(filter(None, found), None)
