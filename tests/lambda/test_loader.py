"""Requests go where botocore's own data files send them, signed alike, in every partition and with every variant."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tools import process
from tools.environments import ROOT, interpreter


@pytest.mark.parametrize("environment", ["runtime-oldest", "runtime-newest"])
def test_requests_are_those_of_the_usual_loader(environment: str) -> None:
    python = interpreter(environment)
    assert python is not None
    program = Path(__file__).with_name("addresses.py")

    outcome = process.run([python, program], "", env={"PYTHONPATH": str(ROOT / "lambda")}, stdout=subprocess.PIPE)

    found = json.loads(outcome.stdout)
    assert len(found["usual"]) == 80
    assert found["quick"] == found["usual"]
