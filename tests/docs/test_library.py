"""The code of docs/library.md runs as it stands."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from tests.support.environment import function_variables
from tools.environments import ROOT, interpreter

PAGE = (ROOT / "docs" / "library.md").read_text()
HANDLER, SIZE, TEST = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def test_the_test_of_the_example_passes(tmp_path: Path) -> None:
    (tmp_path / "test_function.py").write_text(TEST)
    path = f"{ROOT / 'lambda'}:{ROOT / 'examples' / 'own-code'}"

    outcome = subprocess.run(
        [sys.executable, "-B", "-m", "pytest", "-q", "-p", "no:cacheprovider", tmp_path],
        env={"PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )

    assert "1 passed" in outcome.stdout, outcome.stdout


def test_the_rest_runs_before_moto() -> None:
    """The handler stores, and the client finds what it has stored."""
    variables = {**function_variables("acme-inbound-mail"), "AWS_DEFAULT_REGION": "eu-central-1"}
    program = f"""
import boto3
from moto import mock_aws
{HANDLER}
{SIZE}
with mock_aws():
    region = {{"LocationConstraint": "eu-central-1"}}
    boto3.client("s3").create_bucket(Bucket="acme-inbound-mail", CreateBucketConfiguration=region)
    stored = handler({{}}, None)
    print(stored["outcome"], size_of(stored["bucket"], "123456789012", stored["key"]))
"""
    outcome = subprocess.run(
        [str(interpreter("cloud")), "-B", "-c", program],
        env={"PYTHONPATH": str(ROOT / "lambda"), **variables},
        capture_output=True,
        text=True,
        check=False,
    )

    assert outcome.stdout == "stored 20\n", outcome.stderr
