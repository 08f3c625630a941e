"""Where Terraform and its provider are found, and what is said when they are not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools import terraform
from tools.environments import ROOT, MissingError


@pytest.fixture
def offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without the Registry, whose only system folder is `opt`, below this path."""
    monkeypatch.setattr(terraform, "_registry_answers", lambda: False)
    monkeypatch.setattr(terraform, "_SYSTEM_FOLDERS", (str(tmp_path / "opt"),))
    monkeypatch.setattr(terraform, "_IMPLIED_MIRRORS", (str(tmp_path / "home" / "plugins"),))
    monkeypatch.delenv("TF_PLUGIN_MIRROR", raising=False)
    (tmp_path / "out").mkdir()
    return tmp_path


def _mirror(folder: Path, version: str = terraform.PROVIDER_VERSION) -> Path:
    package = folder / "registry.terraform.io" / "hashicorp" / "aws" / version / "linux_amd64"
    package.mkdir(parents=True)
    return package


@pytest.mark.parametrize("place", ["opt", "opt/plugins", "home/plugins"])
def test_a_mirror_is_found_and_serves_terraform_and_opentofu(offline: Path, place: str) -> None:
    package = _mirror(offline / place)

    environment = terraform.configure(offline / "out")

    for host in ("registry.terraform.io", "registry.opentofu.org"):
        link = offline / "out" / "mirror" / host / "hashicorp" / "aws" / terraform.PROVIDER_VERSION / "linux_amd64"
        assert link.resolve() == package.resolve()
    written = Path(environment["TF_CLI_CONFIG_FILE"]).read_text()
    assert f'path = "{offline / "out" / "mirror"}"' in written


def test_the_named_mirror_comes_first(offline: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _mirror(offline / "opt")
    package = _mirror(offline / "mine")
    monkeypatch.setenv("TF_PLUGIN_MIRROR", str(offline / "mine"))

    terraform.configure(offline / "out")

    [link] = (offline / "out" / "mirror" / "registry.terraform.io").glob("hashicorp/aws/*/*")
    assert link.resolve() == package.resolve()


def test_a_named_mirror_without_the_provider_is_refused(offline: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TF_PLUGIN_MIRROR", str(offline))

    with pytest.raises(MissingError, match=r"^TF_PLUGIN_MIRROR must name a folder with registry"):
        terraform.configure(offline / "out")


def test_another_version_is_no_mirror_and_the_sentence_says_what_is_missing(offline: Path) -> None:
    _mirror(offline / "opt", "4.0.0")

    with pytest.raises(MissingError) as missing:
        terraform.configure(offline / "out")

    assert str(missing.value) == (
        f"The provider hashicorp/aws {terraform.PROVIDER_VERSION} is needed: the Terraform Registry cannot be reached "
        f"and no folder here holds registry.terraform.io/hashicorp/aws/{terraform.PROVIDER_VERSION}; "
        "name one in TF_PLUGIN_MIRROR."
    )


def test_where_the_registry_answers_it_is_used(offline: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _mirror(offline / "opt")
    monkeypatch.setattr(terraform, "_registry_answers", lambda: True)
    monkeypatch.setattr(terraform, "PLUGIN_CACHE", offline / "cache")

    environment = terraform.configure(offline / "out")

    assert Path(environment["TF_CLI_CONFIG_FILE"]).read_text() == f'plugin_cache_dir = "{offline / "cache"}"\n'


def test_no_terraform(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(MissingError, match=r"^Terraform 1\.5\.7 or newer is needed: get it from https://"):
        terraform.find_binary()


@pytest.mark.parametrize(("version", "taken"), [("1.5.6", False), ("1.5.7", True), ("1.10.0-beta1", True)])
def test_an_old_terraform(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, version: str, *, taken: bool) -> None:
    binary = tmp_path / "tofu"
    binary.write_text(f'#!/bin/sh\necho \'{{"terraform_version": "{version}"}}\'\n')
    binary.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}/bin")

    if taken:
        assert terraform.find_binary() == binary
    else:
        with pytest.raises(MissingError, match=rf"^Terraform 1\.5\.7 or newer is needed, and {binary} is 1\.5\.6\.$"):
            terraform.find_binary()


def test_the_copy_is_what_a_user_of_the_module_gets(tmp_path: Path) -> None:
    terraform.copy_module(tmp_path)

    copied = {path.relative_to(tmp_path).parts[0] for path in tmp_path.iterdir()}
    assert copied == {"main.tf", "variables.tf", "outputs.tf", "versions.tf", "modules", "examples", "lambda"}
    assert sorted(path.name for path in (tmp_path / "lambda").iterdir()) == ["layer.zip", "package.zip"]
    assert not list(tmp_path.rglob(".terraform*"))


def test_no_setting_of_the_emulator_stands_in_the_product() -> None:
    product = [*ROOT.glob("*.tf"), *ROOT.glob("modules/**/*.tf"), *ROOT.glob("examples/**/*.tf")]
    product += [*ROOT.glob("lambda/cross_account_s3/*.py")]
    words = ["endpoint_url", "endpoints {", "127.0.0.1", "localhost", "ministack", "s3_use_path_style", "test"]
    words += ["skip_credentials", "skip_metadata", "skip_region", "skip_requesting"]

    assert len(product) > 20
    found = [(path.name, word) for path in product for word in words if word in path.read_text().lower()]
    assert found == []


def test_no_line_of_hcl_is_over_120_characters_but_texts() -> None:
    """What people read as one sentence stays in one line: descriptions, messages, reasons."""
    texts = ("error_message", "description", "#checkov:skip", "two_causes", "- `")
    files = [*ROOT.glob("*.tf"), *ROOT.glob("modules/**/*.tf"), *ROOT.glob("examples/**/*.tf")]

    wide = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in files
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if len(line) > 120 and not line.strip().startswith(texts)
    ]

    assert len(files) > 20
    assert wide == []


def test_a_wrong_format_fails() -> None:
    command = [sys.executable, "-m", "tools.terraform", "fmt", "-check", "-"]
    for text, code in (('a = "b"\n', 0), ('a   = "b"\n', 3)):
        outcome = subprocess.run(command, cwd=ROOT, input=text, capture_output=True, text=True, check=False)
        assert outcome.returncode == code, outcome.stderr
        assert "Warning" not in outcome.stderr
