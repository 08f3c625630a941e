"""What the connections share: settings, state, faults, records, and the operations that they ask for."""

from __future__ import annotations

import base64
import dataclasses
import itertools
import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from tools.stub import s3, sts
from tools.stub.content import Content, Incoming
from tools.stub.faults import Fault, Faults
from tools.stub.store import Bucket, Store, StoredObject
from tools.stub.wire import CONTROL, Answer, Body, Request, ServiceError

if TYPE_CHECKING:
    from tools.stub.connection import Connection


@dataclass(frozen=True)
class Settings:
    """How the stub behaves.

    Args:
        mode: "store" keeps bodies; "discard" counts them, and reads as a pattern what was written.
        verify: compute and check CRC-32. Without, a client's word is taken. A mode that stores always does.
        latency: seconds before an answer's first byte.
        bandwidth: bytes a second, for each connection and direction; None for as fast as it goes.
        record: keep every request; without, they are only counted.
        session_seconds: the life of credentials from STS, whatever is asked for; None for what is asked for.
        seed: of what is random.
    """

    mode: Literal["store", "discard"] = "store"
    verify: bool = True
    latency: float = 0.0
    bandwidth: float | None = None
    record: bool = True
    session_seconds: float | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if self.mode not in ("store", "discard"):
            raise ValueError(f"mode must be store or discard, not {self.mode!r}")
        if self.bandwidth is not None and self.bandwidth <= 0:
            raise ValueError(f"bandwidth must be more than 0 bytes a second, not {self.bandwidth!r}")


@dataclass(frozen=True)
class Seen:
    """A request that was made. ``status`` is None where the connection ended without an answer.

    ``received`` and ``sent`` are bytes of bodies; what a fault cut off counts as sent.
    """

    operation: str
    bucket: str
    key: str
    part: int | None
    access_key: str
    headers: Mapping[str, str]
    status: int | None
    received: int
    sent: int


class Backend:
    """S3 and STS, and the methods of the control interface. Everything here happens on the event loop's thread."""

    def __init__(self, settings: Settings) -> None:
        self.connections: set[Connection] = set()
        self.failures: list[str] = []
        self.settings = settings
        self._request_ids = itertools.count(1)
        self._controls: Mapping[str, Callable[..., object]] = {
            function.__name__: function
            for function in (
                self.configure,
                self.bucket,
                self.put,
                self.fault,
                self.clear_faults,
                self.struck,
                self.objects,
                self.versions,
                self.uploads,
                self.requests,
                self.count,
                self.traffic,
                self.forget,
            )
        }
        self.store = Store()
        self.sessions = sts.Sessions()
        self.clear_faults()
        self.forget()

    # For connections

    def route(self, request: Request) -> Request:
        """The request with its operation, bucket and key."""
        if request.path.startswith(CONTROL):
            return request
        if request.method == "POST" and request.path == "/":
            return dataclasses.replace(request, operation="AssumeRole")
        return s3.route(request)

    def incoming(self, request: Request) -> Incoming:
        """What takes the request's body: of objects as the mode has it, of anything else as it is."""
        keep = self.settings.mode == "store" or request.operation not in ("PutObject", "UploadPart")
        return Incoming(keep=keep, verify=keep or self.settings.verify)

    def answer(self, request: Request, body: Body, fault: Fault | None) -> Answer:
        """Do what is asked, or what the fault says instead."""
        of_sts = request.operation == "AssumeRole"
        request_id = f"{next(self._request_ids):016X}"
        try:
            if fault is not None and fault.status is not None:
                raise ServiceError(fault.status, fault.code, fault.message)
            if of_sts:
                return sts.assume_role(self.sessions, body, request_id, self.settings.session_seconds)
            self.sessions.check(request.access_key)
            answer = s3.perform(self.store, request, body)
        except ServiceError as error:
            return (sts.refuse if of_sts else s3.refuse)(error, request, request_id)
        return dataclasses.replace(answer, headers={**answer.headers, "x-amz-request-id": request_id})

    def record(self, request: Request, answer: Answer | None, received: int) -> None:
        status = None if answer is None else answer.status
        sent = 0 if answer is None or request.method == "HEAD" else answer.length
        self._counts[request.operation, status] += 1
        self._received += received
        self._sent += sent
        if self.settings.record:
            where = (request.operation, request.bucket, request.key, request.part, request.access_key)
            self._seen.append(Seen(*where, request.headers, status, received, sent))

    def control(self, request: Request, body: bytes) -> Answer:
        """Call a method of the control interface.

        Its name is in the path; its arguments are a JSON object in the query's ``arguments``, and the body, if any.
        """
        method = self._controls.get(request.path.removeprefix(CONTROL))
        try:
            if method is None:
                raise ValueError(f"{request.path} is not one of {', '.join(self._controls)}")
            arguments = json.loads(request.query.get("arguments", "{}"))
            status, result = 200, method(**arguments, **({"body": body} if body else {}))
        except (TypeError, ValueError, KeyError) as error:
            status, result = 400, f"{type(error).__name__}: {error}"
        data = json.dumps(result, default=_plain).encode()
        return Answer(status, {"Content-Type": "application/json"}, Content(len(data), data))

    # The control interface; Client has the same names

    def configure(self, **changes: Any) -> None:
        self.settings = dataclasses.replace(self.settings, **changes)

    def bucket(self, name: str, *, versioned: bool = False, owner: str = "") -> None:
        self.store.buckets[name] = Bucket(name, versioned, owner)

    def put(
        self, bucket: str, key: str, *, body: bytes = b"", size: int | None = None, **attributes: Any
    ) -> StoredObject:
        content = Content(len(body), body) if size is None else Content(size)
        version = s3.seed(self.store.bucket(bucket), key, content, **attributes)
        return dataclasses.replace(version.described(), body=None)

    def fault(self, operation: str, **how: Any) -> int:
        return self.faults.add(Fault(operation, **how))

    def clear_faults(self) -> None:
        self.faults = Faults(self.settings.seed)

    def struck(self, number: int) -> int:
        return self.faults.struck[number]

    def objects(self, bucket: str) -> list[StoredObject]:
        return [version.described() for version in self.store.bucket(bucket).listing()]

    def versions(self, bucket: str, key: str) -> list[StoredObject]:
        return [version.described() for version in self.store.bucket(bucket).versions.get(key, [])]

    def uploads(self, bucket: str) -> list[dict[str, Any]]:
        return [
            {"key": upload.key, "upload_id": upload.upload_id, "parts": sorted(upload.parts)}
            for upload in self.store.bucket(bucket).uploads.values()
        ]

    def requests(self, operation: str | None = None) -> list[Seen]:
        return [seen for seen in self._seen if operation in (None, seen.operation)]

    def count(self, operation: str | None = None, status: int | None = None) -> int:
        return sum(
            number
            for (name, answered), number in self._counts.items()
            if operation in (None, name) and status in (None, answered)
        )

    def traffic(self) -> dict[str, int]:
        return {"received": self._received, "sent": self._sent, "connections": len(self.connections)}

    def forget(self) -> None:
        self._seen: list[Seen] = []
        self._counts: Counter[tuple[str, int | None]] = Counter()
        self._received = self._sent = 0


def _plain(value: object) -> object:
    if isinstance(value, bytes | bytearray):
        return base64.b64encode(value).decode()
    assert dataclasses.is_dataclass(value)
    assert not isinstance(value, type)
    return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
