"""The server: each connection has a thread that reads requests, lets go wrong what is to go wrong, and answers."""

from __future__ import annotations

import base64
import json
import select
import socket
import struct
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import h11

from tests.support.cloud import strict
from tests.support.cloud.faults import Fault, Faults, Stage
from tests.support.cloud.request import Answer, Request, refusal
from tests.support.cloud.store import Store

CONTROL = "/-/"  # no bucket's name begins with a hyphen
_PIECE_BYTES = 256 * 1024


class _Dropped(Exception):  # noqa: N818 (it is what was asked for, or what the client wanted)
    """The connection has ended."""


@dataclass
class _Seen:
    """A request, as tests are told of it: see Seen of the client."""

    request: Request
    at: float
    applied_at: float | None = None
    status: int | None = None

    def told(self) -> dict[str, Any]:
        names = ("operation", "bucket", "key", "part", "access_key", "headers")
        about = {name: getattr(self.request, name) for name in names}
        return {**about, "at": self.at, "applied_at": self.applied_at, "status": self.status}


class Proxy:
    """What the connections share: the store, the faults, the records, and what tests may ask for."""

    def __init__(self) -> None:
        self.store = Store()
        self.faults = Faults()
        self.latency = 0.0
        self.session_seconds: float | None = None
        self.connections = 0
        self._seen: list[_Seen] = []
        self._lock = threading.Lock()
        self._controls: Mapping[str, Callable[..., Any]] = {
            function.__name__: function
            for function in (
                self.configure,
                self.bucket,
                self.put,
                self.delete,
                self.fault,
                self.clear_faults,
                self.struck,
                self.objects,
                self.versions,
                self.uploads,
                self.revoke_sessions,
                self.requests,
                self.count,
                self.traffic,
                self.forget,
            )
        }

    def serve(self, listening: Callable[[str], None]) -> None:
        """Serve until the process ends; ``listening`` is told the endpoint."""
        with socket.create_server(("127.0.0.1", 0), backlog=256) as server:
            listening(f"http://127.0.0.1:{server.getsockname()[1]}")
            while True:
                connection, _ = server.accept()
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=_Connection(self, connection).run, daemon=True).start()

    def begin(self, request: Request) -> tuple[_Seen, Fault | None]:
        """Record a request, and choose what goes wrong with it."""
        with self._lock:
            self._seen.append(_Seen(request, time.time()))
            return self._seen[-1], self.faults.strike(request)

    def control(self, request: Request, body: bytes) -> Answer:
        """Call a method below; its name is in the path and its arguments are the body, as JSON."""
        try:
            method = self._controls[request.path.removeprefix(CONTROL)]
            status, result = 200, method(**json.loads(body))
        except Exception:
            status, result = 400, traceback.format_exc()
        return Answer(
            status, {"Content-Type": "application/json"}, json.dumps(result, default=strict.described).encode()
        )

    # The control interface; Client has the same names

    def configure(self, latency: float = 0.0, session_seconds: float | None = None) -> None:
        self.latency, self.session_seconds = latency, session_seconds

    def bucket(self, name: str, versioned: bool, owner: str) -> None:
        self.store.bucket(name, versioned, owner)

    def put(self, bucket: str, key: str, body: str, **attributes: Mapping[str, str]) -> dict[str, Any]:
        return {**self.store.put(bucket, key, base64.b64decode(body), attributes), "body": b""}

    def delete(self, bucket: str, key: str) -> None:
        self.store.delete(bucket, key)

    def fault(self, **how: Any) -> int:
        with self._lock:
            return self.faults.add(Fault(**how))

    def clear_faults(self) -> None:
        with self._lock:
            self.faults = Faults()

    def struck(self, number: int) -> int:
        return self.faults.struck[number]

    def objects(self, bucket: str) -> list[dict[str, Any]]:
        return self.store.objects(bucket)

    def versions(self, bucket: str, key: str) -> list[dict[str, Any]]:
        return self.store.versions(bucket, key)

    def uploads(self, bucket: str) -> list[dict[str, Any]]:
        return self.store.uploads(bucket)

    def revoke_sessions(self) -> None:
        self.store.sessions.revoke()

    def requests(self, operation: str | None) -> list[dict[str, Any]]:
        return [seen.told() for seen in list(self._seen) if operation in (None, seen.request.operation)]

    def count(self, operation: str | None, status: int | None) -> int:
        counts = Counter((seen.request.operation, seen.status) for seen in list(self._seen))
        return sum(
            number
            for (name, answered), number in counts.items()
            if operation in (None, name) and status in (None, answered)
        )

    def traffic(self) -> dict[str, int]:
        return {"connections": self.connections}

    def forget(self) -> None:
        self._seen = []


