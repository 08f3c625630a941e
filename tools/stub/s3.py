"""S3: the operations of a writer, as strict as the Amazon S3 API Reference has them.

Neither signatures nor policies are checked, nor checksums other than CRC-32 and Content-MD5.
"""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import itertools
import re
import zlib
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from email.utils import formatdate
from typing import Any
from urllib.parse import parse_qsl, quote
from xml.etree import ElementTree

from tools.stub import crc, xml
from tools.stub.content import EMPTY, Content, pattern_crc32
from tools.stub.store import Bucket, Part, Store, Upload, Version
from tools.stub.wire import Answer, Body, Request, ServiceError

KEY_BYTES = 1024
METADATA_BYTES = 2048
PUT_BYTES = 5 * 1024**3
PART_BYTES = 5 * 1024**2  # at least, but for the last
PARTS = 10_000

# Kept with an object and given back with it.
_SYSTEM_HEADERS = (
    "content-type",
    "content-encoding",
    "content-language",
    "content-disposition",
    "cache-control",
    "expires",
    "x-amz-server-side-encryption",
    "x-amz-server-side-encryption-aws-kms-key-id",
    "x-amz-server-side-encryption-bucket-key-enabled",
    "x-amz-storage-class",
)
_META = "x-amz-meta-"
_XML_OPERATIONS = {  # by method, whether a key is named, and what the query has
    ("GET", False, "list-type"): "ListObjectsV2",
    ("GET", False, "uploads"): "ListMultipartUploads",
    ("GET", True, "tagging"): "GetObjectTagging",
    ("PUT", True, "tagging"): "PutObjectTagging",
    ("PUT", True, "uploadId"): "UploadPart",
    ("POST", True, "uploads"): "CreateMultipartUpload",
    ("POST", True, "uploadId"): "CompleteMultipartUpload",
    ("DELETE", True, "uploadId"): "AbortMultipartUpload",
}
_PLAIN_OPERATIONS = {
    ("GET", True): "GetObject",
    ("HEAD", True): "HeadObject",
    ("PUT", True): "PutObject",
    ("DELETE", True): "DeleteObject",
}
# Subresources that the stub has not: GET /bucket/key?acl is no GetObject.
_OTHERS = {"acl", "attributes", "legal-hold", "location", "policy", "restore", "retention", "select", "torrent"}


def route(request: Request) -> Request:
    """The request with its operation, bucket and key, from a path or from a virtual host below localhost."""
    host = request.headers.get("host", "").partition(":")[0]
    path = request.path.removeprefix("/")
    if host.endswith(".localhost"):
        bucket, key = host.removesuffix(".localhost"), path
    else:
        bucket, _, key = path.partition("/")
    operation = _PLAIN_OPERATIONS.get((request.method, bool(key)), "Unknown")
    if "x-amz-copy-source" in request.headers or _OTHERS & request.query.keys():
        operation = "Unknown"
    for name in request.query:
        operation = _XML_OPERATIONS.get((request.method, bool(key), name), operation)
    return dataclasses.replace(request, operation=operation, bucket=bucket, key=key)


def perform(store: Store, request: Request, body: Body) -> Answer:
    """Do what is asked.

    Raises:
        ServiceError: as S3 would refuse it.
    """
    operation = _OPERATIONS.get(request.operation)
    if operation is None:
        raise ServiceError(501, "NotImplemented", f"The stub has no {request.method} {request.path} with this query")
    if len(request.key.encode()) > KEY_BYTES:
        raise ServiceError(400, "KeyTooLongError", "Your key is too long")
    bucket = store.bucket(request.bucket)
    expected = request.headers.get("x-amz-expected-bucket-owner")
    if expected is not None and bucket.owner and expected != bucket.owner:
        raise ServiceError(403, "AccessDenied", "Access Denied")
    return operation(bucket, request, body)


def refuse(error: ServiceError, request: Request, request_id: str) -> Answer:
    """An error as S3 has it; the answer to HEAD has no body, so that its code is lost."""
    inside = [
        xml.text("Code", error.code),
        xml.text("Message", error.message),
        xml.text("Resource", request.path),
        xml.text("RequestId", request_id),
        xml.text("HostId", "stub"),
    ]
    answer = xml.document("Error", inside, error.status)
    headers = {**answer.headers, **error.headers, "x-amz-request-id": request_id, "x-amz-id-2": "stub"}
    return dataclasses.replace(answer, headers=headers)


