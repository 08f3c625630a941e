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
from urllib.parse import urlsplit

from botocore.awsrequest import AWSRequest
from botocore.exceptions import ClientError
from botocore.httpsession import URLLib3Session

from tools.emulator import Emulator

# Put in place of a function's code: tells the credentials that the function's environment holds.
_PROBE = """
import os
def {name}(event, context):
    return dict(
        AccessKeyId=os.environ["AWS_ACCESS_KEY_ID"],
        SecretAccessKey=os.environ["AWS_SECRET_ACCESS_KEY"],
        SessionToken=os.environ["AWS_SESSION_TOKEN"],
    )
"""

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


def account_of(thing: Mapping[str, str]) -> str:
    """The account that a thing with an ``arn`` is in."""
    return thing["arn"].split(":")[4]


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


# What a trust policy can ask for, and what a request calls it.
_AGREED = {"sts:ExternalId": "ExternalId", "sts:SourceIdentity": "SourceIdentity"}


class Actors:
    """Everybody who tries at a writer: its function, another function with its role, and one with another role."""

    def __init__(self, emulator: Emulator, outputs: Mapping[str, Any]) -> None:
        self._emulator = emulator
        self.outputs = outputs
        self._account = account_of(outputs["execution_role"])
        self._lambda = emulator.client("lambda", self._account)
        self._iam = emulator.client("iam", self._account)
        self._functions: list[str] = []
        self._roles: list[str] = []

    @property
    def agreed(self) -> Mapping[str, str]:
        """What the function must say when it assumes the role, such as its external ID."""
        [conditions] = [
            statement.get("Condition", {}).get("StringEquals", {})
            for statement in json.loads(self._policies("s3_account")["trust"]["default"])["Statement"]
            if statement["Action"] == "sts:AssumeRole"
        ]
        return {name: conditions[key] for key, name in _AGREED.items() if key in conditions}

    @property
    def may_delete(self) -> bool:
        return "s3:DeleteObject" in self._policies("s3_account")["write"]["default"]

    def function(self) -> Credentials:
        """The function's own credentials, as whatever code runs in it could read them."""
        name = self.outputs["function"]["name"]
        answer = self._lambda.get_function(FunctionName=name)
        code = self._download(answer["Code"]["Location"])
        probe = probe_package(answer["Configuration"]["Handler"])
        self._lambda.update_function_code(FunctionName=name, ZipFile=probe)
        credentials = self._invoke(name)
        self._lambda.update_function_code(FunctionName=name, ZipFile=code)
        return credentials

    def other_function(self, name: str, role_arn: str) -> Credentials:
        """The credentials of a function that is made for this, with a role that exists."""
        self._lambda.create_function(
            FunctionName=name,
            Role=role_arn,
            Runtime="python3.13",
            Handler="probe.handler",
            Code={"ZipFile": probe_package("probe.handler")},
        )
        self._functions.append(name)
        return self._invoke(name)

    def other_role(self, name: str) -> str:
        """A role of the function's account that may assume whatever lets it: its ARN."""
        trust = self._policies("lambda_account")["trust"]
        role = self._iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]
        self._roles.append(name)
        statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self._iam.put_role_policy(RoleName=name, PolicyName="assume", PolicyDocument=policy)
        arn: str = role["Arn"]
        return arn

    def assume(self, credentials: Credentials, **changed: str | None) -> Credentials:
        """The credentials of the role in the bucket's account; ``changed`` is said otherwise than agreed, or not."""
        said = {name: value for name, value in {**self.agreed, **changed}.items() if value is not None}
        sts = self._emulator.client("sts", credentials)
        answer: Credentials = sts.assume_role(RoleArn=self.outputs["s3_role"]["arn"], RoleSessionName="trial", **said)[
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

    def _policies(self, side: str) -> Mapping[str, Any]:
        policies: Mapping[str, Any] = self.outputs["policies"][side]
        return policies

    def _download(self, location: str) -> bytes:
        """The zip at an address that Lambda gives; MiniStack names a host there that has no certificate."""
        parts = urlsplit(location)
        address = f"{self._emulator.endpoint}{parts.path}?{parts.query}"
        authority: Any = str(self._emulator.folder / "ca.pem")
        session = URLLib3Session(verify=authority, proxies={})
        code: bytes = session.send(AWSRequest("GET", address).prepare()).content
        return code

    def dismiss(self) -> None:
        """Remove the functions and roles that were made for the trials."""
        logs = self._emulator.client("logs", self._account)
        for name in self._functions:
            self._lambda.delete_function(FunctionName=name)
            logs.delete_log_group(logGroupName=f"/aws/lambda/{name}")
        for name in self._roles:
            self._iam.delete_role_policy(RoleName=name, PolicyName="assume")
            self._iam.delete_role(RoleName=name)


def trials_of(actors: Actors, prefix: str) -> list[Trial]:
    """What nobody may do at any writer.

    Args:
        actors: who tries.
        prefix: the prefix below which the writer may write, without its last slash; empty for the whole bucket.
    """
    function = actors.function()
    role_a, role_b = actors.outputs["execution_role"]["name"], actors.outputs["s3_role"]
    same_role = actors.other_function("another-function", actors.outputs["execution_role"]["arn"])
    other_role = actors.other_function("unrelated-function", actors.other_role("unrelated-role"))
    writer = actors.assume(function)
    key = f"{prefix}/trial" if prefix else "trial"
    # A missing permission of the caller reads so, and a trust policy's refusal names the role that it belongs to.
    own_policy = "is not authorized to perform: {0} because no identity-based policy allows the {0} action".format
    own_denial = "is not authorized to perform: {} with an explicit deny in an identity-based policy".format
    trust_policy = f"is not authorized to perform: sts:AssumeRole on resource: {role_b['arn']}"
    caller = f"/{role_a}/{actors.outputs['function']['name']}"
    everywhere = [
        Trial(
            "write as the execution role",
            lambda: actors.put(function, key),
            f"{caller} {own_policy('s3:PutObject')}",
            "as the writer role",
            lambda: actors.put(writer, key),
        ),
        Trial(
            "assume the role as another role",
            lambda: actors.assume(other_role),
            f"/unrelated-role/unrelated-function {trust_policy}",
            "as the execution role",
            lambda: actors.assume(function),
        ),
        Trial(
            "assume the role in another function",
            lambda: actors.assume(same_role),
            f"/{role_a}/another-function {own_denial('sts:AssumeRole')}",
            "in this function",
            lambda: actors.assume(function),
        ),
        Trial(
            "write over plain HTTP",
            lambda: actors.put(writer, key, plain_http=True),
            "with an explicit deny in a resource-based policy",
            "over HTTPS",
            lambda: actors.put(writer, key),
        ),
    ]
    external_id = Trial(
        "assume the role without external ID",
        lambda: actors.assume(function, ExternalId=None),
        f"{caller} {trust_policy}",
        "with it",
        lambda: actors.assume(function),
    )
    another_prefix = Trial(
        "write below another prefix",
        lambda: actors.put(writer, "another/trial"),
        f"/{role_b['name']}/trial {own_policy('s3:PutObject')}",
        f"below {prefix}/",
        lambda: actors.put(writer, key),
    )
    deletion = Trial(
        "delete an object",
        lambda: actors.delete(writer, key),
        f"/{role_b['name']}/trial {own_policy('s3:DeleteObject')}",
        "write one",
        lambda: actors.put(writer, key),
    )
    return [
        *everywhere,
        *([external_id] if "ExternalId" in actors.agreed else []),
        *([another_prefix] if prefix else []),
        *([] if actors.may_delete else [deletion]),
    ]


def probe_package(handler: str) -> bytes:
    """A package whose handler, such as "app.handler", answers with the credentials of the function that it runs in."""
    module, _, name = handler.rpartition(".")
    buffer = io.BytesIO()
    *packages, file = module.split(".")
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("/".join([*packages, f"{file}.py"]), _PROBE.format(name=name))
    return buffer.getvalue()
