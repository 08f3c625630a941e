"""Each option of trust and permission, applied once: what it allows, and what it denies.

All are instances of one root, in accounts that enforce IAM.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.plan import roots
from tools.emulator import LAMBDA_ACCOUNT, S3_ACCOUNT, Emulator
from tools.trials import Actors, Credentials

# Each has what the other lacks. Few, because the provider creates one function after the other, in 5 s each.
OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "reader": {"permissions": {"read": True, "delete": True}},
    "lister": {"permissions": {"list": True, "tag": True}, "deny_other_encryption": True},
    "stranger": {"organization_id": "o-0000000000"},
    "decoupled": {"trust_mode": "decoupled", "execution_role": {"path": "/service/"}},
    "named": {"source_identity": "inbound-mail"},
    "tagged": {"session_tags": {"team": "mail"}},
    "kept": {"deny_other_writers": True, "object_lock": {"mode": "GOVERNANCE", "days": 1}},
}
EXTERNAL_ID = "acme/options"
# A denial by the caller's own policies and one by the bucket's policy say so; one by a trust policy names its role.
OWN_POLICY = "because no identity-based policy allows the {} action"
BUCKET_POLICY = "with an explicit deny in a resource-based policy"
TRUST_POLICY = "is not authorized to perform: sts:AssumeRole on resource: {}"


def _apply(folder: Path, options: Mapping[str, Mapping[str, Any]], accounts: Emulator) -> Mapping[str, Any]:
    """All instances at once, without their lifecycle rules, whose creation takes a minute; their outputs, by option."""
    cases = {
        name: {
            "name": name,
            "external_id": EXTERNAL_ID,
            "key_prefixes": ["inbox/"],
            "encryption": {"mode": "sse-s3"},
            "failure_queue": {"create": False},  # it takes half a minute
            **inputs,
            "bucket": {"name": f"acme-{name}", **inputs.get("bucket", {})},
        }
        for name, inputs in options.items()
    }
    workspace = roots.write(folder, cases, accounts)
    plan, _ = workspace.plan()
    targets = [f"module.{name}.module.lambda_account" for name in cases]
    targets += [change["address"] for change in plan["resource_changes"] if "object_lock" in change["type"]]
    workspace.apply(*(f"-target={target}" for target in targets))
    return roots.planned_outputs(plan)


class _Accounts:
    """Who there is in the two accounts for each option, and what they can do."""

    def __init__(self, emulator: Emulator, outputs: Mapping[str, Any]) -> None:
        self.emulator = emulator
        self.outputs = outputs
        self.function = cache(self._function)
        self.s3 = cache(self._s3)

    def _function(self, option: str) -> Credentials:
        """The credentials in the function's environment."""
        return Actors(self.emulator, self.outputs[option]).function()

    def assume(self, option: str, credentials: Credentials, **said: Any) -> Credentials:
        sts = self.emulator.client("sts", credentials)
        request = {"RoleArn": self.outputs[option]["s3_role"]["arn"], "ExternalId": EXTERNAL_ID, **said}
        answer: Credentials = sts.assume_role(RoleSessionName="trial", **request)["Credentials"]
        return answer

    def _s3(self, option: str) -> Any:
        """The client of the writer's role, which the function has assumed."""
        return self.emulator.client("s3", self.assume(option, self.function(option)))

    def invoke(self, option: str) -> Any:
        client = self.emulator.client("lambda", LAMBDA_ACCOUNT)
        answer = client.invoke(FunctionName=option, Payload=json.dumps({"key": "inbox/a", "body": "a"}))
        payload = json.load(answer["Payload"])
        assert "FunctionError" not in answer, payload
        return payload

    def another_role(self) -> Credentials:
        """A session of another role of the function's account, which may do everything."""
        iam = self.emulator.client("iam", LAMBDA_ACCOUNT)
        trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": LAMBDA_ACCOUNT}}
        role = iam.create_role(RoleName="another", AssumeRolePolicyDocument=_policy(trust))["Role"]
        iam.put_role_policy(RoleName="another", PolicyName="all", PolicyDocument=_policy(_EVERYTHING))
        sts = self.emulator.client("sts", LAMBDA_ACCOUNT)
        answer: Credentials = sts.assume_role(RoleArn=role["Arn"], RoleSessionName="trial")["Credentials"]
        return answer

    def administrator(self) -> Credentials:
        """A user of the bucket's account who may do everything."""
        iam = self.emulator.client("iam", S3_ACCOUNT)
        iam.create_user(UserName="admin")
        iam.put_user_policy(UserName="admin", PolicyName="all", PolicyDocument=_policy(_EVERYTHING))
        key: Credentials = iam.create_access_key(UserName="admin")["AccessKey"]
        return key


_EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def _policy(statement: Mapping[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Accounts]:
    with Emulator() as emulator:
        # Here an account has an organization as soon as it asks.
        organization = emulator.client("organizations", LAMBDA_ACCOUNT).describe_organization()["Organization"]["Id"]
        options = {**OPTIONS, "reader": {**OPTIONS["reader"], "organization_id": organization}}
        outputs = _apply(tmp_path_factory.mktemp("options"), options, emulator)
        owner = emulator.client("s3", S3_ACCOUNT)
        for name in OPTIONS:
            for key in ("inbox/a", "outbox/a"):
                owner.put_object(Bucket=f"acme-{name}", Key=key, Body=b"there")
        yield _Accounts(emulator, outputs)


@pytest.mark.parametrize("option", ["decoupled", "named", "tagged", "kept"])
def test_it_does_its_job(account: _Accounts, option: str) -> None:
    assert account.invoke(option)["outcome"] == "stored"


def test_only_an_organization_s_own_role_is_let_in(account: _Accounts) -> None:
    _allowed(lambda: account.s3("reader"))

    _denied(lambda: account.s3("stranger"), _trust_of(account, "stranger"))


def test_a_decoupled_trust_lets_in_the_role_of_that_arn_and_no_other(account: _Accounts) -> None:
    another = account.another_role()

    _allowed(lambda: account.assume("decoupled", account.function("decoupled")))

    _denied(lambda: account.assume("decoupled", another), _trust_of(account, "decoupled"))
    _denied(lambda: account.assume("decoupled", account.function("reader")), OWN_POLICY.format("sts:AssumeRole"))


def test_a_source_identity_must_be_said_and_be_the_right_one(account: _Accounts) -> None:
    function = account.function("named")

    _allowed(lambda: account.assume("named", function, SourceIdentity="inbound-mail"))

    _denied(lambda: account.assume("named", function), _trust_of(account, "named"))
    _denied(
        lambda: account.assume("named", function, SourceIdentity="somebody"),
        OWN_POLICY.format("sts:SetSourceIdentity"),
    )
    # Where none is asked for, none may be set.
    _allowed(lambda: account.assume("reader", account.function("reader")))
    _denied(
        lambda: account.assume("reader", account.function("reader"), SourceIdentity="inbound-mail"),
        OWN_POLICY.format("sts:SetSourceIdentity"),
    )


def test_session_tags_must_be_said_and_be_the_right_ones(account: _Accounts) -> None:
    def tagged(**tags: str) -> Callable[[], object]:
        said = [{"Key": name, "Value": value} for name, value in tags.items()]
        return lambda: account.assume("tagged", account.function("tagged"), Tags=said)

    _allowed(tagged(team="mail"))

    _denied(tagged(), _trust_of(account, "tagged"))
    _denied(tagged(team="payments"), _trust_of(account, "tagged"))
    _denied(
        tagged(team="mail", stage="production"),
        f"is not authorized to perform: sts:TagSession on resource: {account.outputs['tagged']['s3_role']['arn']}",
    )


def test_nobody_but_the_writer_writes_not_even_an_administrator(account: _Accounts) -> None:
    admin = account.emulator.client("s3", account.administrator())

    _allowed(lambda: account.s3("kept").put_object(Bucket="acme-kept", Key="inbox/b", Body=b""))
    _allowed(lambda: admin.get_object(Bucket="acme-kept", Key="inbox/a"))
    _allowed(lambda: admin.put_object(Bucket="acme-reader", Key="inbox/b", Body=b""))

    _denied(lambda: admin.put_object(Bucket="acme-kept", Key="inbox/b", Body=b""), BUCKET_POLICY)


_METHODS = {
    "s3:DeleteObject": "delete_object",
    "s3:GetObject": "get_object",
    "s3:ListBucket": "list_objects_v2",
    "s3:PutObjectTagging": "put_object_tagging",
}
_TAGS = {"TagSet": [{"Key": "k", "Value": "v"}]}


@pytest.mark.parametrize(
    ("option", "action", "inside", "outside"),
    [
        ("reader", "s3:GetObject", {"Key": "inbox/a"}, {"Key": "outbox/a"}),
        ("reader", "s3:DeleteObject", {"Key": "inbox/gone"}, {"Key": "outbox/a"}),
        ("lister", "s3:ListBucket", {"Prefix": "inbox/"}, {"Prefix": "outbox/"}),
        (
            "lister",
            "s3:PutObjectTagging",
            {"Key": "inbox/a", "Tagging": _TAGS},
            {"Key": "outbox/a", "Tagging": _TAGS},
        ),
    ],
)
def test_a_permission_allows_its_word_inside_the_prefix_and_nowhere_else(
    account: _Accounts, *, option: str, action: str, inside: Mapping[str, Any], outside: Mapping[str, Any]
) -> None:
    other = {"reader": "lister", "lister": "reader"}[option]

    def call(who: str, request: Mapping[str, Any]) -> object:
        return getattr(account.s3(who), _METHODS[action])(Bucket=f"acme-{who}", **request)

    _allowed(lambda: call(option, inside))

    _denied(lambda: call(option, outside), OWN_POLICY.format(action))
    _denied(lambda: call(other, inside), OWN_POLICY.format(action))


def test_delete_hides_an_object_and_keeps_its_versions(account: _Accounts) -> None:
    s3 = account.s3("reader")
    version = s3.put_object(Bucket="acme-reader", Key="inbox/kept", Body=b"kept")["VersionId"]

    _allowed(lambda: s3.delete_object(Bucket="acme-reader", Key="inbox/kept"))
    _denied(
        lambda: s3.delete_object(Bucket="acme-reader", Key="inbox/kept", VersionId=version),
        OWN_POLICY.format("s3:DeleteObjectVersion"),
    )


def test_another_encryption_is_refused_and_none_is_the_default(account: _Accounts) -> None:
    s3 = account.s3("lister")

    _allowed(lambda: s3.put_object(Bucket="acme-lister", Key="inbox/b", Body=b""))
    _allowed(lambda: s3.put_object(Bucket="acme-lister", Key="inbox/b", Body=b"", ServerSideEncryption="AES256"))
    _denied(
        lambda: s3.put_object(Bucket="acme-lister", Key="inbox/b", Body=b"", ServerSideEncryption="aws:kms"),
        BUCKET_POLICY,
    )


def test_a_locked_bucket_lets_no_version_be_deleted(account: _Accounts) -> None:
    owner = account.emulator.client("s3", S3_ACCOUNT)
    versions = {
        bucket: owner.put_object(Bucket=bucket, Key="inbox/locked", Body=b"")["VersionId"]
        for bucket in ("acme-kept", "acme-reader")
    }

    def delete(bucket: str) -> object:
        return owner.delete_object(Bucket=bucket, Key="inbox/locked", VersionId=versions[bucket])

    _allowed(lambda: delete("acme-reader"))

    _denied(lambda: delete("acme-kept"), "object protected by object lock")


def _trust_of(account: _Accounts, option: str) -> str:
    return TRUST_POLICY.format(account.outputs[option]["s3_role"]["arn"])


def _allowed(call: Callable[[], object]) -> None:
    call()


def _denied(call: Callable[[], object], reason: str) -> None:
    """``reason`` is part of what the denial says: who is denied what, and by which policy."""
    with pytest.raises(ClientError) as refused:
        call()
    error = refused.value.response["Error"]
    assert error["Code"] == "AccessDenied"
    assert reason in error["Message"]
