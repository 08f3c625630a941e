"""`terraform test` with mocked providers: the module's own suite, and the recipe of docs/testing.md for a user."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from tools import terraform
from tools.environments import ROOT

SUITE = (ROOT / "tests" / "module.tftest.hcl").read_text()
[RECIPE] = re.findall(r"^```hcl\n(.*?)^```$", (ROOT / "docs" / "testing.md").read_text(), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(
    ("root", "suite", "runs"), [(".", SUITE, 9), ("examples/basic", RECIPE, 1)], ids=["module", "recipe"]
)
def test_it_passes(root: str, suite: str, runs: int, tmp_path: Path) -> None:
    outcome = _test(root, suite, tmp_path)

    assert f"Success! {runs} passed, 0 failed." in outcome.stdout, outcome.stdout + outcome.stderr
    assert outcome.returncode == 0


def test_a_wider_policy_fails_the_recipe(tmp_path: Path) -> None:
    outcome = _test("examples/basic", RECIPE, tmp_path, prefix="mail/")

    assert "The writer's role must write below inbox/ only." in " ".join(outcome.stderr.split())
    assert outcome.returncode == 1


def _test(root: str, suite: str, folder: Path, prefix: str = "inbox/") -> subprocess.CompletedProcess[str]:
    """Run a suite in a root of a copy of the module, whose key prefix in examples/basic is the one given."""
    terraform.copy_module(folder / "module")
    here = folder / "module" / root
    (here / "tests").mkdir()
    (here / "tests" / "suite.tftest.hcl").write_text(suite)
    example = folder / "module" / "examples" / "basic" / "main.tf"
    example.write_text(example.read_text().replace("inbox/", prefix))
    own = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "TF_"))}
    workspace = terraform.Workspace(here, {**own, **terraform.configure(folder)}, {})
    terraform.pin_provider(here)
    workspace.init()
    command = [str(terraform.find_binary()), "test", "-no-color"]
    return subprocess.run(command, cwd=here, env=workspace.environment, capture_output=True, text=True, check=False)
