"""That the two accounts are what the other tests take them for."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from tools.emulator import LAMBDA_ACCOUNT, LAUNCHER, S3_ACCOUNT, Emulator
from tools.trials import probe_package

ROLE_A = f"arn:aws:iam::{LAMBDA_ACCOUNT}:role/bound"
ROLE_A_AT_A_PATH = f"arn:aws:iam::{LAMBDA_ACCOUNT}:role/service/placed"
ROLE_B = f"arn:aws:iam::{S3_ACCOUNT}:role/destination"
FUNCTION = f"arn:aws:lambda:eu-central-1:{LAMBDA_ACCOUNT}:function:bound"
# MiniStack as it comes, without our launcher's part.
STOCK = "from ministack import app\napp.main()\n"


@pytest.fixture(scope="module", params=["launcher", "stock"])
def emulator(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    launcher = LAUNCHER
    if request.param == "stock":
        launcher = tmp_path_factory.mktemp("stock") / "stock.py"
        launcher.write_text(STOCK)
    with Emulator(launcher=launcher) as emulator:
        yield emulator


def test_only_the_launcher_says_which_function_is_calling(emulator: Emulator, request: pytest.FixtureRequest) -> None:
    """When this fails for `stock`, MiniStack supplies lambda:SourceFunctionArn itself: drop the launcher."""
    bound = {"Condition": {"ArnEquals": {"lambda:SourceFunctionArn": FUNCTION}}}
    _role(emulator, ROLE_A, {"Service": "lambda.amazonaws.com"}, {"Action": "sts:AssumeRole", "Resource": "*", **bound})
    _role(emulator, ROLE_B, {"AWS": ROLE_A}, {"Action": "s3:*", "Resource": "*"})
    functions = emulator.client("lambda", LAMBDA_ACCOUNT)
    functions.create_function(
        FunctionName="bound",
        Role=ROLE_A,
        Runtime="python3.13",
        Handler="probe.handler",
        Code={"ZipFile": probe_package("probe.handler")},
    )
    sts = emulator.client("sts", json.load(functions.invoke(FunctionName="bound")["Payload"]))

    if "stock" in request.node.name:
        with pytest.raises(ClientError, match="no identity-based policy allows the sts:AssumeRole action"):
            sts.assume_role(RoleArn=ROLE_B, RoleSessionName="test")
    else:
        assert sts.assume_role(RoleArn=ROLE_B, RoleSessionName="test")["Credentials"]


def test_only_the_launcher_knows_the_role_of_a_session(emulator: Emulator, request: pytest.FixtureRequest) -> None:
    """When this fails for `stock`, MiniStack takes the role's ARN for aws:PrincipalArn itself: drop that part."""
    session = _session_of(emulator, ROLE_A_AT_A_PATH, {"Action": "sts:AssumeRole", "Resource": "*"})

    def assume(name: str, wanted: str) -> object:
        role_b = f"arn:aws:iam::{S3_ACCOUNT}:role/{name}"
        account = {"AWS": f"arn:aws:iam::{LAMBDA_ACCOUNT}:root"}
        only = {"Condition": {"ArnEquals": {"aws:PrincipalArn": wanted}}}
        _role(emulator, role_b, account, {"Action": "s3:*", "Resource": "*"}, only)
        return emulator.client("sts", session).assume_role(RoleArn=role_b, RoleSessionName="test")["Credentials"]

    if "stock" in request.node.name:
        with pytest.raises(ClientError, match="AccessDenied"):
            assume("for-the-role", ROLE_A_AT_A_PATH)
        assert assume(
            "for-the-session",
            ROLE_A_AT_A_PATH.replace(":iam:", ":sts:").replace("role/service", "assumed-role") + "/test",
        )
    else:
        assert assume("for-the-role", ROLE_A_AT_A_PATH)
        with pytest.raises(ClientError, match="AccessDenied"):
            assume("for-the-name", ROLE_A_AT_A_PATH.replace("service/", ""))


_ASSUMES = {"Action": "sts:AssumeRole"}
_SETS = {"Action": ["sts:AssumeRole", "sts:SetSourceIdentity"]}
_SETS_ME = {**_SETS, "Condition": {"StringEquals": {"sts:SourceIdentity": "me"}}}


@dataclass(frozen=True)
class Naming:
    """An AssumeRole that says a source identity: what the caller and the trust policy allow, and what comes of it."""

    name: str
    caller: Mapping[str, object]
    trust: Mapping[str, object]
    says: str | None
    on_aws: bool
    on_stock: bool


