"""From the JSON of a plan or a state to the instances of the module in it, and their policies."""

from __future__ import annotations

from dataclasses import dataclass

from tools.report import resources as reading
from tools.report.holders import POLICIES
from tools.report.policy import Policy
from tools.report.resources import PlanError
from tools.report.sides import Instance, instances_among

# These give rights too, but not by a policy that a plan holds.
_OTHER_GRANTS = {
    "aws_iam_group_policy",
    "aws_iam_policy_attachment",
    "aws_iam_role_policy_attachment",
    "aws_iam_user_policy",
    "aws_kms_grant",
    "aws_lambda_function_url",
    "aws_s3_access_point",
    "aws_s3_bucket_acl",
}


@dataclass(frozen=True)
class Plan:
    kind: str
    """"plan" or "state"."""
    terraform_version: str
    made_at: str
    resources: int
    whole: bool
    """False when Terraform says that it could not plan everything."""
    instances: tuple[Instance, ...]
    unread: tuple[str, ...]
    """The addresses of what may give rights beside the policies of the instances."""

    @property
    def policies(self) -> tuple[Policy, ...]:
        return tuple(policy for instance in self.instances for policy in instance.policies)


def read(text: bytes) -> Plan:
    """The plan or the state that `terraform show -json` wrote.

    Raises:
        PlanError: it is neither, or the module is not in it.
    """
    raw = reading.parsed(text)
    try:
        resources = list(reading.resources_of(reading.root(raw)))
        accounts = reading.accounts(raw)
    except (AttributeError, KeyError, TypeError) as error:
        raise PlanError(reading.NO_PLAN) from error
    instances = tuple(instances_among(resources, accounts))
    if not instances:
        raise PlanError(
            f"holds no instance of the module among its {len(resources)} resources: plan a root that uses it."
        )
    sides = [side for instance in instances for side in instance.sides]
    shown = {policy.address for side in sides for policy in (*side.policies, *side.boundaries)}
    return Plan(
        kind="plan" if reading.is_plan(raw) else "state",
        terraform_version=str(raw.get("terraform_version", "unknown")),
        made_at=str(raw.get("timestamp", "unknown")),
        resources=len(resources),
        whole=raw.get("complete", True) is True and raw.get("errored", False) is False,
        instances=instances,
        unread=tuple(
            resource.address
            for resource in resources
            if resource.type in _OTHER_GRANTS or (resource.type in POLICIES and resource.address not in shown)
        ),
    )
