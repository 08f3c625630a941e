"""Connections that send nothing after the deadline, and wait for nothing beyond it.

botocore has one time-out for all requests of a client, and tries a request again whenever that may help. A function has
as much time as its invocation has left. When the deadline passes, the request that is being made ends and its
connection is closed: Lambda freezes the process between invocations, and what went on sending when it thaws would
overwrite what has been written since.

Python's own time-outs are not enough for the handler's thread, which must answer in time. They hold for each piece of
an answer, so an answer that trickles in has no end; and looking up a name has none at all.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from botocore.awsrequest import (
    AWSHTTPConnection,
    AWSHTTPConnectionPool,
    AWSHTTPSConnection,
    AWSHTTPSConnectionPool,
)
from botocore.retries import standard

from cross_account_s3 import deadline, threads

if TYPE_CHECKING:
    from botocore.session import Session

_SEND_SECONDS = 30.0  # for a piece of a body to leave
_BLOCK_BYTES = 64 * 1024


class _Bounded:
    """Between botocore's connection and what it inherits from: looks at the deadline of the thread that uses it."""

    sock: Any
    _timeout: Any = None

    @property
    def timeout(self) -> Any:
        """Seconds to connect, and with urllib3 2 to wait for an answer: as usual, or as many as are left."""
        return _at_most(self._timeout)

    @timeout.setter
    def timeout(self, usual: Any) -> None:
        self._timeout = usual

    def connect(self) -> None:
        current = deadline.current()
        current.check()
        if deadline.must_return():
            threads.call(super().connect, current)  # type: ignore[misc]
        else:
            super().connect()  # type: ignore[misc]
        self.sock = _Socket(self.sock)

    def send(self, data: Any) -> None:
        # urllib3 2 hands over a body in pieces, urllib3 1 as a file.
        for piece in iter(lambda: data.read(_BLOCK_BYTES), b"") if hasattr(data, "read") else (data,):
            deadline.current().check()
            if self.sock is not None:  # else sending connects first
                self.sock.settimeout(_at_most(_SEND_SECONDS))
            super().send(piece)  # type: ignore[misc]

    def getresponse(self, *arguments: Any, **options: Any) -> Any:
        deadline.current().check()
        self.sock.settimeout(_at_most(self.sock.gettimeout()))  # urllib3 1 has set it to the usual one
        return super().getresponse(*arguments, **options)  # type: ignore[misc]


class _Socket:
    """A connected socket, whose files never wait beyond the deadline where the thread must be back by then."""

    def __init__(self, connected: Any) -> None:
        self._connected = connected

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connected, name)

    def makefile(self, mode: str, buffering: int = -1) -> Any:
        """What http.client and botocore read answers from: a file of bytes, buffered or not."""
        if not deadline.must_return():
            return self._connected.makefile(mode, buffering)
        raw = _Pieces(self._connected, self._connected.makefile(mode, 0).close)
        return io.BufferedReader(raw) if buffering else raw


class _Pieces(io.RawIOBase):
    """The bytes that a socket receives."""

    def __init__(self, connected: Any, close: Callable[[], None]) -> None:
        self._connected = connected
        self._close = close  # the socket stays open until its last file is closed

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        usual = self._connected.gettimeout()
        if usual is None or deadline.current().left() < usual:
            deadline.current().check()
            self._connected.settimeout(_at_most(usual))
        received: int = self._connected.recv_into(buffer)
        return received

    def close(self) -> None:
        super().close()
        self._close()


def _at_most(usual: Any) -> Any:
    """A time-out that is no longer than the time that is left. It may be None or urllib3's mark for the default."""
    left = deadline.current().left_or_none()
    if left is None:
        return usual
    left = max(left, 0.001)  # 0 would mean "do not wait at all", with an error of its own
    return min(usual, left) if isinstance(usual, int | float) else left


class _BoundedHTTPConnection(_Bounded, AWSHTTPConnection):  # type: ignore[misc]
    pass


class _BoundedHTTPSConnection(_Bounded, AWSHTTPSConnection):  # type: ignore[misc]
    pass


# botocore makes its pools itself and lets nobody choose: the class that they make connections of is all there is.
AWSHTTPConnectionPool.ConnectionCls = _BoundedHTTPConnection
AWSHTTPSConnectionPool.ConnectionCls = _BoundedHTTPSConnection


class _Backoff(standard.ExponentialBackoff):
    """Seconds to wait before a request is made again: no longer than until the deadline, which then ends it."""

    def delay_amount(self, context: Any) -> float:
        return min(super().delay_amount(context), deadline.current().left())


# Another choice that botocore leaves to nobody.
standard.ExponentialBackoff = _Backoff  # type: ignore[misc]


def stop_at_deadline(session: Session) -> None:
    """Let clients of this session begin no request after the deadline: botocore would try again until it gives up."""
    session.register("before-send", lambda **_: deadline.current().check())
