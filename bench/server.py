"""S3 and STS for the benchmarks, on the loopback interface, in a process of its own, at a pace.

It holds no object: what is written is counted, and what is read is a pattern. It takes a client's word for checksums,
and checks neither signatures nor policies. tests/support/cloud is the strict one.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import http.client
import itertools
import json
import os
import re
import socket
import socketserver
import subprocess
import sys
import threading
import time
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlsplit

from tools.environments import ROOT
from tools.process import Process

_AHEAD_BYTES = 64 * 1024
_NOWHERE = bytearray(8 * 1024 * 1024)  # what goes there is not written
_PIECE_SECONDS = 0.005  # with a bandwidth, how much is moved at once
_CATCH_UP_SECONDS = 0.05  # how much of a late sleep is made good
_PATTERN = bytes(range(251)) * 4177  # about 1 MiB, which no part's size is a multiple of
_CREDENTIALS = """<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
<AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>secret</SecretAccessKey><SessionToken>token</SessionToken>
<Expiration>{}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"""


@dataclass
class _State:
    """What the connections share. ``sizes`` are those of the objects, by bucket and key."""

    latency: float = 0.0
    bandwidth: float | None = None
    sizes: dict[tuple[str, str], int] = field(default_factory=dict)
    uploads: dict[str, dict[int, int]] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))


@dataclass(frozen=True)
class _Request:
    method: str
    bucket: str
    key: str
    query: Mapping[str, str]
    headers: Mapping[str, str]

    @property
    def operation(self) -> str:
        if not self.bucket:
            return "AssumeRole"
        if "uploads" in self.query:
            return "CreateMultipartUpload"
        if "uploadId" in self.query:
            names = {"PUT": "UploadPart", "POST": "CompleteMultipartUpload", "DELETE": "AbortMultipartUpload"}
            return names[self.method]
        return f"{self.method.capitalize()}Object"


@dataclass(frozen=True)
class _Answer:
    """A status, headers and a body: either a text, or the bytes of an object from ``start`` up to ``stop``."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    text: str = ""
    start: int = 0
    stop: int = 0


def _answer(state: _State, request: _Request, size: int) -> _Answer:
    """Do what is asked with a body of so many bytes."""
    place, upload = (request.bucket, request.key), request.query.get("uploadId", "")
    answer = _Answer(404, text="<Error><Code>NoSuchKey</Code><Message>There is no such object.</Message></Error>")
    match request.operation:
        case "AssumeRole":
            ends = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600))
            answer = _Answer(200, text=_CREDENTIALS.format(ends))
        case "GetObject" | "HeadObject" if place in state.sizes:
            answer = _read(request, state.sizes[place])
        case "PutObject":
            state.sizes[place] = size
            answer = _Answer(200, _written(request, size))
        case "CreateMultipartUpload":
            upload = f"upload-{next(state.numbers)}"
            state.uploads[upload] = {}
            answer = _Answer(200, text=f"<Upload><UploadId>{upload}</UploadId></Upload>")
        case "UploadPart" if upload in state.uploads:
            state.uploads[upload][int(request.query["partNumber"])] = size
            answer = _Answer(200, _written(request, size))
        case "CompleteMultipartUpload" if upload in state.uploads:
            state.sizes[place] = sum(state.uploads.pop(upload).values())
            answer = _Answer(200, text=f'<Completed><ETag>"{etag(request.key, state.sizes[place])}"</ETag></Completed>')
        case "AbortMultipartUpload" if upload in state.uploads:
            del state.uploads[upload]
            answer = _Answer(204)
    return answer


