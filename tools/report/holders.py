"""The policies among the resources of a side, and what each is attached to."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tools.report.policy import Holder, Kind, Policy
from tools.report.resources import PlanError, Resource

# The resources that have a policy, with the attribute that holds it, what it is attached to and what names that.
POLICIES: Mapping[str, tuple[str, Kind, str, str]] = {
    "aws_iam_role": ("assume_role_policy", Kind.TRUST, "role", "name"),
    "aws_iam_role_policy": ("policy", Kind.IDENTITY, "role", "role"),
    "aws_iam_policy": ("policy", Kind.IDENTITY, "managed policy", "name"),
    "aws_s3_bucket_policy": ("policy", Kind.RESOURCE, "bucket", "bucket"),
    "aws_kms_key": ("policy", Kind.RESOURCE, "KMS key", "key_id"),
    "aws_kms_key_policy": ("policy", Kind.RESOURCE, "KMS key", "key_id"),
    "aws_sqs_queue": ("policy", Kind.RESOURCE, "queue", "name"),
    "aws_sqs_queue_policy": ("policy", Kind.RESOURCE, "queue", "queue_url"),
    "aws_sns_topic": ("policy", Kind.RESOURCE, "topic", "name"),
    "aws_sns_topic_policy": ("policy", Kind.RESOURCE, "topic", "arn"),
    "aws_lambda_permission": ("principal", Kind.RESOURCE, "function", "function_name"),
}


@dataclass(frozen=True)
class Role:
    holder: Holder
    address: str
    boundary: str | None
    """The ARN of its permissions boundary; empty when there is none, None until it is known."""


def role_of(resource: Resource, account: str | None) -> Role:
    boundary = (resource.values["permissions_boundary"] or "") if "permissions_boundary" in resource.values else None
    holder = Holder("role", resource.values.get("name"), account, resource.values.get("path") or "/")
    return Role(holder, resource.address, boundary)


@dataclass(frozen=True)
class Surroundings:
    """What the policies of a side are attached to."""

    account: str | None
    roles: Mapping[str, Role]
    bucket: str | None

    def holder(self, resource: Resource) -> Holder:
        _, _, noun, attribute = POLICIES[resource.type]
        name = resource.values.get(attribute)
        if noun == "role":
            return self._role(resource, name)
        return Holder(noun, (name or self.bucket) if noun == "bucket" else name, self.account)

    def _role(self, resource: Resource, name: str | None) -> Holder:
        if resource.address in self.roles:
            return self.roles[resource.address].holder
        named = [role.holder for role in self.roles.values() if role.holder.name == name]
        # Of a role that is not made yet, a policy does not know the name: then the key tells.
        suffix = f'["{resource.index}"]' if isinstance(resource.index, str) else ""
        keyed = [role.holder for address, role in self.roles.items() if suffix and address.endswith(suffix)]
        only = [role.holder for role in self.roles.values() if len(self.roles) == 1]
        return next(iter(named or keyed or only), Holder("role", name, self.account))


def policies_of(resources: Iterable[Resource], around: Surroundings, numbers: Iterator[int]) -> Iterator[Policy]:
    for resource in resources:
        if resource.type not in POLICIES:
            continue
        attribute, kind, _, _ = POLICIES[resource.type]
        text = _text(resource, attribute)
        # What is not known yet is left out of the values; what there is not stands there as null.
        if attribute in resource.values and not text:
            continue
        policy = Policy(
            number=next(numbers),
            address=resource.address,
            name=_name(resource, kind),
            kind=kind,
            holder=around.holder(resource),
            document=None if text is None else _document(text, resource.address),
            sensitive=resource.sensitive.get(attribute) is True,
        )
        yield _checked(policy)


def _text(resource: Resource, attribute: str) -> str | None:
    """The policy in JSON; None until it is known."""
    if resource.type != "aws_lambda_permission":
        return resource.values.get(attribute)
    needed = ("statement_id", "principal", "action", "source_arn", "source_account")
    if not resource.values.keys() >= set(needed):
        return None
    sid, principal, action, arn, account = (resource.values[name] for name in needed)
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": sid,
                    "Effect": "Allow",
                    "Principal": {"Service": principal} if "." in principal else {"AWS": principal},
                    "Action": action,
                    # A permission says nothing of it: it is the function.
                    "Resource": "*",
                    "Condition": {
                        **({"ArnLike": {"AWS:SourceArn": arn}} if arn else {}),
                        **({"StringEquals": {"AWS:SourceAccount": account}} if account else {}),
                    },
                }
            ],
        }
    )


def boundaries_of(roles: Iterable[Role], managed: Mapping[str, Resource], numbers: Iterator[int]) -> Iterator[Policy]:
    """The boundaries of roles among the managed policies of the plan, which go by their ARN."""
    for role in roles:
        if role.boundary and role.boundary in managed:
            resource = managed[role.boundary]
            yield _checked(
                Policy(
                    number=next(numbers),
                    address=resource.address,
                    name=_name(resource, Kind.BOUNDARY),
                    kind=Kind.BOUNDARY,
                    holder=role.holder,
                    document=_document(resource.values["policy"], resource.address),
                    sensitive=resource.sensitive.get("policy") is True,
                )
            )


def _checked(policy: Policy) -> Policy:
    """A plan does not tell whether AWS would take a policy."""
    try:
        sound = all(rule.statement.effect in ("Allow", "Deny") for rule in policy.rules)
    except (AttributeError, TypeError):
        sound = False
    if not sound:
        raise PlanError(f"has a policy that is none in the words of AWS, in {policy.address}.")
    return policy


def _name(resource: Resource, kind: Kind) -> str:
    if kind is Kind.TRUST:
        return "trust"
    return "policy" if kind is Kind.RESOURCE else str(resource.values.get("name") or resource.name)


def _document(text: str, address: str) -> Mapping[str, Any]:
    try:
        document = json.loads(text)
    except json.JSONDecodeError:
        document = None
    if not isinstance(document, dict):
        raise PlanError(f"has a policy that is no JSON object, in {address}.")
    return document