def seed(bucket: Bucket, key: str, content: Content, **attributes: Any) -> Version:
    """Put an object without a request; with ``headers``, ``metadata``, ``tags`` as a Version has them."""
    if content.data is None:
        etag, crc32 = hashlib.sha256(f"{key} {content.size}".encode()).hexdigest()[:32], pattern_crc32(content.size)
    else:
        etag, crc32 = hashlib.md5(content.data, usedforsecurity=False).hexdigest(), zlib.crc32(content.data)
    version = Version(key, content, etag, crc.encode(crc32), version_id=bucket.next_version_id(), **attributes)
    bucket.add(version)
    return version


# Objects


def _get_object(bucket: Bucket, request: Request, _: Body) -> Answer:
    version = _find(bucket, request)
    wanted = request.headers.get("if-match")
    if wanted is not None and wanted != "*" and wanted.strip('"') != version.etag:
        raise ServiceError(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
    headers = {
        "ETag": f'"{version.etag}"',
        "Last-Modified": formatdate(version.modified, usegmt=True),
        "Accept-Ranges": "bytes",
        **_version_header(bucket, version),
        **version.headers,
        **{_META + name: value for name, value in version.metadata.items()},
    }
    if version.tags:
        headers["x-amz-tagging-count"] = str(len(version.tags))
    if request.headers.get("if-none-match", "").strip('"') == version.etag:
        return Answer(304, headers)
    span = _range(request.headers.get("range"), version.content.size)
    if span is not None:
        start, stop = span
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{version.content.size}"
        return Answer(206, headers, version.content, start, stop)
    if version.crc32 is not None and request.headers.get("x-amz-checksum-mode", "").upper() == "ENABLED":
        headers["x-amz-checksum-crc32"] = version.crc32
        headers["x-amz-checksum-type"] = "COMPOSITE" if "-" in version.crc32 else "FULL_OBJECT"
    return Answer(200, headers, version.content)


def _find(bucket: Bucket, request: Request) -> Version:
    version_id = request.query.get("versionId")
    if version_id is not None:
        version = bucket.version(request.key, version_id)
        if version is None:
            raise ServiceError(404, "NoSuchVersion", "The specified version does not exist.")
    else:
        version = bucket.newest(request.key)
        if version is None:
            raise ServiceError(404, "NoSuchKey", "The specified key does not exist.")
    if version.deleted:
        headers = {"x-amz-delete-marker": "true", "x-amz-version-id": version.version_id}
        if version_id is not None:
            raise ServiceError(405, "MethodNotAllowed", "The specified method is not allowed", headers)
        raise ServiceError(404, "NoSuchKey", "The specified key does not exist.", headers)
    return version


def _range(header: str | None, size: int) -> tuple[int, int] | None:
    """From where to where; None for all, also for what is no range or more than one, which S3 ignores."""
    found = re.fullmatch(r"bytes=(\d*)-(\d*)", header or "")
    if found is None or found.group() == "bytes=-":
        return None
    first, last = found.groups()
    if first:
        start, stop = int(first), min(int(last) + 1, size) if last else size
        if last and int(last) < int(first):
            return None
    else:
        start, stop = max(size - int(last), 0), size
    if start >= stop:
        raise ServiceError(
            416, "InvalidRange", "The requested range is not satisfiable", {"Content-Range": f"bytes */{size}"}
        )
    return start, stop


def _put_object(bucket: Bucket, request: Request, body: Body) -> Answer:
    _check_body(request, body, PUT_BYTES)
    attributes = _attributes(request)
    _check_conditions(bucket, request)
    crc32 = _crc32(request, body)
    encoded = None if crc32 is None else crc.encode(crc32)
    version = Version(
        request.key,
        body.incoming.content,
        _etag(body, crc32),
        encoded,
        version_id=bucket.next_version_id(),
        **attributes,
    )
    bucket.add(version)
    headers = {"ETag": f'"{version.etag}"', **_version_header(bucket, version)}
    if encoded is not None:
        headers |= {"x-amz-checksum-crc32": encoded, "x-amz-checksum-type": "FULL_OBJECT"}
    headers |= {name: value for name, value in version.headers.items() if name.startswith("x-amz-server-side")}
    return Answer(200, headers)


def _delete_object(bucket: Bucket, request: Request, _: Body) -> Answer:
    version_id = request.query.get("versionId")
    if version_id is not None:
        bucket.remove(request.key, version_id)
        return Answer(204, {"x-amz-version-id": version_id})
    if not bucket.versioned:
        bucket.remove(request.key)
        return Answer(204)
    marker = Version(request.key, EMPTY, "", deleted=True, version_id=bucket.next_version_id())
    bucket.add(marker)
    return Answer(204, {"x-amz-version-id": marker.version_id, "x-amz-delete-marker": "true"})


def _get_object_tagging(bucket: Bucket, request: Request, _: Body) -> Answer:
    version = _find(bucket, request)
    tags = (xml.element("Tag", xml.text("Key", name), xml.text("Value", value)) for name, value in version.tags.items())
    answer = xml.document("Tagging", [xml.element("TagSet", *tags)])
    return dataclasses.replace(answer, headers={**answer.headers, **_version_header(bucket, version)})


def _put_object_tagging(bucket: Bucket, request: Request, body: Body) -> Answer:
    version = _find(bucket, request)
    root = xml.parse(body.incoming.data)
    tags = [(xml.value(tag, "Key") or "", xml.value(tag, "Value") or "") for tag in xml.children(root, "Tag")]
    tagged = dataclasses.replace(version, tags=_checked_tags(tags))
    versions = bucket.versions[request.key]
    versions[versions.index(version)] = tagged
    return Answer(200, _version_header(bucket, version))


# Multipart uploads


def _create_multipart_upload(bucket: Bucket, request: Request, _: Body) -> Answer:
    algorithm = request.headers.get("x-amz-checksum-algorithm", "").upper()
    kind = request.headers.get("x-amz-checksum-type", "").upper() or ("COMPOSITE" if algorithm else None)
    if kind and not algorithm:
        raise ServiceError(400, "InvalidRequest", "The x-amz-checksum-type header needs x-amz-checksum-algorithm")
    upload_id = f"upload-{next(bucket.ids):010d}"
    bucket.uploads[upload_id] = Upload(
        request.key, upload_id, checksum_type=kind if algorithm == "CRC32" else None, **_attributes(request)
    )
    answer = xml.document(
        "InitiateMultipartUploadResult",
        [xml.text("Bucket", bucket.name), xml.text("Key", request.key), xml.text("UploadId", upload_id)],
    )
    echoed = {"x-amz-checksum-algorithm": algorithm, "x-amz-checksum-type": kind or ""} if algorithm else {}
    return dataclasses.replace(answer, headers={**answer.headers, **echoed})


def _upload_part(bucket: Bucket, request: Request, body: Body) -> Answer:
    upload = _upload(bucket, request)
    if request.part is None or not 1 <= request.part <= PARTS:
        raise ServiceError(400, "InvalidArgument", f"Part number must be an integer between 1 and {PARTS}, inclusive")
    _check_body(request, body, PUT_BYTES)
    crc32 = _crc32(request, body)
    part = Part(body.incoming.content, _etag(body, crc32), crc32)
    upload.parts[request.part] = part
    headers = {"ETag": f'"{part.etag}"'}
    if crc32 is not None:
        headers["x-amz-checksum-crc32"] = crc.encode(crc32)
    return Answer(200, headers)


def _complete_multipart_upload(bucket: Bucket, request: Request, body: Body) -> Answer:
    upload = _upload(bucket, request)
    parts = _listed_parts(upload, xml.parse(body.incoming.data))
    size = sum(part.content.size for part in parts)
    stated = request.headers.get("x-amz-mp-object-size")
    if stated is not None and stated != str(size):
        raise ServiceError(400, "InvalidRequest", f"The object has {size} bytes, not {stated}")
    crc32 = _joined_crc32(upload, parts)
    claimed = request.headers.get("x-amz-checksum-crc32")
    if claimed is not None and claimed != crc32:
        raise ServiceError(400, "BadDigest", "The CRC32 you specified did not match the calculated checksum.")
    _check_conditions(bucket, request)
    hashes = b"".join(bytes.fromhex(part.etag) for part in parts)
    version = Version(
        upload.key,
        _joined(parts, size),
        f"{hashlib.md5(hashes, usedforsecurity=False).hexdigest()}-{len(parts)}",
        crc32,
        upload.headers,
        upload.metadata,
        upload.tags,
        version_id=bucket.next_version_id(),
    )
    bucket.add(version)
    del bucket.uploads[upload.upload_id]
    inside = [
        xml.text("Location", request.path),
        xml.text("Bucket", bucket.name),
        xml.text("Key", upload.key),
        xml.text("ETag", f'"{version.etag}"'),
    ]
    if crc32 is not None:
        inside += [xml.text("ChecksumCRC32", crc32), xml.text("ChecksumType", upload.checksum_type)]
    answer = xml.document("CompleteMultipartUploadResult", inside)
    return dataclasses.replace(answer, headers={**answer.headers, **_version_header(bucket, version)})


def _listed_parts(upload: Upload, root: ElementTree.Element) -> list[Part]:
    listed = list(xml.children(root, "Part"))
    numbers = [int(xml.value(item, "PartNumber") or "0") for item in listed]
    if not listed:
        raise ServiceError(400, "MalformedXML", "The XML you provided was not well-formed: it names no part")
    if any(first >= second for first, second in itertools.pairwise(numbers)):
        raise ServiceError(400, "InvalidPartOrder", "The list of parts was not in ascending order.")
    parts = []
    for number, item in zip(numbers, listed, strict=True):
        part = upload.parts.get(number)
        claimed = xml.value(item, "ChecksumCRC32")
        if (
            part is None
            or (xml.value(item, "ETag") or "").strip('"') != part.etag
            or (claimed is not None and (part.crc32 is None or claimed != crc.encode(part.crc32)))
        ):
            raise ServiceError(400, "InvalidPart", f"Part {number} could not be found, or its ETag or CRC differs")
        if claimed is None and upload.checksum_type == "COMPOSITE":
            raise ServiceError(400, "InvalidRequest", f"The upload was created with CRC32: part {number} has none")
        parts.append(part)
    if any(part.content.size < PART_BYTES for part in parts[:-1]):
        raise ServiceError(400, "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size")
    return parts


def _joined_crc32(upload: Upload, parts: Iterable[Part]) -> str | None:
    if upload.checksum_type is None:
        return None
    values = [(part.crc32, part.content.size) for part in parts]
    known = [(value, size) for value, size in values if value is not None]
    if len(known) < len(values):
        raise ServiceError(400, "InvalidRequest", "The upload was created with CRC32: a part was uploaded without")
    if upload.checksum_type == "COMPOSITE":
        together = b"".join(value.to_bytes(4) for value, _ in known)
        return f"{crc.encode(zlib.crc32(together))}-{len(known)}"
    whole = 0
    for value, size in known:
        whole = crc.combine(whole, value, size)
    return crc.encode(whole)


def _joined(parts: Iterable[Part], size: int) -> Content:
    data = [part.content.data for part in parts if part.content.data is not None]
    return Content(size, b"".join(data)) if data else Content(size)


def _abort_multipart_upload(bucket: Bucket, request: Request, _: Body) -> Answer:
    del bucket.uploads[_upload(bucket, request).upload_id]
    return Answer(204)


def _upload(bucket: Bucket, request: Request) -> Upload:
    upload = bucket.uploads.get(request.query["uploadId"])
    if upload is None or upload.key != request.key:
        raise ServiceError(
            404,
            "NoSuchUpload",
            "The specified upload does not exist. The upload ID may be invalid, "
            "or the upload may have been aborted or completed.",
        )
    return upload


# Listings


def _list_objects_v2(bucket: Bucket, request: Request, _: Body) -> Answer:
    prefix, delimiter = request.query.get("prefix", ""), request.query.get("delimiter", "")
    limit = min(int(request.query.get("max-keys", "1000")), 1000)
    token = request.query.get("continuation-token")
    try:
        after = bytes.fromhex(token).decode() if token else request.query.get("start-after", "")
    except ValueError:
        raise ServiceError(400, "InvalidArgument", "The continuation token provided is incorrect") from None
    name = _namer(request)
    entries: dict[str, str] = {}  # what is listed, by the key or the common prefix
    truncated, last = False, ""
    for version in bucket.listing():
        if version.key.encode() <= after.encode() or not version.key.startswith(prefix):
            continue
        head, found, _rest = version.key[len(prefix) :].partition(delimiter) if delimiter else ("", "", "")
        shared = prefix + head + found if found else ""
        if shared and (shared in entries or after.startswith(shared)):
            last = version.key
            continue
        if len(entries) >= limit:
            truncated = True
            break
        last = version.key
        if shared:
            entries[shared] = xml.element("CommonPrefixes", xml.text("Prefix", name(shared)))
        else:
            entries[version.key] = xml.element(
                "Contents",
                xml.text("Key", name(version.key)),
                xml.text("LastModified", _iso(version.modified)),
                xml.text("ETag", f'"{version.etag}"'),
                xml.text("Size", version.content.size),
                xml.text("StorageClass", "STANDARD"),
            )
    inside = [
        xml.text("Name", bucket.name),
        xml.text("Prefix", name(prefix)),
        xml.text("KeyCount", len(entries)),
        xml.text("MaxKeys", limit),
        xml.text("IsTruncated", str(truncated).lower()),
        *_given(request, "Delimiter", "EncodingType", "ContinuationToken", "StartAfter"),
        *entries.values(),
    ]
    if truncated:
        inside.append(xml.text("NextContinuationToken", last.encode().hex()))
    return xml.document("ListBucketResult", inside)


def _list_multipart_uploads(bucket: Bucket, request: Request, _: Body) -> Answer:
    prefix = request.query.get("prefix", "")
    limit = min(int(request.query.get("max-uploads", "1000")), 1000)
    after = (request.query.get("key-marker", ""), request.query.get("upload-id-marker", "\U0010ffff"))
    name = _namer(request)
    uploads = [
        upload
        for upload in sorted(bucket.uploads.values(), key=lambda upload: (upload.key, upload.upload_id))
        if upload.key.startswith(prefix) and (upload.key, upload.upload_id) > after
    ]
    inside = [
        xml.text("Bucket", bucket.name),
        xml.text("Prefix", name(prefix)),
        xml.text("MaxUploads", limit),
        xml.text("IsTruncated", str(len(uploads) > limit).lower()),
        *_given(request, "EncodingType"),
    ]
    if len(uploads) > limit:
        last = uploads[limit - 1]
        inside += [xml.text("NextKeyMarker", name(last.key)), xml.text("NextUploadIdMarker", last.upload_id)]
    inside += [
        xml.element(
            "Upload",
            xml.text("Key", name(upload.key)),
            xml.text("UploadId", upload.upload_id),
            xml.text("Initiated", _iso(upload.initiated)),
            xml.text("StorageClass", "STANDARD"),
        )
        for upload in uploads[:limit]
    ]
    return xml.document("ListMultipartUploadsResult", inside)


def _namer(request: Request) -> Callable[[str], str]:
    """How keys are written: XML 1.0 cannot hold every character, so SDKs ask for encoding-type=url."""
    return (lambda key: quote(key, safe="/")) if request.query.get("encoding-type") == "url" else str


def _given(request: Request, *names: str) -> list[str]:
    """What was asked for, said again."""
    pairs = ((name, request.query.get(re.sub("(?<!^)(?=[A-Z])", "-", name).lower())) for name in names)
    return [xml.text(name, value) for name, value in pairs if value is not None]


def _iso(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


# What puts have in common


def _check_body(request: Request, body: Body, most: int) -> None:
    if "content-length" not in request.headers and "transfer-encoding" not in request.headers:
        raise ServiceError(411, "MissingContentLength", "You must provide the Content-Length HTTP header.")
    decoded = request.headers.get("x-amz-decoded-content-length")
    if not body.whole or (decoded is not None and decoded != str(body.incoming.size)):
        raise ServiceError(400, "IncompleteBody", "The body has not the bytes that its Content-Length says")
    if body.incoming.size > most:
        raise ServiceError(400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size")
    claimed, md5 = request.headers.get("content-md5"), body.incoming.md5()
    if claimed is not None and md5 is not None and claimed != base64.b64encode(md5).decode():
        raise ServiceError(400, "BadDigest", "The Content-MD5 you specified did not match what we received.")


def _crc32(request: Request, body: Body) -> int | None:
    """The body's CRC-32: computed, or claimed where that is not done; None without either."""
    claimed = body.trailers.get("x-amz-checksum-crc32") or request.headers.get("x-amz-checksum-crc32")
    if claimed is None:
        return body.incoming.crc32
    value = int.from_bytes(base64.b64decode(claimed))
    if body.incoming.crc32 not in (None, value):
        raise ServiceError(400, "BadDigest", "The CRC32 you specified did not match the calculated checksum.")
    return value


def _etag(body: Body, crc32: int | None) -> str:
    """The MD5 of the body, or something as long where the body is not looked at."""
    md5 = body.incoming.md5()
    return hashlib.sha256(f"{crc32} {body.incoming.size}".encode()).hexdigest()[:32] if md5 is None else md5.hex()


def _check_conditions(bucket: Bucket, request: Request) -> None:
    """If-None-Match and If-Match of a write (Amazon S3 User Guide, "Conditional writes")."""
    current = bucket.current(request.key)
    failed = ServiceError(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
    if (none := request.headers.get("if-none-match")) is not None:
        if none != "*":
            raise ServiceError(501, "NotImplemented", "If-None-Match of a write can only be *")
        if current is not None:
            raise failed
    if (wanted := request.headers.get("if-match")) is not None:
        if current is None:
            raise ServiceError(404, "NoSuchKey", "The specified key does not exist.")
        if wanted.strip('"') != current.etag:
            raise failed


def _attributes(request: Request) -> dict[str, Any]:
    """Headers, metadata and tags of a new object."""
    headers = {name: request.headers[name] for name in _SYSTEM_HEADERS if name in request.headers}
    headers.setdefault("content-type", "binary/octet-stream")
    encoding = [part.strip() for part in headers.pop("content-encoding", "").split(",")]
    if kept := ",".join(part for part in encoding if part not in ("", "aws-chunked")):
        headers["content-encoding"] = kept
    metadata = {name.removeprefix(_META): value for name, value in request.headers.items() if name.startswith(_META)}
    if sum(len(name) + len(value) for name, value in metadata.items()) > METADATA_BYTES:
        raise ServiceError(400, "MetadataTooLarge", "Your metadata headers exceed the maximum allowed metadata size")
    tags = parse_qsl(request.headers.get("x-amz-tagging", ""), keep_blank_values=True)
    return {"headers": headers, "metadata": metadata, "tags": _checked_tags(tags)}


def _checked_tags(tags: list[tuple[str, str]]) -> dict[str, str]:
    """Tags within their bounds (Amazon S3 User Guide, "Categorizing your storage using tags")."""
    if len(tags) > 10:
        raise ServiceError(400, "BadRequest", "Object tags cannot be greater than 10")
    for name, value in tags:
        if not 0 < len(name) <= 128:
            raise ServiceError(400, "InvalidTag", "The TagKey you have provided is invalid")
        if len(value) > 256:
            raise ServiceError(400, "InvalidTag", "The TagValue you have provided is invalid")
    if len(dict(tags)) < len(tags):
        raise ServiceError(400, "InvalidTag", "Cannot provide multiple Tags with the same key")
    return dict(tags)


def _version_header(bucket: Bucket, version: Version) -> Mapping[str, str]:
    return {"x-amz-version-id": version.version_id} if bucket.versioned else {}


_OPERATIONS: Mapping[str, Callable[[Bucket, Request, Body], Answer]] = {
    "GetObject": _get_object,
    "HeadObject": _get_object,
    "PutObject": _put_object,
    "DeleteObject": _delete_object,
    "GetObjectTagging": _get_object_tagging,
    "PutObjectTagging": _put_object_tagging,
    "CreateMultipartUpload": _create_multipart_upload,
    "UploadPart": _upload_part,
    "CompleteMultipartUpload": _complete_multipart_upload,
    "AbortMultipartUpload": _abort_multipart_upload,
    "ListObjectsV2": _list_objects_v2,
    "ListMultipartUploads": _list_multipart_uploads,
}
