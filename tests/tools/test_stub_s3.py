"""The stub's S3 and STS, asked by botocore. What of S3 it stands for, its sources say."""

from __future__ import annotations

import base64
import hashlib
import http.client
import os
import time
import zlib
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError, FlexibleChecksumError

from tests.tools.stub_clients import KEY_ID, client
from tools.stub import Stub
from tools.stub.content import PERIOD, Content, pattern_crc32
from tools.stub.crc import combine

MIB = 1024 * 1024
OWNER = "222222222222"


@pytest.fixture(scope="module")
def running() -> Iterator[Stub]:
    with Stub() as stub:
        yield stub


@pytest.fixture
def stub(running: Stub) -> Stub:
    """With the empty buckets `plain` and `versioned`, and nothing seen."""
    running.bucket("plain", owner=OWNER)
    running.bucket("versioned", versioned=True, owner=OWNER)
    running.forget()
    return running


@pytest.fixture(scope="module")
def s3(running: Stub) -> Any:
    return client(running)


def refused(error: pytest.ExceptionInfo[ClientError]) -> tuple[int, str]:
    response: Any = error.value.response
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"]


def crc32(data: bytes) -> str:
    return base64.b64encode(zlib.crc32(data).to_bytes(4)).decode()


@pytest.mark.parametrize("key", ["plain.txt", "ä/ö ü+&%41?#.txt", "../x//y", "tab\tand\x01", "k" * 1024])
def test_what_is_put_is_got(stub: Stub, s3: Any, key: str) -> None:
    put = s3.put_object(
        Bucket="plain",
        Key=key,
        Body=b"hello",
        Metadata={"source": "here"},
        ContentType="text/plain",
        ContentLanguage="de",
        CacheControl="no-store",
        Tagging="a=1&b=%26",
    )
    got = s3.get_object(Bucket="plain", Key=key)

    assert got["Body"].read() == b"hello"
    assert got["ETag"] == put["ETag"] == f'"{hashlib.md5(b"hello", usedforsecurity=False).hexdigest()}"'
    assert got["ChecksumCRC32"] == put["ChecksumCRC32"] == crc32(b"hello")
    assert (got["ContentType"], got["ContentLanguage"], got["CacheControl"]) == ("text/plain", "de", "no-store")
    assert got["Metadata"] == {"source": "here"}
    assert got["TagCount"] == 2
    assert "VersionId" not in put
    assert list(stub.objects("plain")) == [key]
    assert stub.objects("plain")[key].body == b"hello"
    assert stub.objects("plain")[key].tags == {"a": "1", "b": "&"}
    assert [item["Key"] for item in s3.list_objects_v2(Bucket="plain")["Contents"]] == [key]


def test_head_is_get_without_a_body(stub: Stub, s3: Any) -> None:
    stub.put("plain", "key", b"hello", metadata={"a": "b"})

    head = s3.head_object(Bucket="plain", Key="key")

    assert head["ContentLength"] == 5
    assert head["Metadata"] == {"a": "b"}
    with pytest.raises(ClientError) as error:
        s3.head_object(Bucket="plain", Key="other")
    assert refused(error) == (404, "404")


def test_every_put_into_a_versioned_bucket_is_a_version(stub: Stub, s3: Any) -> None:
    first = s3.put_object(Bucket="versioned", Key="key", Body=b"1")["VersionId"]
    second = s3.put_object(Bucket="versioned", Key="key", Body=b"2")["VersionId"]
    marker = s3.delete_object(Bucket="versioned", Key="key")

    assert [stored.body for stored in stub.versions("versioned", "key")] == [b"1", b"2", b""]
    assert [stored.deleted for stored in stub.versions("versioned", "key")] == [False, False, True]
    assert stub.objects("versioned") == {}
    assert s3.get_object(Bucket="versioned", Key="key", VersionId=first)["Body"].read() == b"1"
    with pytest.raises(ClientError) as error:
        s3.get_object(Bucket="versioned", Key="key")
    assert refused(error) == (404, "NoSuchKey")
    with pytest.raises(ClientError) as error:
        s3.get_object(Bucket="versioned", Key="key", VersionId=marker["VersionId"])
    assert refused(error) == (405, "MethodNotAllowed")
    with pytest.raises(ClientError) as error:
        s3.get_object(Bucket="versioned", Key="key", VersionId="none")
    assert refused(error) == (404, "NoSuchVersion")

    s3.delete_object(Bucket="versioned", Key="key", VersionId=marker["VersionId"])
    assert s3.get_object(Bucket="versioned", Key="key")["VersionId"] == second