def _read(request: _Request, size: int) -> _Answer:
    headers = {
        "ETag": f'"{etag(request.key, size)}"',
        "Last-Modified": "Tue, 03 Feb 2026 04:05:06 GMT",
        "Accept-Ranges": "bytes",
        "Content-Type": "application/octet-stream",
    }
    if asked := re.fullmatch(r"bytes=(\d+)-(\d*)", request.headers.get("range", "")):
        start, stop = int(asked[1]), min(int(asked[2] or size) + 1, size)
        return _Answer(206, {**headers, "Content-Range": f"bytes {start}-{stop - 1}/{size}"}, "", start, stop)
    if request.headers.get("x-amz-checksum-mode"):
        headers |= {"x-amz-checksum-crc32": _crc32(size), "x-amz-checksum-type": "FULL_OBJECT"}
    return _Answer(200, headers, "", 0, size)


def _written(request: _Request, size: int) -> Mapping[str, str]:
    checksums = {name: value for name, value in request.headers.items() if name == "x-amz-checksum-crc32"}
    return {"ETag": f'"{etag(request.key, size)}"', **checksums}


def etag(key: str, size: int) -> str:
    return hashlib.sha256(f"{key} {size}".encode()).hexdigest()[:32]


def _crc32(size: int) -> str:
    periods, rest = divmod(size, len(_PATTERN))
    value = 0
    for _ in range(periods):
        value = zlib.crc32(_PATTERN, value)
    return base64.b64encode(zlib.crc32(_PATTERN[:rest], value).to_bytes(4, "big")).decode()


class _Connection(socketserver.BaseRequestHandler):
    """One connection, in a thread of its own. Bodies stay in the kernel: the server takes little CPU for them."""

    server: _Server
    request: socket.socket

    def setup(self) -> None:
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._ahead = b""  # what has arrived and is not read yet
        self._free = 0.0  # when the line is free again

    def handle(self) -> None:
        with contextlib.suppress(ConnectionError):  # a client may leave before it has read everything
            while head := self._until(b"\r\n\r\n"):
                line, *fields = head.decode("latin-1").split("\r\n")
                method, target, _ = line.split(" ", 2)
                headers = {name.lower(): value.strip() for name, _, value in (field.partition(":") for field in fields)}
                if target.startswith("/-/"):
                    self._control(target.removeprefix("/-/"), int(headers["content-length"]))
                    continue
                url = urlsplit(target)
                bucket, _, key = unquote(url.path).removeprefix("/").partition("/")
                query = {name: values[0] for name, values in parse_qs(url.query, keep_blank_values=True).items()}
                self._exchange(_Request(method, bucket, key, query, headers))

    def _exchange(self, request: _Request) -> None:
        state = self.server.state
        state.counts[request.operation] += 1
        if request.headers.get("expect"):
            self.request.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        self._free = time.monotonic()
        arrived = self._receive(request.headers)
        answer = _answer(state, request, int(request.headers.get("x-amz-decoded-content-length", arrived)))
        if state.latency:
            time.sleep(state.latency)
        length = len(answer.text) or answer.stop - answer.start
        lines = [f"HTTP/1.1 {answer.status} -", f"Content-Length: {length}", "x-amz-request-id: 1"]
        lines += [f"{name}: {value}" for name, value in answer.headers.items()]
        text = "" if request.method == "HEAD" else answer.text
        self.request.sendall(("\r\n".join(lines) + "\r\n\r\n" + text).encode())
        if request.method != "HEAD":
            self._send(answer.start, answer.stop)

    def _receive(self, headers: Mapping[str, str]) -> int:
        """Let a body go by; how long it was."""
        if headers.get("transfer-encoding") != "chunked":
            return self._skip(int(headers.get("content-length", 0)))
        arrived = 0
        while size := int(self._until(b"\r\n").partition(b";")[0], 16):
            arrived += self._skip(size)
            self._until(b"\r\n")
        while self._until(b"\r\n"):
            pass
        return arrived

    def _until(self, mark: bytes) -> bytes:
        """What comes before a mark; nothing at the end of the connection."""
        while mark not in self._ahead:
            arrived = self.request.recv(_AHEAD_BYTES)
            if not arrived:
                return b""
            self._ahead += arrived
        before, _, self._ahead = self._ahead.partition(mark)
        return before

    def _skip(self, size: int) -> int:
        left = size - len(self._ahead)
        self._ahead = self._ahead[size:]
        while left > 0:
            # With MSG_TRUNC, Linux throws the bytes of a TCP connection away: tcp(7).
            step = min(self._step(), left)
            arrived = self.request.recv_into(_NOWHERE, step, socket.MSG_TRUNC | socket.MSG_WAITALL)
            if not arrived:
                raise ConnectionError("the connection ended within a body")
            self._spend(arrived)
            left -= arrived
        return size

    def _send(self, start: int, stop: int) -> None:
        while start < stop:
            step = min(self._step(), stop - start)
            sent = os.sendfile(self.request.fileno(), self.server.pattern, start % len(_PATTERN), step)
            self._spend(sent)
            start += sent

    def _step(self) -> int:
        bandwidth = self.server.state.bandwidth
        return len(_NOWHERE) if bandwidth is None else int(bandwidth * _PIECE_SECONDS)

    def _spend(self, size: int) -> None:
        """Wait until so many bytes have gone, by a schedule, so that late sleeps do not add up."""
        if (bandwidth := self.server.state.bandwidth) is not None:
            now = time.monotonic()
            self._free = max(self._free, now - _CATCH_UP_SECONDS) + size / bandwidth
            if self._free > now:
                time.sleep(self._free - now)

    def _control(self, method: str, size: int) -> None:
        while len(self._ahead) < size:
            self._ahead += self.request.recv(_AHEAD_BYTES)
        body, self._ahead = self._ahead[:size], self._ahead[size:]
        text = json.dumps(getattr(self.server, method)(**json.loads(body)))
        self.request.sendall(f"HTTP/1.1 200 -\r\nContent-Length: {len(text)}\r\n\r\n{text}".encode())