@pytest.mark.parametrize(
    "naming",
    [
        Naming("as-asked", _SETS, _SETS_ME, "me", on_aws=True, on_stock=False),
        Naming("another", _SETS, _SETS_ME, "you", on_aws=False, on_stock=False),
        Naming("none", _SETS, _SETS_ME, None, on_aws=False, on_stock=False),
        Naming("any", _SETS, _SETS, "me", on_aws=True, on_stock=True),
        Naming("not-trusted", _SETS, _ASSUMES, "me", on_aws=False, on_stock=True),
        Naming("not-its-own", _ASSUMES, _SETS, "me", on_aws=False, on_stock=True),
        Naming("not-asked", _ASSUMES, _ASSUMES, None, on_aws=True, on_stock=True),
    ],
    ids=lambda naming: naming.name,
)
def test_only_the_launcher_asks_whether_a_source_identity_may_be_set(
    emulator: Emulator, request: pytest.FixtureRequest, naming: Naming
) -> None:
    """When this fails for `stock`, MiniStack knows source identities itself: drop that part of the launcher."""
    role_a, role_b = (f"arn:aws:iam::{account}:role/{naming.name}" for account in (LAMBDA_ACCOUNT, S3_ACCOUNT))
    session = _session_of(emulator, role_a, {**naming.caller, "Resource": "*"})
    _role(emulator, role_b, {"AWS": role_a}, {"Action": "s3:*", "Resource": "*"}, naming.trust)
    said = {} if naming.says is None else {"SourceIdentity": naming.says}

    def assume() -> object:
        return emulator.client("sts", session).assume_role(RoleArn=role_b, RoleSessionName="test", **said)

    if naming.on_stock if "stock" in request.node.name else naming.on_aws:
        assert assume()
    else:
        with pytest.raises(ClientError, match="AccessDenied"):
            assume()


def test_its_processes_get_nothing_of_ours(accounts: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither Terraform nor a function could reach AWS: no credentials, no profile, no proxy, and one endpoint."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_SESSION_TOKEN", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "ours")

    assert sorted(accounts.environment) == [
        "AWS_CA_BUNDLE",
        "AWS_CONFIG_FILE",
        "AWS_EC2_METADATA_DISABLED",
        "AWS_ENDPOINT_URL",
        "AWS_SHARED_CREDENTIALS_FILE",
        "HOME",
        "PATH",
        "TMPDIR",
    ]
    assert accounts.environment["AWS_ENDPOINT_URL"].startswith("https://127.0.0.1:")
    assert "ours" not in accounts.environment.values()
    inherited = Path(f"/proc/{accounts.pid}/environ")
    if inherited.exists():  # Linux
        assert b"=ours" not in inherited.read_bytes()
    assert accounts.client("sts", S3_ACCOUNT).get_caller_identity()["Account"] == S3_ACCOUNT


def test_it_leaves_no_process_and_no_folder() -> None:
    with Emulator() as emulator:
        folder = emulator.folder
        assert str(folder) in _processes()

    assert not folder.exists()
    assert str(folder) not in _processes()


def _processes() -> str:
    """Every process on this machine, with its environment where that may be read."""
    return subprocess.run(["ps", "axeww"], capture_output=True, text=True, check=True).stdout


def _session_of(emulator: Emulator, arn: str, statement: Mapping[str, object]) -> Mapping[str, str]:
    """The credentials of a session of a role of the function's account, which is made for it."""
    _role(emulator, arn, {"AWS": f"arn:aws:iam::{LAMBDA_ACCOUNT}:root"}, statement)
    sts = emulator.client("sts", LAMBDA_ACCOUNT)
    credentials: Mapping[str, str] = sts.assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
    return credentials


def _role(
    emulator: Emulator,
    arn: str,
    principal: dict[str, str],
    statement: Mapping[str, object],
    trust: Mapping[str, object] = _ASSUMES,
) -> None:
    account, path, name = arn.split(":")[4], arn.partition(":role")[2].rpartition("/")[0] + "/", arn.rpartition("/")[2]
    trusted = {"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal, **trust}]}
    policy = {"Statement": [{"Effect": "Allow", **statement}]}
    iam = emulator.client("iam", account)
    document = json.dumps({"Version": "2012-10-17", **trusted})
    iam.create_role(RoleName=name, Path=path, AssumeRolePolicyDocument=document)
    document = json.dumps({"Version": "2012-10-17", **policy})
    iam.put_role_policy(RoleName=name, PolicyName="test", PolicyDocument=document)
