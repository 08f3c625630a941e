"""What the linter parliament says of every rendered policy."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.access.evaluation import Policies, planned_outputs, rendered_policies
from tests.conftest import Applied
from tools.environments import interpreter

_NO_RESOURCE = "A trust policy has no Resource: it is about the role that it belongs to."
_TLS_VERSION = "S3 has this key in every request; parliament's data lacks it for these two actions."
# Findings that are none, and why.
FALSE_ALARMS: Mapping[str, str] = {
    "lambda_account.assume: Unknown condition lambda:SourceFunctionArn for action sts:AssumeRole": (
        "Lambda puts this key into every request that a function makes with its role."
    ),
    "lambda_account.trust: Statement contains neither Resource nor NotResource": _NO_RESOURCE,
    "s3_account.trust.default: Statement contains neither Resource nor NotResource": _NO_RESOURCE,
    "s3_account.bucket: Type mismatch: s3:TlsVersion requires a value of type Numeric but given ['1.2']": (
        "AWS takes a decimal number; parliament knows whole ones only."
    ),
    "s3_account.bucket: Unknown condition s3:TlsVersion for action s3:InitiateReplication": _TLS_VERSION,
    "s3_account.bucket: Unknown condition s3:TlsVersion for action s3:PutAccessPointPublicAccessBlock": _TLS_VERSION,
    "s3_account.key: RESOURCE_STAR": "In a key policy, * is the key that it belongs to.",
}


@pytest.mark.parametrize("name", ["basic", "complete"])
def test_parliament_finds_nothing_but_the_known_false_alarms(basic: Applied, complete: Applied, name: str) -> None:
    plan = {"basic": basic, "complete": complete}[name].settled_plan
    policies = rendered_policies(planned_outputs(plan))

    assert _findings(policies) == set(FALSE_ALARMS)


def test_parliament_finds_a_slip(policies: Policies) -> None:
    name = "s3_account.write.default"
    [statement] = policies[name]["Statement"]
    misspelt = {**policies[name], "Statement": [{**statement, "Action": "s3:PutObjects"}]}

    assert _findings({name: misspelt}) == {f"{name}: Unknown action s3:PutObjects"}


def _findings(policies: Policies) -> set[str]:
    python = interpreter("access")
    assert python is not None
    # It imports the deprecated pkg_resources, and Python says so.
    command: list[str | Path] = [python, "-W", "ignore", Path(__file__).with_name("lint.py")]
    answer = subprocess.run(command, input=json.dumps(policies), stdout=subprocess.PIPE, text=True, check=True).stdout
    return set(json.loads(answer))
