"""Two checks that checkov has not, for what this module promises. Runs in the environment `scan`.

In HCL the policies are expressions that checkov cannot evaluate, and these checks say nothing. In a plan they are text.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from checkov.common.models.enums import CheckCategories, CheckResult
from checkov.terraform.checks.resource.base_resource_check import BaseResourceCheck


class AssumeRoleIsBoundToAFunction(BaseResourceCheck):
    def __init__(self) -> None:
        super().__init__(
            name="Every statement that allows sts:AssumeRole is bound to a function by lambda:SourceFunctionArn",
            id="CKV_OWN_1",
            categories=(CheckCategories.IAM,),
            supported_resources=("aws_iam_role_policy",),
        )

    def scan_resource_conf(self, conf: Mapping[str, Any]) -> CheckResult:
        statements = _statements(conf)
        if statements is None:
            return CheckResult.UNKNOWN
        assuming = [statement for statement in statements if _allows(statement, "sts:AssumeRole")]
        bound = all(
            "lambda:SourceFunctionArn" in statement.get("Condition", {}).get("ArnEquals", {}) for statement in assuming
        )
        return CheckResult.PASSED if bound else CheckResult.FAILED


class BucketPolicyDeniesOldTls(BaseResourceCheck):
    def __init__(self) -> None:
        super().__init__(
            name="Every bucket policy denies everybody plain HTTP, and TLS older than 1.2",
            id="CKV_OWN_2",
            categories=(CheckCategories.NETWORKING,),
            supported_resources=("aws_s3_bucket_policy",),
        )

    def scan_resource_conf(self, conf: Mapping[str, Any]) -> CheckResult:
        statements = _statements(conf)
        if statements is None:
            return CheckResult.UNKNOWN
        # As text, in small letters: checkov turns the "false" of an HCL policy into "False".
        conditions = [
            json.dumps(statement["Condition"]).lower()
            for statement in statements
            if (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "s3:*")
        ]
        wanted = ({"Bool": {"aws:SecureTransport": "false"}}, {"NumericLessThan": {"s3:TlsVersion": "1.2"}})
        denied = all(json.dumps(condition).lower() in conditions for condition in wanted)
        return CheckResult.PASSED if denied else CheckResult.FAILED


def _statements(conf: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    """The statements of a rendered policy; None where it is not known yet or holds an expression."""
    [policy] = conf.get("policy") or [None]
    if isinstance(policy, str):
        try:
            policy = json.loads(policy)
        except ValueError:
            return None
    statements = policy.get("Statement") if isinstance(policy, dict) else None
    if not isinstance(statements, list) or not all(isinstance(statement, dict) for statement in statements):
        return None
    return statements


def _allows(statement: Mapping[str, Any], action: str) -> bool:
    actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
    return statement["Effect"] == "Allow" and bool({action, "sts:*", "*"} & set(actions))


for check in (AssumeRoleIsBoundToAFunction, BucketPolicyDeniesOldTls):
    check()