class _Connection:
    """One connection, in a thread of its own."""

    def __init__(self, proxy: Proxy, connection: socket.socket) -> None:
        self._proxy = proxy
        self._socket = connection
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=256 * 1024)

    def run(self) -> None:
        self._proxy.connections += 1
        try:
            with self._socket:
                while (request := self._read_head()) is not None:
                    self._exchange(request)
                    if self._http.our_state is h11.MUST_CLOSE:
                        return
                    self._http.start_next_cycle()
        except (_Dropped, OSError, h11.RemoteProtocolError):
            pass  # the client has left, or was left
        finally:
            self._proxy.connections -= 1

    def _exchange(self, request: Request) -> None:
        if request.path.startswith(CONTROL):
            self._send(self._proxy.control(request, self._read_body(None)), request, None)
            return
        seen, fault = self._proxy.begin(request)
        self._stage("head", fault)
        body = self._read_body(fault)
        self._stage("before", fault)
        if fault is not None and fault.hang is not None:
            self._leave_if_left()
        answer = self._answer(request, body, fault, seen)
        self._stage("after", fault)
        time.sleep(self._proxy.latency)
        seen.status = answer.status
        self._send(answer, request, fault)

    def _answer(self, request: Request, body: bytes, fault: Fault | None, seen: _Seen) -> Answer:
        if fault is not None and fault.status is not None:
            if fault.content_type is not None:
                return Answer(fault.status, {"Content-Type": fault.content_type}, fault.body.encode())
            return refusal(fault.status, fault.code, request.operation == "AssumeRole")
        if fault is not None and fault.put is not None:
            put = fault.put
            self._proxy.store.put(put["bucket"], put["key"], put["body"].encode(), {})
        if fault is not None and fault.drop_range:
            kept = {name: value for name, value in request.headers.items() if name != "range"}
            request = replace(request, headers=kept)
        seen.applied_at = time.time()
        return self._proxy.store.answer(request, body, self._proxy.session_seconds)

    # What goes wrong

    def _stage(self, stage: Stage, fault: Fault | None) -> None:
        """Let happen what the fault has in mind for this stage."""
        if fault is None or fault.stage != stage:
            return
        if fault.hang:
            time.sleep(fault.seconds)
            return
        if fault.reset:
            # On, 0 s: what is still to be sent is thrown away, and RST is sent.
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise _Dropped

    def _leave_if_left(self) -> None:
        readable, _, _ = select.select([self._socket], [], [], 0)
        if readable and not self._socket.recv(1, socket.MSG_PEEK):
            raise _Dropped

    # HTTP

    def _read_head(self) -> Request | None:
        event = self._next_event()
        if isinstance(event, h11.ConnectionClosed):
            return None
        assert isinstance(event, h11.Request), event
        headers = {name.decode(): value.decode("latin-1") for name, value in event.headers}
        return Request(event.method.decode(), event.target.decode(), headers)

    def _read_body(self, fault: Fault | None) -> bytes:
        body = bytearray()
        half = fault is not None and fault.stage == "body"
        while True:
            if self._http.they_are_waiting_for_100_continue:
                headers: list[tuple[str, str]] = []
                self._socket.sendall(
                    self._http.send(h11.InformationalResponse(status_code=100, headers=headers)) or b""
                )
            event = self._next_event()
            if isinstance(event, h11.Data):
                body += event.data
            elif not isinstance(event, h11.EndOfMessage):
                raise _Dropped
            if half:
                half = False
                self._stage("body", fault)
            if isinstance(event, h11.EndOfMessage):
                return bytes(body)

    def _next_event(self) -> Any:
        while (event := self._http.next_event()) is h11.NEED_DATA:
            self._http.receive_data(self._socket.recv(_PIECE_BYTES))
        return event

    def _send(self, answer: Answer, request: Request, fault: Fault | None) -> None:
        headers = {name: value for name, value in answer.headers.items() if name.lower() != "connection"}
        if request.method != "HEAD" and answer.status != 204:
            headers = {name: value for name, value in headers.items() if name.lower() != "content-length"}
            headers["Content-Length"] = str(len(answer.body))
        head = [
            (name, value.encode("utf-8" if _beyond_latin_1(value) else "latin-1")) for name, value in headers.items()
        ]
        sent = self._http.send(h11.Response(status_code=answer.status, headers=head)) or b""
        body = b"" if request.method == "HEAD" or answer.status == 204 else answer.body
        if fault is not None and fault.stage == "answer":
            offset = len(body) // 2 if fault.offset is None else min(fault.offset, len(body))
            self._socket.sendall(sent + body[:offset])
            self._stage("answer", fault)
            raise _Dropped
        sent += (self._http.send(h11.Data(data=body)) or b"") if body else b""
        self._socket.sendall(sent + (self._http.send(h11.EndOfMessage()) or b""))


def _beyond_latin_1(value: str) -> bool:
    return any(ord(character) > 255 for character in value)
