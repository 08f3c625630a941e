"""Copies, before moto: what arrives, what is carried over, and by which requests."""

from __future__ import annotations

import os
import zlib
from base64 import b64encode
from collections import Counter
from typing import Any

import pytest
from cross_account_s3.transfer.multipart import part_size

from tests.writer import Function, created, message

MIB = 1024 * 1024


def _copy(function: Function, body: bytes, *, bucket: str = "source", **attributes: Any) -> Any:
    put = function.cloud.put(bucket, "a", body, **attributes)
    [stored] = function.invoke(
        {"Records": [created(bucket, "a", etag=put.etag, version_id=put.version_id, sequencer="0A")]}
    )["objects"]
    return stored


def _requests(function: Function) -> Counter[str]:
    return Counter(seen.operation for seen in function.cloud.requests())


@pytest.mark.parametrize("size", [0, 1, 5 * MIB - 1, 5 * MIB])
def test_up_to_one_part_it_is_one_get_one_put_and_one_look_at_the_source(function: Function, size: int) -> None:
    body = os.urandom(size)

    stored = _copy(function, body)

    found = function.cloud.objects("destination")["inbox/a"]
    assert found.body == body
    assert _requests(function) == {"AssumeRole": 1, "GetObject": 1, "PutObject": 1, "HeadObject": 1}
    assert stored == {
        "bucket": "destination",
        "key": "inbox/a",
        "etag": found.etag,
        "version_id": found.version_id,
        "size": size,
        "checksum": f"CRC32:{b64encode(zlib.crc32(body).to_bytes(4, 'big')).decode()}",
        "outcome": "stored",
    }


