"""What the linter parliament says of every rendered policy."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.access.instances import Instance, Policies
from tools.environments import interpreter

_IN_A_FUNCTION = "Lambda puts this key into every request that a function makes with its role."
_NO_RESOURCE = "A trust policy has no Resource: it is about the role that it belongs to."
_THIS_KEY = "In a key policy, * is the key that it belongs to."
_TLS_VERSION = "S3 has this key in every request; parliament's data lacks it for these two actions."
# Findings that are none, and why.
FALSE_ALARMS: Mapping[str, str] = {
    "lambda_account.assume: Unknown condition lambda:SourceFunctionArn for action sts:AssumeRole": _IN_A_FUNCTION,
    "lambda_account.assume: Unknown condition lambda:SourceFunctionArn for action sts:SetSourceIdentity": (
        _IN_A_FUNCTION
    ),
    "lambda_account.trust: Statement contains neither Resource nor NotResource": _NO_RESOURCE,
    "s3_account.trust.default: Statement contains neither Resource nor NotResource": _NO_RESOURCE,
    "s3_account.bucket: Type mismatch: s3:TlsVersion requires a value of type Numeric but given ['1.2']": (
        "AWS takes a decimal number; parliament knows whole ones only."
    ),
    "s3_account.bucket: Unknown condition s3:TlsVersion for action s3:InitiateReplication": _TLS_VERSION,
    "s3_account.bucket: Unknown condition s3:TlsVersion for action s3:PutAccessPointPublicAccessBlock": _TLS_VERSION,
    "s3_account.key: RESOURCE_STAR": _THIS_KEY,
    "key_policy_statements: RESOURCE_STAR": _THIS_KEY,
}


def test_parliament_finds_nothing_but_the_known_false_alarms(instances: Mapping[str, Instance]) -> None:
    findings = _findings({name: one.policies for name, one in instances.items()})

    assert {(name, finding) for name, finding in findings if finding not in FALSE_ALARMS} == set()
    assert set(FALSE_ALARMS) - {finding for _, finding in findings} == set()


def test_parliament_finds_a_slip(instances: Mapping[str, Instance]) -> None:
    name = "s3_account.write.default"
    policy = instances["basic"].policies[name]
    [statement] = policy["Statement"]
    misspelt = {**policy, "Statement": [{**statement, "Action": "s3:PutObjects"}]}

    assert _findings({"basic": {name: misspelt}}) == {("basic", f"{name}: Unknown action s3:PutObjects")}


def _findings(policies: Mapping[str, Policies]) -> set[tuple[str, str]]:
    """An instance and a finding each."""
    python = interpreter("access")
    assert python is not None
    given = {f"{name}/{place}": policy for name, each in policies.items() for place, policy in each.items()}
    # It imports the deprecated pkg_resources, and Python says so.
    command: list[str | Path] = [python, "-W", "ignore", Path(__file__).with_name("lint.py")]
    answer = subprocess.run(command, input=json.dumps(given), stdout=subprocess.PIPE, text=True, check=True).stdout
    return {(name, finding) for name, _, finding in (line.partition("/") for line in json.loads(answer))}
