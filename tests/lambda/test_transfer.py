"""The put: what S3 is told, and what its answers become."""

from __future__ import annotations

import dataclasses
import io
import time
from typing import Any

import botocore.session
import pytest
from botocore.awsrequest import AWSResponse, HTTPHeaders
from botocore.exceptions import EndpointConnectionError
from botocore.stub import Stubber
from cross_account_s3.deadline import Deadline, until
from cross_account_s3.errors import DeadlineError, InputError, WriteError
from cross_account_s3.invocation import Invocation
from cross_account_s3.model import CopyRequest, PutRequest, SourceObject, Stored
from cross_account_s3.transfer import Destination, Source
from cross_account_s3.transfer import client as make_client
from urllib3 import HTTPResponse

from tests.writer import CONFIG

ANSWER = {"ETag": '"5d41402abc4b2a76b9719d911017c592"', "VersionId": "v1"}


@pytest.fixture
def client() -> Any:
    session = botocore.session.Session()
    session.set_credentials("AKIA", "secret")
    return session.create_client("s3", region_name="eu-central-1")


def test_the_whole_request(client: Any) -> None:
    expected = {
        "Bucket": "acme-inbound-mail",
        "Key": "inbox/hello",
        "Body": b"hello",
        "ContentType": "text/plain",
        "Metadata": {"source": "test"},
        "ChecksumCRC32": "NhCmhg==",
        "ExpectedBucketOwner": "222222222222",
    }
    with Stubber(client) as stub:
        stub.add_response("put_object", ANSWER, expected)
        stored = Destination(client, CONFIG).put(PutRequest("inbox/hello", b"hello", "text/plain", {"source": "test"}))

    assert stored == Stored(
        bucket="acme-inbound-mail",
        key="inbox/hello",
        etag="5d41402abc4b2a76b9719d911017c592",
        version_id="v1",
        size=5,
        checksum="CRC32:NhCmhg==",
        outcome="stored",
    )


def test_what_goes_over_the_wire_names_the_owner_and_has_one_checksum(client: Any) -> None:
    sent: list[Any] = []

    def take(request: Any, **_: Any) -> Any:
        sent.append(request)
        headers = HTTPHeaders.from_dict({"ETag": '"e"'})
        return AWSResponse(request.url, 200, headers, HTTPResponse(io.BytesIO(b""), preload_content=False))

    client.meta.events.register("before-send.s3.PutObject", take)
    Destination(client, CONFIG).put(PutRequest("inbox/hello", b"hello"))

    [request] = sent
    headers = {name.lower(): value for name, value in request.headers.items()}
    assert headers["x-amz-expected-bucket-owner"] in ("222222222222", b"222222222222")
    assert [name for name in headers if name.startswith("x-amz-checksum-")] == ["x-amz-checksum-crc32"]
    assert request.body.read() == b"hello"


def test_a_bucket_without_versions_has_no_version_id(client: Any) -> None:
    with Stubber(client) as stub:
        stub.add_response("put_object", {"ETag": '"e"'})
        assert Destination(client, CONFIG).put(PutRequest("inbox/a", b"")).version_id is None


@pytest.mark.parametrize("key", ["inbox", "inboxes/a", "reports/2025/a", "Inbox/a", "/inbox/a"])
def test_a_key_outside_the_prefixes_is_refused_before_any_call(client: Any, key: str) -> None:
    with Stubber(client), pytest.raises(InputError) as refused:
        Destination(client, CONFIG).put(PutRequest(key, b""))

    assert str(refused.value) == "input.outside_prefix: key must begin with 'inbox/' or 'reports/2026/'"


@pytest.mark.parametrize("code", ["AccessDenied", "NoSuchBucket", "BadDigest", "KMS.DisabledException"])
def test_a_refusal_is_one_sentence_with_the_service_s_code(client: Any, code: str) -> None:
    with Stubber(client) as stub:
        stub.add_client_error("put_object", code, "No.\nReally", 403)
        with pytest.raises(WriteError) as failed:
            Destination(client, CONFIG).put(PutRequest("inbox/a", b""))

    assert (failed.value.stage, failed.value.error_code) == ("write", code)
    assert str(failed.value).startswith(f"write.{code}: cannot write 'inbox/a' to acme-inbound-mail: ")
    assert str(failed.value).endswith("No. Really")


def test_no_answer_is_a_write_error_too(client: Any) -> None:
    def fail(**_: Any) -> None:
        raise EndpointConnectionError(endpoint_url="https://s3")

    client.meta.events.register("before-send.s3.PutObject", fail)
    with pytest.raises(WriteError, match=r"^write\.EndpointConnectionError: cannot write 'inbox/a' to"):
        Destination(client, CONFIG).put(PutRequest("inbox/a", b""))


def test_whatever_goes_wrong_with_the_destination_is_a_write_error(client: Any) -> None:
    def fail(**_: Any) -> None:
        raise MemoryError("anything at all")

    client.meta.events.register("before-send.s3.PutObject", fail)
    with pytest.raises(WriteError, match=r"^write\.MemoryError: cannot write 'inbox/a' to acme-inbound-mail: anything"):
        Destination(client, CONFIG).put(PutRequest("inbox/a", b""))


def test_what_goes_wrong_when_time_is_up_is_said_to_be_the_time(client: Any) -> None:
    soon = Deadline(0.05)

    def fail(**_: Any) -> None:
        time.sleep(soon.left() + 0.01)
        raise EndpointConnectionError(endpoint_url="https://s3")

    client.meta.events.register("before-send.s3.PutObject", fail)
    with until(soon), pytest.raises(DeadlineError):
        Destination(client, CONFIG).put(PutRequest("inbox/a", b""))


def test_a_copy_whose_parts_do_not_fit_into_memory_is_refused_before_it_begins(client: Any) -> None:
    """5 TiB takes parts of 525 MiB; eight of them at once are more than most functions have."""

    class Huge:
        def get_object(self, **_: Any) -> Any:
            answer = {"ETag": '"e"', "Metadata": {}, "ResponseMetadata": {"HTTPHeaders": {}}, "Body": io.BytesIO()}
            return {**answer, "ContentLength": 5 * 1024**4}

    config = dataclasses.replace(CONFIG, memory=1024**3)
    request = CopyRequest("inbox/huge", SourceObject("source", "huge", etag="e"))

    with (
        Stubber(client),
        pytest.raises(InputError, match=r"^input\.too_large: the source object has 5497558138880 bytes"),
    ):
        Destination(client, config).copy(request, Source(Huge()), Invocation())  # type: ignore[arg-type]


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1"])
def test_the_endpoint_is_the_region_s_own(region: str) -> None:
    session = botocore.session.Session()
    session.set_credentials("AKIA", "secret")
    session.set_config_variable("region", region)

    made: Any = make_client(session, CONFIG)

    assert made.meta.endpoint_url == f"https://s3.{region}.amazonaws.com"


def test_the_body_stays_out_of_what_is_printed() -> None:
    assert "secret" not in repr(PutRequest("a", b"secret"))
