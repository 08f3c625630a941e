"""Nothing is sent after the deadline of an invocation, and nothing waits beyond it, whatever the other side does."""

from __future__ import annotations

import io
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import HTTPClientError
from botocore.session import Session
from cross_account_s3 import threads
from cross_account_s3.connection import _Backoff, _BoundedHTTPConnection, stop_at_deadline
from cross_account_s3.deadline import Deadline, begin, until
from cross_account_s3.errors import DeadlineError
from cross_account_s3.transfer import client

from tests.writer import CONFIG

STORED = b'HTTP/1.1 200 OK\r\nETag: "e"\r\nContent-Length: 0\r\n\r\n'
BUSY = b"HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\n\r\n"
LARGE = b"x" * (32 * 1024 * 1024)  # more than any buffer of a socket


class Server:
    """Takes connections on loopback, and does with each what a test wants. ``received`` is all that has arrived."""

    def __init__(self, serve: Callable[[Server, socket.socket], None]) -> None:
        self.received = 0
        self.heads: list[float] = []
        self.closed = threading.Event()
        self._serve = serve
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.endpoint = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def read_head(self, connection: socket.socket) -> None:
        data = b""
        while b"\r\n\r\n" not in data:
            data += self._receive(connection)
        self.heads.append(time.monotonic())
        self.received += len(data)

    def read_to_end(self, connection: socket.socket) -> None:
        while data := connection.recv(65536):
            self.received += len(data)
        self.closed.set()

    def close(self) -> None:
        self._socket.close()

    def _receive(self, connection: socket.socket) -> bytes:
        data = connection.recv(65536)
        if not data:
            self.closed.set()
            raise ConnectionResetError
        return data

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._run, args=(connection,), daemon=True).start()

    def _run(self, connection: socket.socket) -> None:
        with connection:
            try:
                self._serve(self, connection)
            except OSError:
                self.closed.set()


Serve = Callable[[Callable[[Server, socket.socket], None]], Server]


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    servers: list[Server] = []

    def serve(what: Callable[[Server, socket.socket], None]) -> Server:
        servers.append(Server(what))
        monkeypatch.setenv("AWS_ENDPOINT_URL", servers[-1].endpoint)
        return servers[-1]

    yield serve
    for server in servers:
        server.close()


def _client(_server: Server) -> Any:
    session = Session()
    session.set_credentials("AKIA", "secret")
    session.set_config_variable("region", "eu-central-1")
    stop_at_deadline(session)
    return client(session, CONFIG)


def _put(client: Any, body: bytes, seconds: float) -> tuple[Exception | None, float]:
    """What a put raises within so many seconds, and how long it takes."""
    began = time.monotonic()
    with until(Deadline(seconds)):
        try:
            client.put_object(Bucket="b", Key="k", Body=body)
        except Exception as error:
            return error, time.monotonic() - began
    return None, time.monotonic() - began


def test_an_answer_that_does_not_come_is_waited_for_until_the_deadline(serve: Serve) -> None:
    def silence(server: Server, connection: socket.socket) -> None:
        server.read_head(connection)
        server.read_to_end(connection)

    server = serve(silence)

    error, took = _put(_client(server), b"", seconds=0.5)

    assert isinstance(error, DeadlineError)
    assert 0.4 < took < 1.5
    assert server.closed.wait(2)  # nothing of it can be sent later
    assert len(server.heads) == 1


def test_a_body_that_nobody_reads_is_sent_until_the_deadline(serve: Serve) -> None:
    go = threading.Event()

    def stop_reading(server: Server, connection: socket.socket) -> None:
        server.read_head(connection)
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        go.wait(20)
        server.read_to_end(connection)

    server = serve(stop_reading)

    error, took = _put(_client(server), LARGE, seconds=0.5)
    go.set()

    assert isinstance(error, DeadlineError)
    assert 0.4 < took < 1.5
    assert server.closed.wait(5)
    assert server.received < len(LARGE)  # so that S3 stores nothing


def test_a_body_is_not_sent_on_after_the_deadline(serve: Serve) -> None:
    """A process that is frozen in mid-request and thaws in the next invocation does not go on with it."""

    def read_slowly(server: Server, connection: socket.socket) -> None:
        server.read_head(connection)
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        while data := connection.recv(65536):
            server.received += len(data)
            time.sleep(0.001)
        server.closed.set()

    server = serve(read_slowly)

    error, _ = _put(_client(server), LARGE, seconds=0.2)

    assert isinstance(error, DeadlineError)
    assert server.closed.wait(20)
    assert server.received < len(LARGE)


def test_no_request_is_made_again_after_the_deadline(serve: Serve) -> None:
    def busy(server: Server, connection: socket.socket) -> None:
        while True:
            server.read_head(connection)
            time.sleep(0.1)
            connection.sendall(BUSY)

    server = serve(busy)
    made = _client(server)
    ends = time.monotonic() + 0.15

    error, _ = _put(made, b"", seconds=0.15)

    assert isinstance(error, DeadlineError)
    time.sleep(1)
    assert server.heads
    assert max(server.heads) < ends