@pytest.mark.parametrize(
    ("span", "start", "stop"), [("0-0", 0, 1), ("3-5", 3, 6), ("8-99", 8, 10), ("7-", 7, 10), ("-4", 6, 10)]
)
def test_a_range(stub: Stub, s3: Any, span: str, start: int, stop: int) -> None:
    stub.put("plain", "key", b"0123456789")

    got = s3.get_object(Bucket="plain", Key="key", Range=f"bytes={span}")

    assert got["Body"].read() == b"0123456789"[start:stop]
    assert got["ContentRange"] == f"bytes {start}-{stop - 1}/10"
    assert got["ResponseMetadata"]["HTTPStatusCode"] == 206


@pytest.mark.parametrize(("size", "span"), [(10, "10-20"), (10, "-0"), (0, "0-9")])
def test_a_range_that_is_not_there(stub: Stub, s3: Any, size: int, span: str) -> None:
    stub.put("plain", "key", bytes(size))

    with pytest.raises(ClientError) as error:
        s3.get_object(Bucket="plain", Key="key", Range=f"bytes={span}")
    assert refused(error) == (416, "InvalidRange")


def test_a_get_can_be_pinned_to_an_etag(stub: Stub, s3: Any) -> None:
    etag = stub.put("plain", "key", b"1").etag

    assert s3.get_object(Bucket="plain", Key="key", IfMatch=f'"{etag}"')["Body"].read() == b"1"
    stub.put("plain", "key", b"2")
    with pytest.raises(ClientError) as error:
        s3.get_object(Bucket="plain", Key="key", IfMatch=f'"{etag}"')
    assert refused(error) == (412, "PreconditionFailed")


def test_a_write_only_where_nothing_is(stub: Stub, s3: Any) -> None:
    s3.put_object(Bucket="versioned", Key="key", Body=b"1", IfNoneMatch="*")
    with pytest.raises(ClientError) as error:
        s3.put_object(Bucket="versioned", Key="key", Body=b"2", IfNoneMatch="*")
    assert refused(error) == (412, "PreconditionFailed")

    s3.delete_object(Bucket="versioned", Key="key")
    s3.put_object(Bucket="versioned", Key="key", Body=b"3", IfNoneMatch="*")
    assert stub.objects("versioned")["key"].body == b"3"


def test_a_write_only_over_what_is_known(stub: Stub, s3: Any) -> None:
    with pytest.raises(ClientError) as error:
        s3.put_object(Bucket="plain", Key="key", Body=b"2", IfMatch='"00"')
    assert refused(error) == (404, "NoSuchKey")

    etag = stub.put("plain", "key", b"1").etag
    s3.put_object(Bucket="plain", Key="key", Body=b"2", IfMatch=f'"{etag}"')
    with pytest.raises(ClientError) as error:
        s3.put_object(Bucket="plain", Key="key", Body=b"3", IfMatch=f'"{etag}"')
    assert refused(error) == (412, "PreconditionFailed")
    assert [stored.body for stored in stub.versions("plain", "key")] == [b"2"]


@pytest.mark.parametrize(
    "claim",
    [
        {"ChecksumCRC32": crc32(b"other")},
        {"ContentMD5": base64.b64encode(hashlib.md5(b"other", usedforsecurity=False).digest()).decode()},
    ],
)
def test_a_wrong_checksum_is_refused(stub: Stub, s3: Any, claim: dict[str, str]) -> None:
    with pytest.raises(ClientError) as error:
        s3.put_object(Bucket="plain", Key="key", Body=b"hello", **claim)

    assert refused(error) == (400, "BadDigest")
    assert stub.objects("plain") == {}


