"""examples/own-function: a function that the module has not made writes as the role that the module has."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.conftest import Applied
from tools.emulator import LAMBDA_ACCOUNT, S3_ACCOUNT


@pytest.fixture(scope="module")
def outputs(own_function: Applied) -> Any:
    return own_function.example.workspace.outputs()


def _invoke(own_function: Applied, outputs: Any, key: str) -> Any:
    functions = own_function.example.emulator.client("lambda", LAMBDA_ACCOUNT)
    event = json.dumps({"key": key, "body": "hello"})
    return json.load(functions.invoke(FunctionName=outputs["function"]["name"], Payload=event)["Payload"])


def test_it_stores_below_its_prefix_and_nowhere_else(own_function: Applied, outputs: Any) -> None:
    assert _invoke(own_function, outputs, "archive/own")["outcome"] == "stored"
    assert "AccessDenied" in _invoke(own_function, outputs, "elsewhere/own")["errorMessage"]

    s3 = own_function.example.emulator.client("s3", S3_ACCOUNT)
    stored = s3.get_object(Bucket=outputs["bucket"]["name"], Key="archive/own")
    assert stored["Body"].read() == b"hello"
    assert stored["SSEKMSKeyId"] == outputs["bucket"]["kms_key_arn"]
