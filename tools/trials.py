"""What nobody but the function may do, and the function only as agreed: tried for real on an applied example.

Each trial is a call that must be denied and its twin, which differs in one thing and must be allowed: a denial alone
would also come from a role that does not exist.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from tools.emulator import LAMBDA_ACCOUNT, Emulator
from tools.environments import ROOT

# Put in place of a function's code: tells the credentials that the function's environment holds.
_PROBE = """
import os
def handler(event, context):
    return {
        "AccessKeyId": os.environ["AWS_ACCESS_KEY_ID"],
        "SecretAccessKey": os.environ["AWS_SECRET_ACCESS_KEY"],
        "SessionToken": os.environ["AWS_SESSION_TOKEN"],
    }
"""

_PACKAGE = ROOT / "lambda" / "package.zip"

Credentials = Mapping[str, str]


@dataclass(frozen=True)
class Trial:
    """A call that must be denied, and its twin.

    ``name`` says what the denied call does, and ``twin`` how the allowed one differs: "write over plain HTTP", "over
    HTTPS". ``reason`` is what the denial's message must say: who is denied what, and on which side.
    """

    name: str
    denied: Callable[[], object]
    reason: str
    twin: str
    allowed: Callable[[], object]


@dataclass(frozen=True)
class Verdict:
    """What came of a trial: ``passed``, and the denial in the words of the account."""

    trial: Trial
    passed: bool
    message: str


def judge(trial: Trial) -> Verdict:
    """Make both calls of a trial."""
    try:
        trial.denied()
    except ClientError as error:
        message = error.response["Error"]["Message"]
        denied = error.response["Error"]["Code"] == "AccessDenied" and trial.reason in message
    else:
        message, denied = "it was allowed", False
    try:
        trial.allowed()
    except ClientError as error:
        return Verdict(trial, False, f"the twin was denied: {error}")
    return Verdict(trial, denied, message)


class Actors:
    """Everybody who tries: the function, another function with its role, and a function with another role."""

    def __init__(self, emulator: Emulator, outputs: Mapping[str, Any]) -> None:
        self._emulator = emulator
        self.outputs = outputs
        self._lambda = self._emulator.client("lambda", LAMBDA_ACCOUNT)
        self._iam = self._emulator.client("iam", LAMBDA_ACCOUNT)
        self._others: list[str] = []

    def function(self) -> Credentials:
        """The function's own credentials, as whatever code runs in it could read them."""
        name = self.outputs["function"]["name"]
        self._lambda.update_function_code(FunctionName=name, ZipFile=probe_package())
        credentials = self._invoke(name)
        self._lambda.update_function_code(FunctionName=name, ZipFile=_PACKAGE.read_bytes())
        return credentials

    def other_function(self, name: str, role_arn: str) -> Credentials:
        """The credentials of a function that is made for this, with a role that exists."""
        self._lambda.create_function(
            FunctionName=name,
            Role=role_arn,
            Runtime="python3.13",
            Handler="cross_account_s3.handler.handler",
            Code={"ZipFile": probe_package()},
        )
        self._others.append(name)
        return self._invoke(name)

    def other_role(self, name: str) -> str:
        """A role of the function's account that may assume whatever lets it: its ARN."""
        trust = self.outputs["policies"]["lambda_account"]["trust"]
        role = self._iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]
        statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self._iam.put_role_policy(RoleName=name, PolicyName="assume", PolicyDocument=policy)
        arn: str = role["Arn"]
        return arn

    def assume(self, credentials: Credentials, external_id: str | None) -> Credentials:
        """The credentials of the role in the bucket's account."""
        given = {} if external_id is None else {"ExternalId": external_id}
        sts = self._emulator.client("sts", credentials)
        answer: Credentials = sts.assume_role(RoleArn=self.outputs["s3_role"]["arn"], RoleSessionName="trial", **given)[
            "Credentials"
        ]
        return answer

    def put(self, credentials: Credentials, key: str, *, plain_http: bool = False) -> None:
        s3 = self._emulator.client("s3", credentials)
        if plain_http:
            # The emulator answers nothing at all to plain HTTP. This header says that the request came to it so.
            s3.meta.events.register(
                "before-sign.s3", lambda request, **_: request.headers.add_header("X-Forwarded-Proto", "http")
            )
        s3.put_object(Bucket=self.outputs["bucket"]["name"], Key=key, Body=b"trial")

    def delete(self, credentials: Credentials, key: str) -> None:
        self._emulator.client("s3", credentials).delete_object(Bucket=self.outputs["bucket"]["name"], Key=key)

    def _invoke(self, function: str) -> Credentials:
        answer: Credentials = json.load(self._lambda.invoke(FunctionName=function)["Payload"])
        return answer

    def dismiss(self) -> None:
        """Remove the functions and roles that were made for the trials."""
        for name in self._others:
            self._lambda.delete_function(FunctionName=name)
            self._emulator.client("logs", LAMBDA_ACCOUNT).delete_log_group(logGroupName=f"/aws/lambda/{name}")
        for role in self._iam.list_roles()["Roles"]:
            if role["RoleName"] != self.outputs["execution_role"]["name"]:
                self._iam.delete_role_policy(RoleName=role["RoleName"], PolicyName="assume")
                self._iam.delete_role(RoleName=role["RoleName"])


