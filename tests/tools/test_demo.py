"""The demo when it is cut off. What it shows when it is not, tests/apply shows."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tools.environments import ROOT
from tools.process import Process

_SECONDS = 60


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_leaves_nothing_behind_when_it_is_stopped(tmp_path: Path, number: signal.Signals) -> None:
    environment = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONUNBUFFERED": "1"}
    with Process(
        [sys.executable, "-m", "tools.demo"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as demo:
        assert demo.stdout is not None
        for line in demo.stdout:
            if "terraform apply" in line:
                break
        [folder] = tmp_path.glob("two-accounts-*")
        deadline = time.monotonic() + _SECONDS
        while not (folder / "module/examples/basic/terraform.tfstate").exists():  # in the midst of the apply
            assert time.monotonic() < deadline
            time.sleep(0.1)
        demo.send_signal(number)
        said = demo.stdout.read()
        code = demo.wait(_SECONDS)

    assert code == 130
    assert "nothing is left behind" in said
    assert "Traceback" not in said
    assert list(tmp_path.iterdir()) == []
    listing = subprocess.run(["ps", "-A", "-o", "args="], capture_output=True, text=True, check=True).stdout
    assert str(tmp_path) not in listing


def test_help() -> None:
    outcome = subprocess.run(
        [sys.executable, "-m", "tools.demo", "--help"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert outcome.returncode == 0
    assert outcome.stdout.startswith("usage: make demo")


def test_a_missing_terraform_is_one_sentence(tmp_path: Path) -> None:
    for name in ("ps", "sh", "env"):
        (tmp_path / name).symlink_to(f"/bin/{name}")
    outcome = subprocess.run(
        [sys.executable, "-m", "tools.demo"],
        cwd=ROOT,
        env={**os.environ, "PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert outcome.returncode == 2
    assert "error: Terraform 1.5.7 or newer is needed" in outcome.stderr
    assert "Traceback" not in outcome.stderr
