"""What the linter parliament says of every rendered policy."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.access.instances import Instance, Policies
from tools import process
from tools.environments import interpreter

_IN_A_FUNCTION = "Lambda puts this key into every request that a function makes with its role."
_NO_RESOURCE = "A trust policy has no Resource: it is about the role that it belongs to."
_TLS_NUMBER = "AWS takes a decimal number; parliament knows whole ones only."
_TLS_VERSION = "S3 has this key in every request; parliament's data lacks it for these two actions."
_THIS_KEY = "In a key policy, * is the key that it belongs to."
_ARN_OF_A_LOG = "The context is the ARN of a log group; the CloudWatch Logs User Guide compares it so."
_STATEMENT_ID = "A statement id of Lambda may have hyphens; IAM knows none in a Sid."
_NEW_ACTION = "Newer than parliament's data."
_NO_CONTEXT = "In the words of the CloudWatch Logs User Guide; without a context, it allows neither of these two."

_BY_THE_FUNCTION = {
    "lambda_account.assume": (
        "sts:AssumeRole",
        "sts:AssumeRoleWithSAML",
        "sts:AssumeRoleWithWebIdentity",
        "sts:AssumeRoot",
        "sts:DecodeAuthorizationMessage",
        "sts:GetAccessKeyInfo",
        "sts:GetCallerIdentity",
        "sts:GetFederationToken",
        "sts:GetServiceBearerToken",
        "sts:GetSessionToken",
        "sts:SetContext",
        "sts:SetSourceIdentity",
        "sts:TagSession",
    ),
    "lambda_account.sources": (
        "s3:GetObject",
        "s3:GetObjectTagging",
        "s3:GetObjectVersion",
        "s3:GetObjectVersionTagging",
        "s3:ListBucket",
    ),
    "lambda_account.network": (
        "ec2:AssignPrivateIpAddresses",
        "ec2:CreateNetworkInterface",
        "ec2:DeleteNetworkInterface",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSubnets",
        "ec2:UnassignPrivateIpAddresses",
    ),
}
_BUCKETS = ("s3_account.bucket", "aws_s3_bucket_policy.*")
_KEYS = ("s3_account.key", "key_policy_statements", "aws_kms_key.*")
_LOG = "kms:EncryptionContext:aws:logs:arn"
# Findings that are none, and why; .* stands for what an example makes itself.
FALSE_ALARMS: Mapping[str, str] = {
    **{
        f"{policy}: Unknown condition lambda:SourceFunctionArn for action {action}": _IN_A_FUNCTION
        for policy, actions in _BY_THE_FUNCTION.items()
        for action in actions
    },
    "lambda_account.batch_job_trust: Statement contains neither Resource nor NotResource": _NO_RESOURCE,
    "lambda_account.trust: Statement contains neither Resource nor NotResource": _NO_RESOURCE,
    "s3_account.trust.default: Statement contains neither Resource nor NotResource": _NO_RESOURCE,
    **{
        f"{bucket}: Type mismatch: s3:TlsVersion requires a value of type Numeric but given ['1.2']": _TLS_NUMBER
        for bucket in _BUCKETS
    },
    **{
        f"{bucket}: Unknown condition s3:TlsVersion for action {action}": _TLS_VERSION
        for bucket in _BUCKETS
        for action in ("s3:InitiateReplication", "s3:PutAccessPointPublicAccessBlock")
    },
    "lambda_account.function: INVALID_SID": _STATEMENT_ID,
    "s3_account.bucket: Unknown action s3:UpdateObjectEncryption": _NEW_ACTION,
    **{f"{key}: RESOURCE_STAR": _THIS_KEY for key in _KEYS},
    "aws_kms_key.function: Type mismatch: ArnEquals requires a value of type Arn but given String": _ARN_OF_A_LOG,
    f"aws_kms_key.function: Unknown condition {_LOG} for action kms:DescribeKey": _NO_CONTEXT,
    f"aws_kms_key.function: Unknown condition {_LOG} for action kms:DescribeCustomKeyStores": _NO_CONTEXT,
}


def test_parliament_finds_nothing_but_the_known_false_alarms(instances: Mapping[str, Instance]) -> None:
    findings = _findings({name: one.policies for name, one in instances.items()})

    assert {(name, finding) for name, finding in findings if not _known(finding)} == set()
    assert set(FALSE_ALARMS) - {known for _, finding in findings for known in _known(finding)} == set()


def test_parliament_finds_a_slip(instances: Mapping[str, Instance]) -> None:
    name = "s3_account.write.default"
    policy = instances["basic"].policies[name]
    [statement] = policy["Statement"]
    misspelt = {**policy, "Statement": [{**statement, "Action": "s3:PutObjects"}]}

    assert _findings({"basic": {name: misspelt}}) == {("basic", f"{name}: Unknown action s3:PutObjects")}


def _known(finding: str) -> list[str]:
    """The false alarms that a finding is, by its place as it is or by the type of the resource."""
    place, colon, text = finding.partition(": ")
    names = (place, f"{place.partition('.')[0]}.*")
    return [known for name in names if (known := name + colon + text) in FALSE_ALARMS]


def _findings(policies: Mapping[str, Policies]) -> set[tuple[str, str]]:
    """An instance and a finding each."""
    python = interpreter("access")
    assert python is not None
    given = {f"{name} {place}": policy for name, each in policies.items() for place, policy in each.items()}
    # It imports the deprecated pkg_resources, and Python says so.
    command: list[str | Path] = [python, "-W", "ignore", Path(__file__).with_name("lint.py")]
    answer = process.run(command, json.dumps(given), stdout=subprocess.PIPE)
    answer.check_returncode()
    return {(name, finding) for name, _, finding in (line.partition(" ") for line in json.loads(answer.stdout))}