@pytest.mark.parametrize(
    ("arguments", "answer"),
    [
        ({"ExpectedBucketOwner": "333333333333"}, (403, "AccessDenied")),
        ({"Bucket": "no-such-bucket"}, (404, "NoSuchBucket")),
        ({"Key": "k" * 1025}, (400, "KeyTooLongError")),
        ({"Key": "ä" * 513}, (400, "KeyTooLongError")),
        ({"Metadata": {"a": "b" * 2048}}, (400, "MetadataTooLarge")),
        ({"Tagging": "&".join(f"{number}=x" for number in range(11))}, (400, "BadRequest")),
        ({"Tagging": f"{'k' * 129}=x"}, (400, "InvalidTag")),
        ({"Tagging": f"k={'x' * 257}"}, (400, "InvalidTag")),
    ],
    ids=str,
)
def test_a_put_that_is_refused(stub: Stub, s3: Any, arguments: dict[str, Any], answer: tuple[int, str]) -> None:
    with pytest.raises(ClientError) as error:
        s3.put_object(**{"Bucket": "plain", "Key": "key", "Body": b"hello", **arguments})

    assert refused(error) == answer
    assert stub.objects("plain") == {}


def test_a_put_at_the_edge_is_taken(stub: Stub, s3: Any) -> None:
    s3.put_object(Bucket="plain", Key="ä" * 512, Metadata={"a": "b" * 2047}, Body=b"", ExpectedBucketOwner=OWNER)

    assert stub.objects("plain")["ä" * 512].size == 0


def test_tags(stub: Stub, s3: Any) -> None:
    stub.put("versioned", "key", b"1", tags={"a": "1"})

    assert s3.get_object_tagging(Bucket="versioned", Key="key")["TagSet"] == [{"Key": "a", "Value": "1"}]
    s3.put_object_tagging(Bucket="versioned", Key="key", Tagging={"TagSet": [{"Key": "<b>", "Value": "&"}]})
    assert s3.get_object_tagging(Bucket="versioned", Key="key")["TagSet"] == [{"Key": "<b>", "Value": "&"}]
    assert [stored.tags for stored in stub.versions("versioned", "key")] == [{"<b>": "&"}]


class Multipart:
    """A multipart upload of two parts, to be spoilt."""

    def __init__(self, s3: Any, sizes: tuple[int, ...] = (5 * MIB, 10), **create: Any) -> None:
        self.s3 = s3
        self.where = {"Bucket": "versioned", "Key": "key"}
        self.where["UploadId"] = s3.create_multipart_upload(**self.where, **create)["UploadId"]
        self.bodies = [os.urandom(size) for size in sizes]
        self.parts = []
        for number, body in enumerate(self.bodies, 1):
            part = s3.upload_part(**self.where, PartNumber=number, Body=body)
            self.parts.append({"PartNumber": number, "ETag": part["ETag"], "ChecksumCRC32": part["ChecksumCRC32"]})
        self.body = b"".join(self.bodies)

    def complete(self, **arguments: Any) -> Any:
        return self.s3.complete_multipart_upload(**self.where, MultipartUpload={"Parts": self.parts}, **arguments)


FULL_OBJECT: dict[str, Any] = {"ChecksumAlgorithm": "CRC32", "ChecksumType": "FULL_OBJECT"}


def test_a_multipart_upload_with_the_checksum_of_the_whole(stub: Stub, s3: Any) -> None:
    upload = Multipart(s3, **FULL_OBJECT, Metadata={"a": "b"}, Tagging="c=d", ContentType="text/plain")
    assert stub.uploads("versioned") == [{"key": "key", "upload_id": upload.where["UploadId"], "parts": [1, 2]}]
    assert [item["Key"] for item in s3.list_multipart_uploads(Bucket="versioned")["Uploads"]] == ["key"]

    done = upload.complete(MpuObjectSize=len(upload.body), ChecksumCRC32=crc32(upload.body))

    assert done["ChecksumCRC32"] == crc32(upload.body)
    assert done["ChecksumType"] == "FULL_OBJECT"
    got = s3.get_object(Bucket="versioned", Key="key")
    assert got["Body"].read() == upload.body
    assert got["ETag"] == done["ETag"]
    assert got["VersionId"] == done["VersionId"]
    assert got["ChecksumCRC32"] == crc32(upload.body)
    assert (got["Metadata"], got["TagCount"], got["ContentType"]) == ({"a": "b"}, 1, "text/plain")
    assert stub.uploads("versioned") == []
    with pytest.raises(ClientError) as error:
        upload.complete()
    assert refused(error) == (404, "NoSuchUpload")