class _Server(socketserver.ThreadingTCPServer):
    """The public methods are those that Server calls."""

    daemon_threads = True
    request_queue_size = 1024

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.state = _State()
        self.pattern = os.memfd_create("pattern")
        os.write(self.pattern, _PATTERN)

    def configure(self, latency: float, bandwidth: float | None) -> None:
        self.state.latency, self.state.bandwidth = latency, bandwidth
        self.state.counts.clear()

    def put(self, bucket: str, key: str, size: int) -> None:
        self.state.sizes[bucket, key] = size

    def take(self, bucket: str, key: str) -> int | None:
        return self.state.sizes.pop((bucket, key), None)

    def counts(self) -> Mapping[str, int]:
        return self.state.counts


class Server:
    """The server in a process of its own, which ends with this one, however this one ends."""

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "bench.server"]
        environment = {"PATH": os.environ.get("PATH", os.defpath), "PYTHONPATH": str(ROOT)}
        pipe = subprocess.PIPE
        self._process = Process(command, cwd=ROOT, env=environment, stdout=pipe, stdin=pipe)
        assert self._process.stdout is not None
        self.endpoint = self._process.stdout.readline().strip()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()

    def configure(self, *, latency: float, bandwidth: float | None) -> None:
        """Set the seconds before an answer, and bytes a second of each connection; begin the counts anew."""
        self._call("configure", latency=latency, bandwidth=bandwidth)

    def put(self, bucket: str, key: str, size: int) -> None:
        """Have an object of so many bytes."""
        self._call("put", bucket=bucket, key=key, size=size)

    def take(self, bucket: str, key: str) -> int | None:
        """Take an object away; its size, or None where there was none."""
        size: int | None = self._call("take", bucket=bucket, key=key)
        return size

    def counts(self) -> Mapping[str, int]:
        """How often each operation was asked for."""
        counts: Mapping[str, int] = self._call("counts")
        return counts

    def _call(self, method: str, **arguments: Any) -> Any:
        connection = http.client.HTTPConnection(self.endpoint.removeprefix("http://"))
        try:
            connection.request("POST", f"/-/{method}", json.dumps(arguments))
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()


def main() -> None:
    with _Server() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
        sys.stdin.read()  # whoever started this holds the other end, and is gone when it closes


if __name__ == "__main__":
    main()
