"""How the double is started, told what to do, and asked what happened."""

from __future__ import annotations

import base64
import http.client
import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from tools.environments import ROOT, interpreter
from tools.process import Process


@dataclass(frozen=True)
class StoredObject:
    """An object, or a delete marker. ``headers`` have names in lower case; ``etag`` has no quotes."""

    key: str
    version_id: str
    size: int
    body: bytes
    etag: str
    headers: Mapping[str, str]
    metadata: Mapping[str, str]
    tags: Mapping[str, str]
    deleted: bool


@dataclass(frozen=True)
class Seen:
    """A request that was made: when its head arrived, and when it was carried out (seconds since 1970).

    ``applied_at`` is None where it never was, ``status`` where the connection ended without an answer.
    """

    operation: str
    bucket: str
    key: str
    part: int | None
    access_key: str
    headers: Mapping[str, str]
    at: float
    applied_at: float | None
    status: int | None


class Client:
    """Controls the double at an endpoint, such as "http://127.0.0.1:4566"; many threads may use it.

    Every method raises ValueError when the double does not take its arguments.
    """

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint

    def configure(self, *, latency: float = 0.0, session_seconds: float | None = None) -> None:
        """Set the seconds before an answer, and the life of credentials from STS; None for what is asked for."""
        self._call("configure", latency=latency, session_seconds=session_seconds)

    def bucket(self, name: str, *, versioned: bool = False, owner: str = "") -> None:
        """Make a bucket, empty. ``owner`` is the account id that x-amz-expected-bucket-owner must name."""
        self._call("bucket", name=name, versioned=versioned, owner=owner)

    def put(self, bucket: str, key: str, body: bytes = b"", **attributes: Mapping[str, str]) -> StoredObject:
        """Put an object without a request; ``attributes``: ``headers`` (lower-case names), ``metadata``, ``tags``."""
        encoded = base64.b64encode(body).decode()
        return _stored(self._call("put", bucket=bucket, key=key, body=encoded, **attributes))

    def delete(self, bucket: str, key: str) -> None:
        """Delete an object without a request; a bucket with versions keeps them behind a delete marker."""
        self._call("delete", bucket=bucket, key=key)

    def fault(self, operation: str, **how: Any) -> int:
        """Add a rule, a Fault of these arguments, behind those in force; its number, for ``struck``."""
        return int(self._call("fault", operation=operation, **how))

    def clear_faults(self) -> None:
        """Do away with all rules."""
        self._call("clear_faults")

    def struck(self, number: int) -> int:
        """How often the rule of this number has struck."""
        return int(self._call("struck", number=number))

    def objects(self, bucket: str) -> dict[str, StoredObject]:
        """The current objects, by key."""
        return {stored["key"]: _stored(stored) for stored in self._call("objects", bucket=bucket)}

    def versions(self, bucket: str, key: str) -> list[StoredObject]:
        """All versions and delete markers of a key, oldest first."""
        return [_stored(stored) for stored in self._call("versions", bucket=bucket, key=key)]

    def uploads(self, bucket: str) -> list[dict[str, Any]]:
        """The multipart uploads that are open: key, upload_id, and the numbers of the parts there are."""
        return list(self._call("uploads", bucket=bucket))

    def revoke_sessions(self) -> None:
        """Refuse the credentials that STS has given so far, as IAM's "Revoke active sessions" does."""
        self._call("revoke_sessions")

    def requests(self, operation: str | None = None) -> list[Seen]:
        """The requests that were recorded, in the order in which they arrived."""
        return [Seen(**seen) for seen in self._call("requests", operation=operation)]

    def count(self, operation: str | None = None, *, status: int | None = None) -> int:
        """How many requests there were: of an operation, answered with a status, or all."""
        return int(self._call("count", operation=operation, status=status))

    def traffic(self) -> dict[str, int]:
        """The ``connections`` that are open."""
        return dict(self._call("traffic"))

    def forget(self) -> None:
        """Begin the records and counts anew."""
        self._call("forget")

    def _call(self, method: str, /, **arguments: Any) -> Any:
        connection = http.client.HTTPConnection(self.endpoint.removeprefix("http://"))
        try:
            connection.request("POST", f"/-/{method}", json.dumps(arguments))
            answer = connection.getresponse()
            result = json.loads(answer.read())
        finally:
            connection.close()
        if answer.status != 200:
            raise ValueError(result)
        return result


def _stored(values: dict[str, Any]) -> StoredObject:
    return StoredObject(**{**values, "body": base64.b64decode(values["body"])})


class CloudProcess(Client):
    """The double in a process of its own, which ends with this one, however this one ends."""

    def __init__(self) -> None:
        pass

    def __enter__(self) -> Self:
        python = interpreter("cloud")
        assert python is not None
        command = [str(python), "-m", "tests.support.cloud"]
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
        pipe = subprocess.PIPE
        self._process = Process(command, cwd=ROOT, env=environment, stdout=pipe, stdin=pipe)
        assert self._process.stdout is not None
        endpoint = self._process.stdout.readline().strip()
        if not endpoint:
            raise RuntimeError(f"the double of S3 and STS did not start: {' '.join(command)}")
        super().__init__(endpoint)
        return self

    @property
    def pid(self) -> int:
        return self._process.pid

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()