def test_a_multipart_upload_with_the_checksum_of_the_checksums(stub: Stub, s3: Any) -> None:
    upload = Multipart(s3, ChecksumAlgorithm="CRC32")

    of_parts = b"".join(zlib.crc32(body).to_bytes(4) for body in upload.bodies)
    assert upload.complete()["ChecksumCRC32"] == f"{crc32(of_parts)}-2"
    assert s3.get_object(Bucket="versioned", Key="key")["Body"].read() == upload.body


def test_an_upload_with_the_checksum_of_the_checksums_needs_each(stub: Stub, s3: Any) -> None:
    upload = Multipart(s3, sizes=(10,), ChecksumAlgorithm="CRC32")
    del upload.parts[0]["ChecksumCRC32"]

    with pytest.raises(ClientError) as error:
        upload.complete()
    assert refused(error) == (400, "InvalidRequest")


def test_a_multipart_upload_without_a_checksum(stub: Stub, s3: Any) -> None:
    upload = Multipart(s3)

    assert "ChecksumCRC32" not in upload.complete()
    assert stub.objects("versioned")["key"].body == upload.body


def test_a_part_is_replaced_by_its_number(stub: Stub, s3: Any) -> None:
    upload = Multipart(s3, sizes=(10,), **FULL_OBJECT)
    part = s3.upload_part(**upload.where, PartNumber=1, Body=b"again")

    with pytest.raises(ClientError) as error:
        upload.complete()
    assert refused(error) == (400, "InvalidPart")
    upload.parts[0] |= {"ETag": part["ETag"], "ChecksumCRC32": part["ChecksumCRC32"]}
    upload.complete()
    assert stub.objects("versioned")["key"].body == b"again"


def _without_parts(upload: Multipart) -> dict[str, Any]:
    upload.parts.clear()
    return {}


def _wrong_etag(upload: Multipart) -> dict[str, Any]:
    upload.parts[1]["ETag"] = upload.parts[0]["ETag"]
    return {}


def _wrong_crc(upload: Multipart) -> dict[str, Any]:
    upload.parts[1]["ChecksumCRC32"] = crc32(b"other")
    return {}


def _backwards(upload: Multipart) -> dict[str, Any]:
    upload.parts.reverse()
    return {}


def _wrong_size(upload: Multipart) -> dict[str, Any]:
    return {"MpuObjectSize": len(upload.body) + 1}


def _wrong_whole(_: Multipart) -> dict[str, Any]:
    return {"ChecksumCRC32": crc32(b"other")}


def _short_first(upload: Multipart) -> dict[str, Any]:
    part = upload.s3.upload_part(**upload.where, PartNumber=1, Body=b"short")
    upload.parts[0] |= {"ETag": part["ETag"], "ChecksumCRC32": part["ChecksumCRC32"]}
    return {}


def _part_there_is_not(upload: Multipart) -> dict[str, Any]:
    upload.parts[1]["PartNumber"] = 3
    return {}


@pytest.mark.parametrize(
    ("spoil", "answer"),
    [
        (_without_parts, (400, "MalformedXML")),
        (_wrong_etag, (400, "InvalidPart")),
        (_wrong_crc, (400, "InvalidPart")),
        (_part_there_is_not, (400, "InvalidPart")),
        (_backwards, (400, "InvalidPartOrder")),
        (_wrong_size, (400, "InvalidRequest")),
        (_wrong_whole, (400, "BadDigest")),
        (_short_first, (400, "EntityTooSmall")),
    ],
)
def test_an_upload_that_cannot_be_completed(stub: Stub, s3: Any, spoil: Any, answer: tuple[int, str]) -> None:
    upload = Multipart(s3, **FULL_OBJECT)
    arguments = spoil(upload)

    with pytest.raises(ClientError) as error:
        upload.complete(**arguments)

    assert refused(error) == answer
    assert stub.objects("versioned") == {}
    assert len(stub.uploads("versioned")) == 1