def test_nothing_is_sent_when_time_is_up(serve: Serve) -> None:
    server = serve(lambda server, connection: server.read_head(connection))

    error, _ = _put(_client(server), b"", seconds=0)

    assert isinstance(error, DeadlineError)
    assert server.heads == []


def test_a_connection_does_not_inherit_the_deadline_of_the_invocation_before(serve: Serve) -> None:
    connections = 0

    def slow_the_second_time(server: Server, connection: socket.socket) -> None:
        nonlocal connections
        connections += 1
        server.read_head(connection)
        connection.sendall(STORED)
        server.read_head(connection)
        time.sleep(0.6)
        connection.sendall(STORED)

    made = _client(serve(slow_the_second_time))

    assert _put(made, b"", seconds=0.3)[0] is None
    assert _put(made, b"", seconds=20)[0] is None
    assert connections == 1  # the two have used the same


def test_a_file_is_sent_in_pieces_each_of_which_looks_at_the_deadline(serve: Serve) -> None:
    """As urllib3 1 hands it over, which the runtime may have; urllib3 2 cuts it up itself."""
    server = serve(lambda server, connection: server.read_to_end(connection))
    connection: Any = _BoundedHTTPConnection("127.0.0.1", int(server.endpoint.rpartition(":")[2]))
    ticks = iter([0.1])

    class File(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            time.sleep(next(ticks, 0))  # time is up after the first piece
            return super().read(size)

    def send() -> None:
        with until(Deadline(0.05)):
            connection.send(File(LARGE))

    with until(Deadline(5)):
        connection.connect()
        with pytest.raises(DeadlineError):
            send()
    connection.close()
    assert server.closed.wait(5)
    assert server.received < 1024 * 1024


ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"


@pytest.mark.parametrize("first", [b"", b"HTTP/1.1 200 OK\r\n", ANSWER], ids=["status", "headers", "body"])
def test_an_answer_that_trickles_in_is_read_until_the_deadline(serve: Serve, first: bytes) -> None:
    """Each piece comes in time, so that no time-out of a single read ends it."""

    def trickle(server: Server, connection: socket.socket) -> None:
        server.read_head(connection)
        connection.sendall(first)
        for _ in range(200):
            connection.sendall(b"x" if first else b"H")
            time.sleep(0.02)

    server = serve(trickle)
    made = _client(server)
    began = time.monotonic()

    with until(Deadline(0.5)), pytest.raises((DeadlineError, HTTPClientError)):
        made.get_object(Bucket="b", Key="k")["Body"].read()

    assert 0.4 < time.monotonic() - began < 1.5
    assert len(server.heads) == 1


def test_a_continue_that_trickles_in_is_read_until_the_deadline(serve: Serve) -> None:
    def trickle(server: Server, connection: socket.socket) -> None:
        server.read_head(connection)
        for _ in range(200):
            connection.sendall(b"H")
            time.sleep(0.02)

    error, took = _put(_client(serve(trickle)), LARGE, seconds=0.5)

    assert isinstance(error, DeadlineError)
    assert 0.4 < took < 1.5


def test_a_name_that_is_not_resolved_is_waited_for_until_the_deadline(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The resolver of the system has time-outs of its own, and takes none from Python."""
    go = threading.Event()
    made = _client(serve(lambda server, connection: server.read_head(connection)))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *arguments, **options: go.wait(20))

    error, took = _put(made, b"", seconds=0.5)
    go.set()

    assert isinstance(error, DeadlineError)
    assert 0.4 < took < 1.5


def test_the_wait_before_a_request_is_made_again_ends_at_the_deadline(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_Backoff.__base__, "delay_amount", lambda backoff, context: 20.0)  # seconds: botocore's longest

    def busy(server: Server, connection: socket.socket) -> None:
        while True:
            server.read_head(connection)
            connection.sendall(BUSY)

    error, took = _put(_client(serve(busy)), b"", seconds=0.4)

    assert isinstance(error, DeadlineError)
    assert 0.3 < took < 0.8


def test_a_connection_that_is_closed_after_the_answer_gives_all_of_it(serve: Serve) -> None:
    def close(server: Server, connection: socket.socket) -> None:
        server.read_head(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + LARGE)

    with until(Deadline(20)):
        body = _client(serve(close)).get_object(Bucket="b", Key="k")["Body"].read()

    assert len(body) == len(LARGE)


def test_a_thread_of_the_writer_s_own_connects_by_itself(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever waits for it leaves it at the deadline. A further thread for each connection would cost memory."""
    calls: list[object] = []
    errors: list[Exception | None] = []
    monkeypatch.setattr(threads, "call", lambda *arguments: calls.append(arguments))

    def answer(server: Server, connection: socket.socket) -> None:
        server.read_head(connection)
        connection.sendall(STORED)

    made = _client(serve(answer))

    def put() -> None:
        begin(Deadline(5))
        errors.append(_put(made, b"", seconds=5)[0])

    own = threading.Thread(target=put)
    own.start()
    own.join(10)

    assert errors == [None]
    assert calls == []
