"""The double of S3 and STS: what it makes go wrong, as botocore meets it, and what it is stricter about than moto."""

from __future__ import annotations

import base64
import functools
import os
import signal
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ReadTimeoutError,
    ResponseStreamingError,
)
from botocore.parsers import ResponseParserError
from botocore.session import Session

from tests.support.cloud import CloudProcess
from tests.support.cloud.faults import Fault
from tools.environments import ROOT

BODY = bytes(range(256)) * 8192  # 2 MiB: more than arrives at once
PART = b"p" * (5 * 1024 * 1024)
ROLE = {"RoleArn": "arn:aws:iam::222222222222:role/writer", "RoleSessionName": "test"}


@pytest.fixture(scope="module")
def running() -> Iterator[CloudProcess]:
    with CloudProcess() as cloud:
        yield cloud


@pytest.fixture
def cloud(running: CloudProcess) -> Iterator[CloudProcess]:
    """With the bucket `bucket`, which holds the object `big`; nothing goes wrong yet."""
    running.bucket("bucket", owner="222222222222")
    running.put("bucket", "big", BODY)
    running.forget()
    yield running
    running.clear_faults()
    running.configure()


@functools.cache
def _session() -> Session:
    """One for all clients: it reads the services' models once."""
    return Session()


def _client(cloud: CloudProcess, service: str = "s3", credentials: Mapping[str, Any] | None = None) -> Any:
    given = credentials or {"AccessKeyId": "AKIATESTS", "SecretAccessKey": "test", "SessionToken": "token"}
    return _session().create_client(
        service,
        region_name="eu-central-1",
        endpoint_url=cloud.endpoint,
        aws_access_key_id=given["AccessKeyId"],
        aws_secret_access_key=given["SecretAccessKey"],
        aws_session_token=given["SessionToken"],
        config=Config(retries={"total_max_attempts": 1}, read_timeout=2),
    )


@pytest.fixture
def s3(cloud: CloudProcess) -> Any:
    return _client(cloud)


def _put(s3: Any, key: str = "key", **more: Any) -> Any:
    return s3.put_object(Bucket="bucket", Key=key, Body=b"hello", **more)


def _get(s3: Any, **more: Any) -> bytes:
    return bytes(s3.get_object(Bucket="bucket", Key="big", **more)["Body"].read())


def test_what_is_put_is_what_is_read(cloud: CloudProcess, s3: Any) -> None:
    _put(s3, "ü b+c%41", Metadata={"team": "mail"})

    assert s3.get_object(Bucket="bucket", Key="ü b+c%41")["Body"].read() == b"hello"
    found = cloud.objects("bucket")["ü b+c%41"]
    assert (found.body, found.metadata) == (b"hello", {"team": "mail"})
    [seen] = cloud.requests("PutObject")
    assert (seen.bucket, seen.key, seen.access_key, seen.status) == ("bucket", "ü b+c%41", "AKIATESTS", 200)
    assert seen.at <= (seen.applied_at or 0) <= time.time()


@pytest.mark.parametrize("stage", ["head", "body", "before", "after"])
@pytest.mark.parametrize("how", ["reset", "close"])
def test_a_connection_ends_at_any_stage(cloud: CloudProcess, s3: Any, how: str, stage: str) -> None:
    number = cloud.fault("PutObject", **{how: stage})

    with pytest.raises(ConnectionClosedError):
        _put(s3)

    assert ("key" in cloud.objects("bucket")) == (stage == "after")
    assert cloud.struck(number) == 1
    assert cloud.count("PutObject", status=200) == 0


@pytest.mark.parametrize("how", ["reset", "close"])
def test_an_answer_breaks_off(cloud: CloudProcess, s3: Any, how: str) -> None:
    cloud.fault("GetObject", **{how: "answer"}, offset=1000, times=1)

    with pytest.raises(ResponseStreamingError if how == "reset" else Exception, match=r"reset|IncompleteRead|broken"):
        _get(s3)
    assert _get(s3) == BODY


@pytest.mark.parametrize("stage", ["head", "body", "before"])
def test_a_client_that_has_left_is_not_served(cloud: CloudProcess, s3: Any, stage: str) -> None:
    cloud.fault("PutObject", hang=stage, seconds=4, times=1)

    with pytest.raises(ReadTimeoutError):
        _put(s3)

    time.sleep(1)
    assert "key" not in cloud.objects("bucket")
    _put(s3)
    assert "key" in cloud.objects("bucket")


def test_an_answer_of_an_error(cloud: CloudProcess, s3: Any) -> None:
    cloud.fault("PutObject", key="other", status=400, code="Other")
    cloud.fault("PutObject", key="key", nth=2, times=1, status=503, code="SlowDown")

    _put(s3)
    with pytest.raises(ClientError, match="SlowDown"):
        _put(s3)
    _put(s3)


def test_an_answer_that_is_not_xml(cloud: CloudProcess) -> None:
    cloud.fault("AssumeRole", status=503, content_type="text/plain", body="Service Unavailable")

    with pytest.raises(ResponseParserError, match="Service Unavailable"):
        _client(cloud, "sts").assume_role(**ROLE)


def test_a_range_that_is_dropped(cloud: CloudProcess, s3: Any) -> None:
    assert _get(s3, Range="bytes=5-9") == BODY[5:10]

    cloud.fault("GetObject", drop_range=True)
    assert _get(s3, Range="bytes=5-9") == BODY


def test_an_object_that_is_stored_in_between(cloud: CloudProcess, s3: Any) -> None:
    cloud.fault("GetObject", put={"bucket": "bucket", "key": "big", "body": "new"})

    assert _get(s3) == b"new"