def test_conditions_of_a_multipart_upload(stub: Stub, s3: Any) -> None:
    etag = stub.put("versioned", "key", b"old").etag
    upload = Multipart(s3, sizes=(10,), **FULL_OBJECT)

    with pytest.raises(ClientError) as error:
        upload.complete(IfNoneMatch="*")
    assert refused(error) == (412, "PreconditionFailed")
    with pytest.raises(ClientError) as error:
        upload.complete(IfMatch='"00"')
    assert refused(error) == (412, "PreconditionFailed")
    assert len(stub.uploads("versioned")) == 1  # it stays until it is completed or aborted
    upload.complete(IfMatch=f'"{etag}"')
    assert stub.objects("versioned")["key"].body == upload.body


def test_a_part_with_a_wrong_checksum_or_number(stub: Stub, s3: Any) -> None:
    upload = Multipart(s3, sizes=())

    with pytest.raises(ClientError) as error:
        s3.upload_part(**upload.where, PartNumber=1, Body=b"hello", ChecksumCRC32=crc32(b"other"))
    assert refused(error) == (400, "BadDigest")
    with pytest.raises(ClientError) as error:
        s3.upload_part(**upload.where, PartNumber=10_001, Body=b"hello")
    assert refused(error) == (400, "InvalidArgument")
    assert stub.uploads("versioned")[0]["parts"] == []


def test_an_upload_is_aborted_once(stub: Stub, s3: Any) -> None:
    upload = Multipart(s3, sizes=(10,))

    s3.abort_multipart_upload(**upload.where)

    assert stub.uploads("versioned") == []
    with pytest.raises(ClientError) as error:
        s3.abort_multipart_upload(**upload.where)
    assert refused(error) == (404, "NoSuchUpload")


def test_listings_come_in_pages(stub: Stub, s3: Any) -> None:
    keys = [f"{folder}/{number}" for folder in ("a", "b", "ü") for number in range(5)]
    for key in keys:
        stub.put("plain", key, b"x")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket="plain", PaginationConfig={"PageSize": 4})

    assert [item["Key"] for page in pages for item in page["Contents"]] == keys
    pages = s3.get_paginator("list_objects_v2").paginate(
        Bucket="plain", Delimiter="/", PaginationConfig={"PageSize": 1}
    )
    assert [item["Prefix"] for page in pages for item in page["CommonPrefixes"]] == ["a/", "b/", "ü/"]
    listed = s3.list_objects_v2(Bucket="plain", Prefix="b/", StartAfter="b/2")
    assert [item["Key"] for item in listed["Contents"]] == ["b/3", "b/4"]


def test_a_listing_that_is_not_continued(stub: Stub, s3: Any) -> None:
    with pytest.raises(ClientError) as error:
        s3.list_objects_v2(Bucket="plain", ContinuationToken="none of ours")
    assert refused(error) == (400, "InvalidArgument")


def test_uploads_are_listed_in_pages(stub: Stub, s3: Any) -> None:
    for key in ("x", "y", "y", "z"):
        s3.create_multipart_upload(Bucket="plain", Key=key)
    pages = s3.get_paginator("list_multipart_uploads").paginate(Bucket="plain", PaginationConfig={"PageSize": 1})

    assert [item["Key"] for page in pages for item in page.get("Uploads", [])] == ["x", "y", "y", "z"]


def test_what_it_does_not_have_it_says(stub: Stub, s3: Any) -> None:
    stub.put("plain", "key", b"1")
    with pytest.raises(ClientError) as error:
        s3.get_object_acl(Bucket="plain", Key="key")
    assert refused(error) == (501, "NotImplemented")
    with pytest.raises(ClientError) as error:
        s3.copy_object(Bucket="plain", Key="copy", CopySource="plain/key")
    assert refused(error) == (501, "NotImplemented")