def trials_of_basic(actors: Actors) -> list[Trial]:
    """The trials of examples/basic."""
    [trust] = json.loads(actors.outputs["policies"]["s3_account"]["trust"]["default"])["Statement"]
    external_id = trust["Condition"]["StringEquals"]["sts:ExternalId"]
    function = actors.function()
    same_role = actors.other_function("another-function", actors.outputs["execution_role"]["arn"])
    other_role = actors.other_function("unrelated-function", actors.other_role("unrelated-role"))
    writer = actors.assume(function, external_id)
    role_a, role_b = actors.outputs["execution_role"]["name"], actors.outputs["s3_role"]
    # A missing permission of the caller reads so, and a trust policy's refusal names the role that it belongs to.
    own_policy = "is not authorized to perform: {0} because no identity-based policy allows the {0} action".format
    own_denial = "is not authorized to perform: {} with an explicit deny in an identity-based policy".format
    trust_policy = f"is not authorized to perform: sts:AssumeRole on resource: {role_b['arn']}"
    return [
        Trial(
            "write as the execution role",
            lambda: actors.put(function, "inbox/trial"),
            f"/{role_a}/{actors.outputs['function']['name']} {own_policy('s3:PutObject')}",
            "as the writer role",
            lambda: actors.put(writer, "inbox/trial"),
        ),
        Trial(
            "assume the role as another role",
            lambda: actors.assume(other_role, external_id),
            f"/unrelated-role/unrelated-function {trust_policy}",
            "as the execution role",
            lambda: actors.assume(function, external_id),
        ),
        Trial(
            "assume the role in another function",
            lambda: actors.assume(same_role, external_id),
            f"/{role_a}/another-function {own_denial('sts:AssumeRole')}",
            "in this function",
            lambda: actors.assume(function, external_id),
        ),
        Trial(
            "assume the role without external ID",
            lambda: actors.assume(function, None),
            f"/{role_a}/{actors.outputs['function']['name']} {trust_policy}",
            "with it",
            lambda: actors.assume(function, external_id),
        ),
        Trial(
            "write below another prefix",
            lambda: actors.put(writer, "outbox/trial"),
            f"/{role_b['name']}/trial {own_policy('s3:PutObject')}",
            "below inbox/",
            lambda: actors.put(writer, "inbox/trial"),
        ),
        Trial(
            "write over plain HTTP",
            lambda: actors.put(writer, "inbox/trial", plain_http=True),
            "with an explicit deny in a resource-based policy",
            "over HTTPS",
            lambda: actors.put(writer, "inbox/trial"),
        ),
        Trial(
            "delete an object",
            lambda: actors.delete(writer, "inbox/trial"),
            f"/{role_b['name']}/trial {own_policy('s3:DeleteObject')}",
            "write one",
            lambda: actors.put(writer, "inbox/trial"),
        ),
    ]


def probe_package() -> bytes:
    """A package whose handler answers with the credentials of the function that it runs in."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("cross_account_s3/handler.py", _PROBE)
    return buffer.getvalue()
