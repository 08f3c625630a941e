"""Instances of the module: what each one is called, and the policies that it renders."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tools.example import outputs_of
from tools.report.resources import Resource, resources_of

Policies = Mapping[str, Any]
Statement = Mapping[str, Any]

# What has a policy of a resource, in its argument `policy`.
_WITH_A_POLICY = ("aws_kms_key", "aws_s3_bucket_policy", "aws_sns_topic_policy", "aws_sqs_queue")


@dataclass(frozen=True)
class Instance:
    """``names`` are what the rows may speak of: outputs, and what those do not say; ``policies`` go by their place."""

    names: Mapping[str, Any]
    policies: Policies

    @property
    def accounts(self) -> tuple[str, str]:
        """Those of the function and of the bucket."""
        return self.names["execution_role"]["arn"].split(":")[4], self.names["s3_role"]["arn"].split(":")[4]

    def with_statement(self, place: str, old: Statement, new: Statement) -> Instance:
        """The same instance, with another statement in one of its policies."""
        policy = self.policies[place]
        statements = [new if statement == old else statement for statement in policy["Statement"]]
        return replace(self, policies={**self.policies, place: {**policy, "Statement": statements}})


def instance(outputs: Mapping[str, Any], words: Mapping[str, str], others: Policies | None = None) -> Instance:
    """An instance by its outputs, by ``words`` of those who use it, and by the policies that they set beside it."""
    policies = {**rendered_policies(outputs), **(others or {})}
    if advice := outputs.get("key_policy_statements"):
        policies = {**policies, "key_policy_statements": {"Version": "2012-10-17", "Statement": json.loads(advice)}}
    role = outputs["execution_role"]
    path = role["arn"].partition(":role")[2].removesuffix(role["name"])
    return Instance({**outputs, **words, "execution_role": {**role, "path": path}}, policies)


def planned_outputs(plan: Mapping[str, Any]) -> Mapping[str, Any]:
    """The outputs by name. The plan that follows an apply knows them all, the ARN of the key included."""
    return {name: output["value"] for name, output in plan["planned_values"]["outputs"].items() if "value" in output}


def example(plan: Mapping[str, Any], writer: str, spec: Mapping[str, Any]) -> Instance:
    """A writer of an example by the plan that follows its apply, and by what test.yaml says of its access.

    Of its ``words``, the address of a resource stands for its ARN. ``bucket_policy`` is the address of the bucket's
    policy, where the bucket is not the module's.
    """
    resources = list(resources_of(plan["planned_values"]["root_module"]))
    arns = {one.address: str(one.values.get("arn")) for one in resources}
    named = {name: arns.get(word, word) for name, word in spec["words"].items()}
    others = {**_boundaries(resources), **_beside_the_module(resources)}
    if bucket_policy := spec.get("bucket_policy"):
        others["s3_account.bucket"] = others.pop(bucket_policy)
    return instance(outputs_of(writer, planned_outputs(plan)), named, others)


def _boundaries(resources: Sequence[Resource]) -> Policies:
    """The permissions boundaries of the module's two roles, as far as the plan makes them, by their place."""
    texts = {one.values["arn"]: json.loads(one.values["policy"]) for one in resources if one.type == "aws_iam_policy"}
    roles = {one.name: one.values["permissions_boundary"] for one in resources if one.type == "aws_iam_role"}
    places = {"execution": "lambda_account.boundary", "writer": "s3_account.boundary"}
    return {place: texts[arn] for name, place in places.items() if (arn := roles.get(name)) in texts}


def _beside_the_module(resources: Sequence[Resource]) -> Policies:
    """The policies of what the example itself makes, such as a queue, by its address."""
    return {
        one.address: json.loads(one.values["policy"])
        for one in resources
        if not one.module and one.type in _WITH_A_POLICY and one.values["policy"]
    }


def rendered_policies(outputs: Mapping[str, Any]) -> Policies:
    """The module's policies by where they stand in its output `policies`, such as `s3_account.trust.default`."""
    return dict(_leaves("", outputs["policies"]))


def _leaves(place: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _leaves(f"{place}.{name}".strip("."), inner)
    elif value is not None:
        yield place, json.loads(value)