@pytest.mark.parametrize("http_chunks", [False, True])
@pytest.mark.parametrize("claim", [b"hello world", b"other"])
def test_a_body_with_its_checksum_behind_it(stub: Stub, http_chunks: bool, claim: bytes) -> None:
    encoded = b"6\r\nhello \r\n5\r\nworld\r\n0\r\nx-amz-checksum-crc32:%s\r\n\r\n" % crc32(claim).encode()
    headers = {
        "Content-Encoding": "gzip,aws-chunked",
        "X-Amz-Content-SHA256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        "X-Amz-Decoded-Content-Length": "11",
        "X-Amz-Trailer": "x-amz-checksum-crc32",
    }
    connection = http.client.HTTPConnection(stub.endpoint.removeprefix("http://"))
    pieces = (encoded[at : at + 7] for at in range(0, len(encoded), 7))  # no piece ends where a chunk ends
    connection.request(
        "PUT",
        "/plain/key",
        pieces if http_chunks else encoded,
        headers | ({"Transfer-Encoding": "chunked"} if http_chunks else {}),
        encode_chunked=http_chunks,
    )
    answer = connection.getresponse()
    answer.read()
    connection.close()

    if claim == b"hello world":
        assert answer.status == 200
        assert stub.objects("plain")["key"].body == b"hello world"
        assert stub.objects("plain")["key"].headers["content-encoding"] == "gzip"
    else:
        assert answer.status == 400
        assert stub.objects("plain") == {}


@pytest.mark.parametrize(
    "encoded", [b"5\r\nhello\r\n0\r\n\r\n", b"b\r\nhello world\r\n"], ids=["fewer bytes", "no end"]
)
def test_a_body_that_is_incomplete(stub: Stub, encoded: bytes) -> None:
    connection = http.client.HTTPConnection(stub.endpoint.removeprefix("http://"))
    headers = {"Content-Encoding": "aws-chunked", "X-Amz-Decoded-Content-Length": "11"}
    connection.request("PUT", "/plain/key", encoded, headers)
    answer = connection.getresponse()

    assert b"<Code>IncompleteBody</Code>" in answer.read()
    assert answer.status == 400
    connection.close()


