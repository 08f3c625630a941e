"""moto's S3 and STS, called in this process: their WSGI applications for requests, their backend for tests."""

from __future__ import annotations

import io
import re
import threading
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote, unquote, urlencode

from tests.support.cloud import strict
from tests.support.cloud.request import Answer, RefusedError, Request, refusal

_ACCOUNT, _PARTITION = "123456789012", "aws"
_SIGNED = "AWS4-HMAC-SHA256 Credential=A/20260101/eu-central-1/s3/aws4_request, SignedHeaders=host, Signature=0"
_META = "x-amz-meta-"
_SYSTEM = ("content-type", "content-encoding", "content-language", "content-disposition", "cache-control", "expires")


class Store:
    """Two services with one set of buckets; who owns a bucket counts for nothing but the owner that a request names."""

    def __init__(self) -> None:
        from moto.moto_server.werkzeug_app import create_backend_app  # noqa: PLC0415
        from moto.s3.models import s3_backends  # noqa: PLC0415

        self._apps = {name: create_backend_app(name) for name in ("s3", "sts")}
        self._s3 = s3_backends[_ACCOUNT][_PARTITION]
        self._taken = s3_backends.bucket_accounts
        self._owners: dict[str, str] = {}
        self._lock = threading.RLock()
        self.sessions = strict.Sessions()

    # Requests

    def answer(self, request: Request, body: bytes, session_seconds: float | None) -> Answer:
        """Do what is asked."""
        of_sts = request.operation == "AssumeRole"
        with self._lock:
            try:
                if of_sts:
                    return self.sessions.hand_out(self._call("sts", request, body), session_seconds)
                self.sessions.check(request.access_key)
                strict.check(request, body, self._owners.get(request.bucket, ""))
                if request.operation == "CompleteMultipartUpload":
                    return self._complete(request, body)
                return self._call("s3", request, body)
            except RefusedError as error:
                return refusal(error.status, error.code, of_sts)

    def _complete(self, request: Request, body: bytes) -> Answer:
        upload = self._s3.get_bucket(request.bucket).multiparts.get(request.query["uploadId"])
        if upload is None:
            raise RefusedError(404, "NoSuchUpload")
        parts = {number: part.value for number, part in upload.parts.items()}
        existing = self._s3.get_object(request.bucket, request.key)
        strict.check_parts(request, body, parts, existing and existing.etag)
        answer = self._call("s3", request, body)
        if answer.status != 200:
            return answer
        content = self._s3.get_object(request.bucket, request.key).value
        return strict.with_checksum(answer, content)

    def _call(self, service: str, request: Request, body: bytes) -> Answer:
        """Call moto as its server does; always as one account, because it looks for buckets by account."""
        headers = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in request.headers.items()}
        if authorization := headers.get("HTTP_AUTHORIZATION"):
            headers["HTTP_AUTHORIZATION"] = re.sub("Credential=[^/]+", "Credential=AKIAIOSFODNN7EXAMPLE", authorization)
        environ = {
            **headers,
            "REQUEST_METHOD": request.method,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote(request.path).encode().decode("latin-1"),
            "RAW_URI": request.target,
            "REQUEST_URI": request.target,
            "QUERY_STRING": request.target.partition("?")[2],
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "CONTENT_TYPE": request.headers.get("content-type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": io.StringIO(),
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        said: list[Any] = []
        pieces: Iterable[bytes] = self._apps[service](
            environ, lambda status, headers, _=None: said.extend((status, headers))
        )
        content = b"".join(pieces)
        return Answer(int(said[0].split()[0]), dict(said[1]), content)

    # What tests do and see

    def bucket(self, name: str, versioned: bool, owner: str) -> None:
        """Make a bucket, empty."""
        with self._lock:
            if name in self._s3.buckets:
                del self._s3.buckets[name]
                del self._taken[name]
            self._s3.create_bucket(name, "eu-central-1")
            if versioned:
                self._s3.put_bucket_versioning(name, "Enabled")
            self._owners[name] = owner

    def put(self, bucket: str, key: str, body: bytes, attributes: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
        """Put an object without a request; ``attributes`` are ``headers``, ``metadata`` and ``tags``."""
        headers = {"authorization": _SIGNED, **attributes.get("headers", {})}
        headers |= {f"{_META}{name}": value for name, value in attributes.get("metadata", {}).items()}
        if tags := attributes.get("tags"):
            headers["x-amz-tagging"] = urlencode(tags)
        with self._lock:
            answer = self._call("s3", Request("PUT", f"/{bucket}/{quote(key)}", headers), body)
            assert answer.status == 200, answer
            return self._described(self._s3.get_object(bucket, key))

    def delete(self, bucket: str, key: str) -> None:
        with self._lock:
            self._s3.delete_object(bucket, key)

    def objects(self, bucket: str) -> list[dict[str, Any]]:
        with self._lock:
            keys = self._s3.get_bucket(bucket).keys
            return [self._described(keys[name]) for name in sorted(keys) if hasattr(keys[name], "value")]

    def versions(self, bucket: str, key: str) -> list[dict[str, Any]]:
        with self._lock:
            return [self._described(found) for found in self._s3.get_bucket(bucket).keys.getlist(key, [])]

    def uploads(self, bucket: str) -> list[dict[str, Any]]:
        with self._lock:
            found = self._s3.get_bucket(bucket).multiparts
            return [
                {"key": upload.key_name, "upload_id": upload_id, "parts": sorted(upload.parts)}
                for upload_id, upload in found.items()
            ]

    def _described(self, key: Any) -> dict[str, Any]:
        metadata = {name.lower(): value for name, value in getattr(key, "metadata", {}).items()}
        deleted = not hasattr(key, "value")
        return {
            "key": key.name,
            "version_id": str(key.version_id) if key.version_id else "null",
            "size": 0 if deleted else key.size,
            "body": b"" if deleted else key.value,
            "etag": "" if deleted else key.etag.strip('"'),
            "headers": {name: value for name, value in metadata.items() if name in _SYSTEM},
            "metadata": {name.removeprefix(_META): value for name, value in metadata.items() if name.startswith(_META)},
            "tags": {} if deleted else self._s3.tagger.get_tag_dict_for_resource(key.arn),
            "deleted": deleted,
        }