@pytest.mark.parametrize("size", [5 * MIB + 1, 10 * MIB, 12 * MIB])
def test_above_one_part_it_is_a_get_and_an_upload_for_each(function: Function, size: int) -> None:
    body = os.urandom(size)

    stored = _copy(function, body)

    parts = -(-size // (5 * MIB))
    assert function.cloud.objects("destination")["inbox/a"].body == body
    assert _requests(function) == {
        "AssumeRole": 1,
        "GetObject": parts,
        "CreateMultipartUpload": 1,
        "UploadPart": parts,
        "CompleteMultipartUpload": 1,
        "HeadObject": 1,
    }
    [completed] = function.cloud.requests("CompleteMultipartUpload")
    assert completed.headers["x-amz-mp-object-size"] == str(size)
    # S3 has made it of the parts' checksums, each of which it has compared.
    assert stored["checksum"] == f"CRC32:{b64encode(zlib.crc32(body).to_bytes(4, 'big')).decode()}"
    assert stored["size"] == size


@pytest.mark.parametrize("bucket", ["source", "versions"])
def test_all_parts_are_of_one_version(function: Function, bucket: str) -> None:
    _copy(function, os.urandom(11 * MIB), bucket=bucket)

    first, *ranged = function.cloud.requests("GetObject")
    etags = {seen.headers["if-match"] for seen in (first, *ranged)}
    assert len(etags) == 1
    assert "range" not in first.headers
    assert {seen.headers["range"] for seen in ranged} == {"bytes=5242880-10485759", "bytes=10485760-11534335"}


@pytest.mark.parametrize("bucket", ["source", "versions"])
def test_an_object_that_changes_in_mid_copy_is_no_mixture(function: Function, bucket: str) -> None:
    put = function.cloud.put(bucket, "a", os.urandom(11 * MIB))
    function.cloud.fault("GetObject", nth=2, times=1, put={"bucket": bucket, "key": "a", "body": "new"})

    [stored] = function.invoke({"Records": [created(bucket, "a", etag=put.etag, version_id=put.version_id)]})["objects"]

    assert stored["outcome"] == "stored"
    assert function.cloud.objects("destination")["inbox/a"].body == b"new"
    assert function.cloud.uploads("destination") == []


@pytest.mark.parametrize("size", [10, 6 * MIB])
def test_what_belongs_to_the_object_is_carried_over(function: Function, size: int) -> None:
    headers = {
        "content-type": "text/csv",
        "content-encoding": "aws-chunked,gzip",
        "content-language": "de",
        "content-disposition": 'attachment; filename="a.csv"',
        "cache-control": "no-store",
        "expires": "Tue, 03 Feb 2026 04:05:06 GMT",
    }

    _copy(function, os.urandom(size), bucket="versions", headers=headers, metadata={"team": "mail"})

    found = function.cloud.objects("destination")["inbox/a"]
    assert {name: found.headers[name] for name in headers} == {**headers, "content-encoding": "gzip"}
    assert found.metadata == {
        "team": "mail",
        "source-object": "s3://versions/a",
        "source-sequencer": "0A",
        "source-version-id": function.cloud.objects("versions")["a"].version_id,
    }


@pytest.mark.parametrize("size", [10, 6 * MIB])
def test_tags_are_carried_over_where_they_may_be_set(function: Function, size: int) -> None:
    tags = {"class": "internal", "a b": "x+y=z/@"}
    function.start(permissions=("tag",))

    _copy(function, os.urandom(size), tags=tags)
    assert function.cloud.objects("destination")["inbox/a"].tags == tags

    function.start()
    _copy(function, os.urandom(size), tags=tags)
    assert function.cloud.objects("destination")["inbox/a"].tags == {}


def test_an_object_without_tags_is_not_asked_for_them(function: Function) -> None:
    function.start(permissions=("tag",))

    _copy(function, b"body")

    assert "GetObjectTagging" not in _requests(function)


@pytest.mark.parametrize("mode", ["replace", "newer"])
def test_provenance_makes_way_for_the_object_s_own_metadata(function: Function, mode: str) -> None:
    own = {"note": "x" * 2040}
    function.start(ON_EXISTING=mode, permissions=("read", "list"))

    assert _copy(function, b"body", metadata=own)["outcome"] == "stored"
    assert function.cloud.objects("destination")["inbox/a"].metadata == own


def test_a_copy_of_a_copy_says_where_it_comes_from_itself(function: Function) -> None:
    """An event without a version must not leave the version of the object that its source is a copy of."""
    foreign = {"source-object": "s3://first/x", "source-sequencer": "00FF", "source-version-id": "v9", "team": "mail"}
    put = function.cloud.put("source", "a", b"body", metadata=foreign)
    record = created("source", "a", etag=put.etag)
    del record["s3"]["object"]["sequencer"]

    function.invoke({"Records": [record]})

    found = function.cloud.objects("destination")["inbox/a"]
    assert found.metadata == {"team": "mail", "source-object": "s3://source/a"}


@pytest.mark.parametrize("size", [10, 6 * MIB])
@pytest.mark.parametrize("expires", ["0", "-1", "next week", "Tue, 03 Feb 2026 04:05:06 GMT"])
def test_expires_is_carried_over_whatever_it_is(function: Function, size: int, expires: str) -> None:
    _copy(function, os.urandom(size), headers={"expires": expires})

    assert function.cloud.objects("destination")["inbox/a"].headers["expires"] == expires


@pytest.mark.parametrize("size", [10, 6 * MIB])
def test_headers_beyond_ascii_keep_their_bytes(function: Function, size: int) -> None:
    _copy(function, os.urandom(size), headers={"content-disposition": 'attachment; filename="ü-日本.pdf"'})

    for operation in ("PutObject", "CreateMultipartUpload"):
        for seen in function.cloud.requests(operation):
            sent = seen.headers["content-disposition"].encode("latin-1")
            assert sent == 'attachment; filename="ü-日本.pdf"'.encode()
    assert function.cloud.count("PutObject") + function.cloud.count("CreateMultipartUpload") == 1


def test_every_request_to_the_destination_names_its_owner_and_every_body_has_one_checksum(function: Function) -> None:
    _copy(function, os.urandom(6 * MIB))
    _copy(function, b"small")

    for seen in function.cloud.requests():
        if seen.bucket == "destination":
            assert seen.headers["x-amz-expected-bucket-owner"] == "222222222222"
        if seen.operation in ("PutObject", "UploadPart"):
            assert [name for name in seen.headers if name.startswith("x-amz-checksum-")] == ["x-amz-checksum-crc32"]


def test_each_side_is_asked_with_its_own_credentials(function: Function) -> None:
    _copy(function, b"body")

    used = {seen.bucket: seen.access_key for seen in function.cloud.requests()}
    assert used["source"] == used[""] == "ASIAFUNCTION"
    assert used["destination"] not in ("", "ASIAFUNCTION")


def test_a_batch_shares_its_connections_and_its_session(function: Function) -> None:
    records = [message(f"m{number}", "text") for number in range(200)]
    before = function.cloud.traffic()["connections"]

    assert function.invoke({"Records": records}) == {"batchItemFailures": []}

    assert _requests(function) == {"AssumeRole": 1, "PutObject": 200}
    assert function.cloud.traffic()["connections"] - before <= 8 + 1  # one for each request at once, and one of STS


@pytest.mark.parametrize(
    ("size", "wanted", "expected"),
    [
        (1, 8 * MIB, 8 * MIB),
        (80_000 * MIB, 8 * MIB, 8 * MIB),
        (80_000 * MIB + 1, 8 * MIB, 9 * MIB),
        (5 * 1024 * 1024 * MIB, 8 * MIB, 525 * MIB),
    ],
)
def test_parts_grow_with_the_object_so_that_s3_takes_their_number(size: int, wanted: int, expected: int) -> None:
    assert part_size(size, wanted) == expected
    assert -(-size // expected) <= 10_000
