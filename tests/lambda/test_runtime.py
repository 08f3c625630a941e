"""The committed zip under the official runtime interface client, writing to an emulated bucket."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.runtime_api import Runtime
from tests.support.environment import every_way, function_variables
from tests.writer import created, message
from tools.emulator import LAMBDA_ACCOUNT, REGION, S3_ACCOUNT, Emulator
from tools.environments import interpreter

ROLE = f"arn:aws:iam::{S3_ACCOUNT}:role/mail-s3-writer"


@pytest.fixture(scope="module")
def s3(accounts: Emulator) -> Any:
    client = accounts.client("s3", S3_ACCOUNT)
    client.create_bucket(Bucket="acme-runtime", CreateBucketConfiguration={"LocationConstraint": REGION})
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}}
    accounts.client("iam", S3_ACCOUNT).create_role(
        RoleName="mail-s3-writer", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    )
    return client


RUNTIMES = ["runtime-oldest", "runtime-newest"]


def _start(accounts: Emulator, name: str, folder: Path, **changed: str) -> Runtime:
    """The function under a runtime, waiting for events."""
    python = interpreter(name)
    if python is None:
        pytest.skip(f"the Python of {name} is not on this machine")
    environment = {
        **accounts.environment,
        "AWS_ACCESS_KEY_ID": LAMBDA_ACCOUNT,
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_LAMBDA_FUNCTION_NAME": "mail",
        **function_variables("acme-runtime", external_id="acme/mail", sources=every_way("acme-uploads")),
    }
    return Runtime(python, folder, {**environment, **changed})


@pytest.fixture(scope="module", params=RUNTIMES)
def function(
    request: pytest.FixtureRequest, accounts: Emulator, s3: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Runtime]:
    with _start(accounts, request.param, tmp_path_factory.mktemp(request.param)) as function:
        yield function


@pytest.mark.parametrize("level", ["DEBUG", "TRACE"])
@pytest.mark.parametrize("runtime", RUNTIMES)
def test_no_secret_is_logged_at_any_level(
    accounts: Emulator, s3: Any, tmp_path: Path, runtime: str, level: str
) -> None:
    """Neither a credential nor the content or the metadata of an object; botocore's own lines have all of them."""
    own = accounts.client("s3", LAMBDA_ACCOUNT)
    own.create_bucket(Bucket="acme-uploads", CreateBucketConfiguration={"LocationConstraint": REGION})
    put = {"Metadata": {"note": "metadata-of-the-source"}, "ContentDisposition": "disposition-of-the-source"}
    etag = own.put_object(Bucket="acme-uploads", Key="a", Body=b"content-of-the-source", **put)["ETag"].strip('"')
    direct = {"key": "inbox/a", "body": "content-of-the-event", "metadata": {"note": "metadata-of-the-event"}}
    events = [
        direct,
        {"Records": [message("m", "content-of-the-message")]},
        {"Records": [created("acme-uploads", "a", etag=etag)]},
        {**direct, "metadata": {"note": "metadata-of-the-event\n"}},
        {**direct, "key": "outside/a"},
    ]
    try:
        with _start(accounts, runtime, tmp_path, AWS_LAMBDA_LOG_LEVEL=level) as function:
            kinds = [function.invoke(event)[0] for event in events]
    finally:
        own.delete_object(Bucket="acme-uploads", Key="a")
        own.delete_bucket(Bucket="acme-uploads")

    assert kinds == ["response", "response", "response", "error", "error"]
    log = function.log.read_text()
    assert '"stored"' in log
    for secret in ("SecretAccessKey", "SessionToken", "X-Amz-Security-Token", "-of-the-", "AWS4-HMAC-SHA256"):
        assert secret.lower() not in log.lower(), secret


def test_it_stores_an_object_and_says_so_in_json(function: Runtime, s3: Any) -> None:
    body = bytes(range(256))
    event = {"key": "inbox/a", "body_base64": base64.b64encode(body).decode()}

    kind, answer = function.invoke(event)

    assert kind == "response", answer
    assert s3.get_object(Bucket="acme-runtime", Key="inbox/a")["Body"].read() == body
    assert (answer["size"], answer["checksum"], answer["outcome"]) == (256, "CRC32:KQWMcw==", "stored")
    [line] = [json.loads(line) for line in function.log.read_text().splitlines() if '"stored"' in line]
    assert line["message"] == "stored"
    assert (line["level"], line["key"], line["size"]) == ("INFO", "inbox/a", 256)


def test_an_error_is_one_clear_sentence(function: Runtime) -> None:
    kind, answer = function.invoke({"key": "inbox/a"})

    assert kind == "error"
    assert answer["errorType"] == "InputError"
    assert answer["errorMessage"] == ("input.invalid_body: body or body_base64 must be given, one of the two, not 0")


def test_a_service_s_refusal_is_one_too(function: Runtime, s3: Any) -> None:
    for held in s3.list_objects_v2(Bucket="acme-runtime")["Contents"]:
        s3.delete_object(Bucket="acme-runtime", Key=held["Key"])
    s3.delete_bucket(Bucket="acme-runtime")
    try:
        kind, answer = function.invoke({"key": "inbox/a", "body": ""})
    finally:
        s3.create_bucket(Bucket="acme-runtime", CreateBucketConfiguration={"LocationConstraint": REGION})

    assert (kind, answer["errorType"]) == ("error", "WriteError")
    assert answer["errorMessage"].startswith("write.NoSuchBucket: cannot write 'inbox/a' to acme-runtime: ")


def test_a_batch_is_answered_with_what_failed(function: Runtime, s3: Any) -> None:
    bodies: list[Any] = ["as it is", {"key": "inbox/chosen", "body": "chosen"}, {"key": "elsewhere/a", "body": ""}]

    kind, answer = function.invoke({"Records": [message(f"m{number}", body) for number, body in enumerate(bodies)]})

    assert (kind, answer) == ("response", {"batchItemFailures": [{"itemIdentifier": "m2"}]})
    assert s3.get_object(Bucket="acme-runtime", Key="inbox/2026/02/03/m0")["Body"].read() == b"as it is"
    assert s3.get_object(Bucket="acme-runtime", Key="inbox/chosen")["Body"].read() == b"chosen"


def test_a_large_object_is_copied_whole(function: Runtime, s3: Any, accounts: Emulator) -> None:
    own = accounts.client("s3", LAMBDA_ACCOUNT)
    body = os.urandom(9 * 1024 * 1024)
    own.create_bucket(Bucket="acme-uploads", CreateBucketConfiguration={"LocationConstraint": REGION})
    etag = own.put_object(Bucket="acme-uploads", Key="large", Body=body, Metadata={"team": "mail"})["ETag"].strip('"')
    try:
        kind, answer = function.invoke({"Records": [created("acme-uploads", "large", etag=etag)]})
    finally:
        own.delete_object(Bucket="acme-uploads", Key="large")
        own.delete_bucket(Bucket="acme-uploads")

    assert (kind, answer["objects"][0]["outcome"]) == ("response", "stored")
    found = s3.get_object(Bucket="acme-runtime", Key="inbox/large")
    assert found["Body"].read() == body
    assert found["Metadata"]["team"] == "mail"
    assert "Uploads" not in s3.list_multipart_uploads(Bucket="acme-runtime")