@pytest.mark.parametrize("how", [{}, {"status": 500, "reset": "head"}, {"reset": "now"}], ids=str)
def test_a_fault_that_says_nothing_or_too_much_is_refused(how: Any) -> None:
    with pytest.raises(ValueError, match=r"^a fault"):
        Fault("GetObject", **how)


@pytest.mark.parametrize(
    ("refused", "taken", "code"),
    [
        ({"ExpectedBucketOwner": "333333333333"}, {"ExpectedBucketOwner": "222222222222"}, "AccessDenied"),
        ({"ChecksumCRC32": "AAAAAA=="}, {"ChecksumCRC32": "NhCmhg=="}, "BadDigest"),
        ({"Metadata": {"a": "x" * 2048}}, {"Metadata": {"a": "x" * 2047}}, "MetadataTooLarge"),
        ({"IfNoneMatch": "*", "Key": "big"}, {"IfNoneMatch": "*", "Key": "new"}, "PreconditionFailed"),
        ({"IfMatch": '"other"', "Key": "big"}, {"Key": "big"}, "PreconditionFailed"),
        ({"Key": "k" * 1025}, {"Key": "k" * 1024}, "KeyTooLongError"),
    ],
)
def test_what_s3_refuses(s3: Any, refused: dict[str, Any], taken: dict[str, Any], code: str) -> None:
    with pytest.raises(ClientError) as error:
        _put(s3, refused.pop("Key", "key"), **refused)

    assert error.value.response["Error"]["Code"] == code
    _put(s3, taken.pop("Key", "key"), **taken)


def _crc(body: bytes) -> str:
    return base64.b64encode(zlib.crc32(body).to_bytes(4, "big")).decode()


def _uploaded(s3: Any, *bodies: bytes) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    at = {"Bucket": "bucket", "Key": "large"}
    upload = s3.create_multipart_upload(**at, ChecksumAlgorithm="CRC32", ChecksumType="FULL_OBJECT")
    at["UploadId"] = upload["UploadId"]
    parts = []
    for number, body in enumerate(bodies, 1):
        answer = s3.upload_part(**at, PartNumber=number, Body=body, ChecksumCRC32=_crc(body))
        parts.append({"PartNumber": number, "ETag": answer["ETag"], "ChecksumCRC32": _crc(body)})
    return at, parts


def test_parts_are_put_together_with_the_checksum_of_the_whole(cloud: CloudProcess, s3: Any) -> None:
    at, parts = _uploaded(s3, PART, b"end")
    assert cloud.uploads("bucket") == [{"key": "large", "upload_id": at["UploadId"], "parts": [1, 2]}]

    size = len(PART) + 3
    answer = s3.complete_multipart_upload(**at, MultipartUpload={"Parts": parts}, MpuObjectSize=size)

    assert answer["ChecksumCRC32"] == _crc(PART + b"end")
    assert cloud.objects("bucket")["large"].body == PART + b"end"
    assert cloud.uploads("bucket") == []


@pytest.mark.parametrize(
    ("bodies", "changed", "code"),
    [
        ((b"small", b"end"), {}, "EntityTooSmall"),
        ((PART, b"end"), {"MpuObjectSize": 7}, "InvalidRequest"),
        ((PART, b"end"), {"IfMatch": '"other"'}, "NoSuchKey"),
        ((b"end",), {"MultipartUpload": {"Parts": [{"PartNumber": 2, "ETag": '"e"'}]}}, "InvalidPart"),
    ],
)
def test_what_s3_does_not_put_together(s3: Any, bodies: tuple[bytes, ...], changed: Any, code: str) -> None:
    at, parts = _uploaded(s3, *bodies)

    with pytest.raises(ClientError) as error:
        s3.complete_multipart_upload(**{**at, "MultipartUpload": {"Parts": parts}, **changed})

    assert error.value.response["Error"]["Code"] == code


def test_credentials_end_or_are_revoked(cloud: CloudProcess) -> None:
    sts = _client(cloud, "sts")
    cloud.configure(session_seconds=0.5)
    short = _client(cloud, credentials=sts.assume_role(**ROLE)["Credentials"])
    cloud.configure()
    revoked = _client(cloud, credentials=sts.assume_role(**ROLE)["Credentials"])
    _put(short)
    _put(revoked)

    cloud.revoke_sessions()
    time.sleep(0.5)
    later = _client(cloud, credentials=sts.assume_role(**ROLE)["Credentials"])

    _put(later)
    with pytest.raises(ClientError, match="AccessDenied"):
        _put(revoked)


def test_credentials_expire(cloud: CloudProcess) -> None:
    cloud.configure(session_seconds=0.3)
    short = _client(cloud, credentials=_client(cloud, "sts").assume_role(**ROLE)["Credentials"])
    time.sleep(0.4)

    with pytest.raises(ClientError, match="ExpiredToken"):
        _put(short)
    with pytest.raises(ClientError, match="400"):
        short.head_object(Bucket="bucket", Key="big")


def test_it_ends_with_who_has_started_it() -> None:
    program = """
import time
from tests.support.cloud import CloudProcess
with CloudProcess() as cloud:
    print(cloud.pid, flush=True)
    time.sleep(60)
"""
    command = [sys.executable, "-c", program]
    starter = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)  # noqa: TID251 - it is killed itself
    assert starter.stdout is not None
    pid = int(starter.stdout.readline())

    starter.send_signal(signal.SIGKILL)
    starter.wait()

    end = time.monotonic() + 10
    while time.monotonic() < end:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)
    pytest.fail("the double outlives who has started it")
