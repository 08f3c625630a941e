"""That the two accounts are what the other tests take them for."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from tools.emulator import LAMBDA_ACCOUNT, LAUNCHER, S3_ACCOUNT, Emulator
from tools.trials import probe_package

ROLE_A = f"arn:aws:iam::{LAMBDA_ACCOUNT}:role/bound"
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
        Handler="cross_account_s3.handler.handler",
        Code={"ZipFile": probe_package()},
    )
    sts = emulator.client("sts", json.load(functions.invoke(FunctionName="bound")["Payload"]))

    if "stock" in request.node.name:
        with pytest.raises(ClientError, match="no identity-based policy allows the sts:AssumeRole action"):
            sts.assume_role(RoleArn=ROLE_B, RoleSessionName="test")
    else:
        assert sts.assume_role(RoleArn=ROLE_B, RoleSessionName="test")["Credentials"]


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


def _role(emulator: Emulator, arn: str, principal: dict[str, str], statement: dict[str, object]) -> None:
    account, name = arn.split(":")[4], arn.rpartition("/")[2]
    trust = {"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}]}
    policy = {"Statement": [{"Effect": "Allow", **statement}]}
    iam = emulator.client("iam", account)
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", **trust}))
    document = json.dumps({"Version": "2012-10-17", **policy})
    iam.put_role_policy(RoleName=name, PolicyName="test", PolicyDocument=document)
