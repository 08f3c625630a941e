"""HTTP/1.1 as far as AWS SDKs speak it: heads, and bodies by length, in chunks, or in aws-chunked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import parse_qsl, unquote

from tools.stub.content import EMPTY, Content, Incoming

CONTROL = "/-/"  # no bucket's name begins with a hyphen


class ServiceError(Exception):
    """A refusal, as the service words it."""

    def __init__(self, status: int, code: str, message: str = "", headers: Mapping[str, str] | None = None) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status, self.code, self.message, self.headers = status, code, message or code, headers or {}


@dataclass(frozen=True)
class Request:
    """A request's head. ``headers`` have lower-case names; ``access_key`` is the id that signed, "" for none."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    operation: str = ""
    bucket: str = ""
    key: str = ""

    @property
    def part(self) -> int | None:
        number = self.query.get("partNumber", "")
        return int(number) if number.isdecimal() else None

    @property
    def access_key(self) -> str:
        return self.headers.get("authorization", "").partition("Credential=")[2].partition("/")[0]


@dataclass(frozen=True)
class Answer:
    """An answer; its body is ``content`` from ``start`` up to ``stop`` (None: to its end)."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    content: Content = EMPTY
    start: int = 0
    stop: int | None = None

    @property
    def length(self) -> int:
        return (self.content.size if self.stop is None else self.stop) - self.start

    def head(self) -> bytes:
        lines = [f"HTTP/1.1 {self.status} {_phrase(self.status)}"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        if self.status not in (204, 304) and "Content-Length" not in self.headers:
            lines.append(f"Content-Length: {self.length}")
        return "\r\n".join([*lines, "", ""]).encode("latin-1")


def parse(head: bytes) -> Request:
    """A request from the bytes before the empty line."""
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ")
    path, _, query = target.partition("?")
    headers = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    return Request(method, unquote(path), dict(parse_qsl(query, keep_blank_values=True)), headers)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


class Fixed:
    """A body of a known length."""

    def __init__(self, length: int, sink: Callable[[memoryview], object]) -> None:
        self._left = length
        self._sink = sink

    @property
    def done(self) -> bool:
        return not self._left

    def feed(self, data: memoryview) -> int:
        """Take what belongs to the body; how many bytes that were."""
        taken = min(self._left, len(data))
        self._sink(data[:taken])
        self._left -= taken
        return taken


class Chunked:
    """A body in chunks, each with its size ahead, and trailers behind the last.

    HTTP's own chunks (RFC 9112, section 7.1) and aws-chunked (Amazon S3 API Reference, "Signature calculations for the
    authorization header: transferring payload in multiple chunks") have one grammar; botocore puts one in the other.
    """

    def __init__(self, sink: Callable[[memoryview], object]) -> None:
        self.done = False
        self.trailers: dict[str, str] = {}
        self._sink = sink
        self._left = 0
        self._line = b""
        self._take: Callable[[bytes], None] = self._take_size

    def feed(self, data: memoryview) -> int:
        """Take what belongs to the body; how many bytes that were."""
        at = 0
        while at < len(data) and not self.done:
            if self._left:
                piece = data[at : at + self._left]
                self._sink(piece)
                self._left -= len(piece)
                at += len(piece)
                continue
            text, newline, _ = bytes(data[at : at + 4096]).partition(b"\n")
            self._line += text
            at += len(text) + len(newline)
            if newline:
                line, self._line = self._line.strip(), b""
                self._take(line)
        return at

    def _take_size(self, line: bytes) -> None:
        self._left = int(line.partition(b";")[0], 16)
        self._take = self._take_end if self._left else self._take_trailer

    def _take_end(self, _: bytes) -> None:
        self._take = self._take_size

    def _take_trailer(self, line: bytes) -> None:
        if not line:
            self.done = True
            return
        name, _, value = line.decode("latin-1").partition(":")
        self.trailers[name.lower()] = value.strip()


class Body:
    """What takes a request's body from the wire, whatever it is wrapped in."""

    def __init__(self, headers: Mapping[str, str], incoming: Incoming) -> None:
        self.incoming = incoming
        self._inner: Chunked | None = None
        sink: Callable[[memoryview], object] = incoming.write
        if "aws-chunked" in headers.get("content-encoding", "") or headers.get("x-amz-content-sha256", "").startswith(
            "STREAMING-"
        ):
            self._inner = Chunked(sink)
            sink = self._inner.feed
        chunked = headers.get("transfer-encoding", "").lower() == "chunked"
        self._outer = Chunked(sink) if chunked else Fixed(int(headers.get("content-length", "0")), sink)
        self.expected = int(headers.get("x-amz-decoded-content-length") or headers.get("content-length", "0"))

    @property
    def done(self) -> bool:
        return self._outer.done

    @property
    def whole(self) -> bool:
        """Whether the inner framing, too, came to its end."""
        return self._inner is None or self._inner.done

    @property
    def trailers(self) -> Mapping[str, str]:
        return self._inner.trailers if self._inner else {}

    def feed(self, data: memoryview) -> int:
        return self._outer.feed(data)