def test_a_body_that_is_too_large(stub: Stub, s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tools.stub.s3.PUT_BYTES", 4)

    with pytest.raises(ClientError) as error:
        s3.put_object(Bucket="plain", Key="key", Body=b"hello")
    assert refused(error) == (400, "EntityTooLarge")


def test_a_virtual_host(stub: Stub) -> None:
    stub.put("plain", "folder/key", b"1")
    connection = http.client.HTTPConnection(stub.endpoint.removeprefix("http://"))
    connection.request("GET", "/folder/key", headers={"Host": "plain.localhost:80"})

    assert connection.getresponse().read() == b"1"
    connection.close()


def test_a_role_is_assumed_and_its_use_is_seen(stub: Stub) -> None:
    answer = client(stub, "sts").assume_role(
        RoleArn=f"arn:aws:iam::{OWNER}:role/path/writer",
        RoleSessionName="me",
        DurationSeconds=900,
        SourceIdentity="source",
    )
    credentials = answer["Credentials"]

    assert 890 < credentials["Expiration"].timestamp() - time.time() <= 901
    assert answer["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{OWNER}:assumed-role/writer/me"
    assert answer["SourceIdentity"] == "source"
    s3 = client(stub, credentials=credentials)
    s3.put_object(Bucket="plain", Key="key", Body=b"1")
    assert [seen.access_key for seen in stub.requests()] == [KEY_ID, credentials["AccessKeyId"]]


def test_credentials_expire(stub: Stub) -> None:
    stub.configure(session_seconds=0.5)
    credentials = client(stub, "sts").assume_role(RoleArn=f"arn:aws:iam::{OWNER}:role/writer", RoleSessionName="me")[
        "Credentials"
    ]
    stub.configure(session_seconds=None)
    s3 = client(stub, credentials=credentials)
    time.sleep(0.6)

    with pytest.raises(ClientError) as error:
        s3.put_object(Bucket="plain", Key="key", Body=b"1")
    assert refused(error) == (400, "ExpiredToken")


@pytest.mark.parametrize(
    "arguments",
    [{"DurationSeconds": 43_201}, {"RoleSessionName": "a b"}, {"RoleArn": "arn:aws:iam::1:role/too-short-account"}],
)
def test_what_sts_refuses(stub: Stub, arguments: dict[str, Any]) -> None:
    sts = client(stub, "sts", parameter_validation=False)

    with pytest.raises(ClientError) as error:
        sts.assume_role(**{"RoleArn": f"arn:aws:iam::{OWNER}:role/writer", "RoleSessionName": "me", **arguments})
    assert refused(error) == (400, "ValidationError")


def test_what_was_asked_is_known(stub: Stub, s3: Any) -> None:
    s3.put_object(Bucket="plain", Key="key", Body=b"hello", StorageClass="STANDARD_IA")
    s3.get_object(Bucket="plain", Key="key", Range="bytes=0-1")["Body"].read()
    with pytest.raises(ClientError):
        s3.get_object(Bucket="plain", Key="other")

    put, got, missing = stub.requests()
    assert (put.operation, put.bucket, put.key, put.status, put.received) == ("PutObject", "plain", "key", 200, 5)
    assert put.headers["x-amz-storage-class"] == "STANDARD_IA"
    assert (got.operation, got.status, got.sent, got.access_key) == ("GetObject", 206, 2, KEY_ID)
    assert missing.status == 404
    assert stub.requests("PutObject") == [put]
    assert (stub.count(), stub.count("GetObject"), stub.count("GetObject", status=404)) == (3, 2, 1)
    assert stub.traffic()["received"] == 5
    stub.forget()
    assert stub.requests() == []
    assert stub.count() == 0


def test_a_pattern_needs_no_body(stub: Stub, s3: Any) -> None:
    size = 3 * PERIOD + 7
    pattern = b"".join(Content(size).read(0, size, 1000))
    stub.put("plain", "big", size=size)

    got = s3.get_object(Bucket="plain", Key="big")

    assert got["ChecksumCRC32"] == crc32(pattern)
    assert got["Body"].read() == pattern
    part = s3.get_object(Bucket="plain", Key="big", Range=f"bytes={PERIOD - 3}-{PERIOD + 3}")["Body"].read()
    assert part == pattern[PERIOD - 3 : PERIOD + 4]
    assert stub.objects("plain")["big"].body is None


@pytest.mark.parametrize("verify", [True, False])
def test_bodies_that_are_discarded(verify: bool) -> None:
    with Stub(mode="discard", verify=verify, record=False) as stub:
        stub.bucket("versioned", versioned=True)
        s3 = client(stub)
        upload = Multipart(s3, **FULL_OBJECT)
        done = upload.complete(MpuObjectSize=len(upload.body))

        assert done["ChecksumCRC32"] == crc32(upload.body)
        stored = stub.objects("versioned")["key"]
        assert (stored.size, stored.body, stored.crc32) == (len(upload.body), None, crc32(upload.body))
        wrong = {"Bucket": "versioned", "Key": "wrong", "Body": b"hello", "ChecksumCRC32": crc32(b"other")}
        if verify:
            with pytest.raises(ClientError) as error:
                s3.put_object(**wrong)
            assert refused(error) == (400, "BadDigest")
        else:
            s3.put_object(**wrong)
        assert stub.requests() == []
        assert stub.count("UploadPart") == 2


def test_a_client_finds_a_body_that_was_exchanged() -> None:
    """What is discarded reads as the pattern, and the checksum is that of what was written."""
    with Stub(mode="discard") as discarding:
        discarding.bucket("plain")
        s3 = client(discarding)
        s3.put_object(Bucket="plain", Key="key", Body=b"hello")

        with pytest.raises(FlexibleChecksumError):
            s3.get_object(Bucket="plain", Key="key")["Body"].read()


@pytest.mark.parametrize("sizes", [(0, 5), (5, 0), (1, 1), (100, 100_000), (PERIOD, 3)])
def test_checksums_are_joined(sizes: tuple[int, int]) -> None:
    first, second = (os.urandom(size) for size in sizes)

    assert combine(zlib.crc32(first), zlib.crc32(second), len(second)) == zlib.crc32(first + second)


@pytest.mark.parametrize("size", [0, 1, PERIOD, 5 * PERIOD + 11])
def test_the_checksum_of_a_pattern(size: int) -> None:
    assert pattern_crc32(size) == zlib.crc32(b"".join(Content(size).read(0, size, 999_999)))
