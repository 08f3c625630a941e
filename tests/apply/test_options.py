"""Each option of trust and permission, applied once: what it allows, and what is denied without it.

All are instances of one root. What the emulator cannot judge (a decoupled trust, source identities, keys) is judged by
tests/access; here it is applied, and does its job.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.plan import roots
from tools.emulator import LAMBDA_ACCOUNT, S3_ACCOUNT, Emulator
from tools.trials import Actors

# Each has what the other lacks. Few, because the provider creates one function after the other, in 5 s each.
OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "reader": {"permissions": {"read": True, "delete": True}},
    "lister": {"permissions": {"list": True, "tag": True}, "deny_other_encryption": True},
    "stranger": {"organization_id": "o-0000000000"},
}
# Applied without IAM: the emulator takes a session's ARN for aws:PrincipalArn, and knows no source identities.
UNJUDGED: Mapping[str, Mapping[str, Any]] = {
    "decoupled": {"trust_mode": "decoupled", "source_identity": "decoupled"},
    "kept": {
        "deny_other_writers": True,
        "bucket": {"object_lock": {"mode": "GOVERNANCE", "days": 1}, "expire_days": 400},
    },
}


def _apply(folder: Path, options: Mapping[str, Mapping[str, Any]], accounts: Emulator) -> Mapping[str, Any]:
    """All instances at once, without their lifecycle rules, whose creation takes a minute; their outputs, by option."""
    cases = {
        name: {
            "name": name,
            "external_id": f"acme/{name}",
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
    return {name: output["value"] for name, output in plan["planned_values"]["outputs"].items()}


class _Account:
    """The writer's role of each option, assumed by its function, and what it can do with an object."""

    def __init__(self, emulator: Emulator, outputs: Mapping[str, Any]) -> None:
        self._emulator = emulator
        self.outputs = outputs
        self._clients: dict[str, Any] = {}

    def s3(self, option: str) -> Any:
        if option not in self._clients:
            actors = Actors(self._emulator, self.outputs[option])
            credentials = actors.assume(actors.function(), f"acme/{option}")
            self._clients[option] = self._emulator.client("s3", credentials)
        return self._clients[option]


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Account]:
    with Emulator() as emulator:
        # Here an account has an organization as soon as it asks.
        organization = emulator.client("organizations", LAMBDA_ACCOUNT).describe_organization()["Organization"]["Id"]
        options = {**OPTIONS, "reader": {**OPTIONS["reader"], "organization_id": organization}}
        outputs = _apply(tmp_path_factory.mktemp("options"), options, emulator)
        owner = emulator.client("s3", S3_ACCOUNT)
        for name in OPTIONS:
            for key in ("inbox/a", "outbox/a"):
                owner.put_object(Bucket=f"acme-{name}", Key=key, Body=b"there")
        yield _Account(emulator, outputs)


def test_only_an_organization_s_own_role_is_let_in(account: _Account) -> None:
    _allowed(lambda: account.s3("reader"))

    _denied(lambda: account.s3("stranger"))


_TAGS = {"TagSet": [{"Key": "k", "Value": "v"}]}


@pytest.mark.parametrize(
    ("option", "call", "inside", "outside"),
    [
        ("reader", "get_object", {"Key": "inbox/a"}, {"Key": "outbox/a"}),
        ("reader", "delete_object", {"Key": "inbox/gone"}, {"Key": "outbox/a"}),
        ("lister", "list_objects_v2", {"Prefix": "inbox/"}, {"Prefix": "outbox/"}),
        (
            "lister",
            "put_object_tagging",
            {"Key": "inbox/a", "Tagging": _TAGS},
            {"Key": "outbox/a", "Tagging": _TAGS},
        ),
    ],
)
def test_a_permission_allows_its_word_inside_the_prefix_and_nowhere_else(
    account: _Account, *, option: str, call: str, inside: Mapping[str, Any], outside: Mapping[str, Any]
) -> None:
    other = {"reader": "lister", "lister": "reader"}[option]

    _allowed(lambda: getattr(account.s3(option), call)(Bucket=f"acme-{option}", **inside))

    _denied(lambda: getattr(account.s3(option), call)(Bucket=f"acme-{option}", **outside))
    _denied(lambda: getattr(account.s3(other), call)(Bucket=f"acme-{other}", **inside))


def test_delete_hides_an_object_and_keeps_its_versions(account: _Account) -> None:
    s3 = account.s3("reader")
    version = s3.put_object(Bucket="acme-reader", Key="inbox/kept", Body=b"kept")["VersionId"]

    _allowed(lambda: s3.delete_object(Bucket="acme-reader", Key="inbox/kept"))
    _denied(lambda: s3.delete_object(Bucket="acme-reader", Key="inbox/kept", VersionId=version))


def test_another_encryption_is_refused_and_none_is_the_default(account: _Account) -> None:
    s3 = account.s3("lister")

    _allowed(lambda: s3.put_object(Bucket="acme-lister", Key="inbox/b", Body=b""))
    _allowed(lambda: s3.put_object(Bucket="acme-lister", Key="inbox/b", Body=b"", ServerSideEncryption="AES256"))
    _denied(lambda: s3.put_object(Bucket="acme-lister", Key="inbox/b", Body=b"", ServerSideEncryption="aws:kms"))


@pytest.fixture(scope="module")
def unjudged(accounts: Emulator, tmp_path_factory: pytest.TempPathFactory) -> _Account:
    return _Account(accounts, _apply(tmp_path_factory.mktemp("unjudged"), UNJUDGED, accounts))


@pytest.mark.parametrize("option", UNJUDGED)
def test_it_is_applied_and_does_its_job(unjudged: _Account, option: str) -> None:
    assert _invoke(unjudged, option)["outcome"] == "stored"


def test_a_locked_bucket_locks(unjudged: _Account, accounts: Emulator) -> None:
    answer = accounts.client("s3", S3_ACCOUNT).get_object_lock_configuration(Bucket="acme-kept")

    assert answer["ObjectLockConfiguration"]["Rule"]["DefaultRetention"] == {"Mode": "GOVERNANCE", "Days": 1}
    assert unjudged.outputs["kept"]["bucket"]["name"] == "acme-kept"


def _invoke(account: _Account, option: str) -> Any:
    client = account._emulator.client("lambda", LAMBDA_ACCOUNT)
    answer = client.invoke(FunctionName=option, Payload=json.dumps({"key": "inbox/a", "body": "a"}))
    payload = json.load(answer["Payload"])
    assert "FunctionError" not in answer, payload
    return payload


def _allowed(call: Callable[[], object]) -> None:
    call()


def _denied(call: Callable[[], object]) -> None:
    with pytest.raises(ClientError) as refused:
        call()
    assert refused.value.response["Error"]["Code"] == "AccessDenied"
