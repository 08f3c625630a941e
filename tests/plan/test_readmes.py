"""Every HCL block of every README plans as it stands: a root, or an argument of the module in the first block."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tools import terraform
from tools.emulator import LAMBDA_ACCOUNT, S3_ACCOUNT, Emulator
from tools.environments import ROOT

_BLOCK = re.compile(r"^```hcl\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SOURCE = "./terraform-aws-lambda-cross-account-s3"
# The profiles that the pages speak of.
_PROFILES = {"apps": LAMBDA_ACCOUNT, "archive": S3_ACCOUNT}
_READMES = [path for path in sorted(ROOT.rglob("README.md")) if ".cache" not in path.parts]
_ARGUMENT = re.compile(r"\w+ += ")
_QUEUE_OR_TOPIC = re.compile(r"(aws_sqs_queue|aws_sns_topic)\.(\w+)\.arn")
_BLOCKS: dict[str, str] = {
    f"{path.relative_to(ROOT)}, block {number}": block
    for path in _READMES
    for number, block in enumerate(_BLOCK.findall(path.read_text()), 1)
}


@pytest.mark.parametrize("name", _BLOCKS)
def test_it_plans(name: str, tmp_path: Path, accounts: Emulator) -> None:
    terraform.copy_module(tmp_path / "root" / _SOURCE)
    (tmp_path / "root" / "main.tf").write_text(_root(name))
    (tmp_path / "root" / "versions.tf.json").write_text('{"terraform": {"required_providers": {"aws": {}}}}')
    terraform.pin_provider(tmp_path / "root")
    credentials = tmp_path / "credentials"
    credentials.write_text(
        "".join(
            f"[{profile}]\naws_access_key_id = {account}\naws_secret_access_key = test\n"
            for profile, account in _PROFILES.items()
        )
    )
    environment = {
        **accounts.environment,
        **terraform.configure(tmp_path),
        "AWS_SHARED_CREDENTIALS_FILE": str(credentials),
    }
    workspace = terraform.Workspace(tmp_path / "root", environment, {})
    workspace.init()

    plan, warnings = workspace.plan()

    assert any(change["change"]["actions"] == ["create"] for change in plan["resource_changes"])
    assert warnings == []


def _root(name: str) -> str:
    """A block as a root: an argument stands in the module of the page's first block, beside what it refers to."""
    block = _BLOCKS[name]
    if not _ARGUMENT.match(block):
        return block
    module = _BLOCKS[name.partition(",")[0] + ", block 1"].rstrip().removesuffix("}")
    sources = "".join(
        f'resource "{kind}" "{label}" {{\n  provider = aws.lambda_account\n  name     = "{label}"\n}}\n'
        for kind, label in _QUEUE_OR_TOPIC.findall(block)
    )
    return f"{module}\n{block}}}\n{sources}"


def test_the_root_and_both_sides_have_one() -> None:
    pages = {name.partition(",")[0] for name in _BLOCKS}

    assert pages >= {"README.md", "modules/lambda-account/README.md", "modules/s3-account/README.md"}
