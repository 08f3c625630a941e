"""One connection: requests are read, handed to the backend and answered, at its pace and with its faults."""

from __future__ import annotations

import asyncio
import socket
import struct
import sys
import traceback
from typing import TYPE_CHECKING

from tools.stub.content import Incoming
from tools.stub.faults import Fault, Stage
from tools.stub.wire import CONTROL, Answer, Body, Request, ServiceError, parse

if TYPE_CHECKING:
    from tools.stub.backend import Backend

BUFFER_BYTES = 256 * 1024
_HEAD_BYTES = 64 * 1024
_PENDING_BYTES = 1024 * 1024
_JOINED_BYTES = 16 * 1024  # an answer up to this is one write
_PIECE_SECONDS = 0.005  # with a bandwidth, how much is moved at once
_NOTICE_SECONDS = 0.02  # until it is known that the other side has closed
_CATCH_UP_SECONDS = 0.05  # how much of a late timer is made good


class _Dropped(Exception):  # noqa: N818 (it is what was asked for)
    """A fault has ended the connection."""


class _Pace:
    """When bytes may move: by a schedule, so that late timers do not add up."""

    def __init__(self) -> None:
        self._free = 0.0

    def begin(self, now: float) -> None:
        self._free = now

    def spend(self, size: int, bandwidth: float, now: float) -> float:
        """Seconds to wait until ``size`` bytes more have gone at ``bandwidth`` bytes a second."""
        self._free = max(self._free, now - _CATCH_UP_SECONDS) + size / bandwidth
        return self._free - now


class Connection(asyncio.BufferedProtocol):
    """What arrives is taken by callbacks into the server's one buffer; a task per connection does the rest."""

    _transport: asyncio.Transport
    _task: asyncio.Task[None]

    def __init__(self, backend: Backend, buffer: memoryview) -> None:
        self._backend = backend
        self._buffer = buffer
        self._loop = asyncio.get_running_loop()
        self._pending = bytearray()  # what arrived ahead of its reader: a head, mostly
        self._body: Body | None = None
        self._mark = 0  # wake the reader of a body at this size, before its end
        self._arrived = asyncio.Event()
        self._writable = asyncio.Event()
        self._writable.set()
        self._pace = _Pace()
        self._held = False
        self._sent = 0

    # What the event loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.set_write_buffer_limits(high=0)  # what the kernel does not take at once is copied: keep that small
        self._backend.connections.add(self)
        self._task = self._loop.create_task(self._serve())

    def connection_lost(self, _: Exception | None) -> None:
        self._backend.connections.discard(self)
        self._task.cancel()

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._buffer[: self._piece()]

    def buffer_updated(self, nbytes: int) -> None:
        data = self._buffer[:nbytes]
        body = self._body
        if body is not None and not body.done:
            used = body.feed(data)
            data = data[used:]
            bandwidth = self._backend.settings.bandwidth
            if (
                bandwidth is not None
                and (delay := self._pace.spend(used, bandwidth, self._loop.time())) > _PIECE_SECONDS
            ):
                self._transport.pause_reading()
                self._loop.call_later(delay, self._resume)
            if body.done or body.incoming.size >= self._mark:
                self._arrived.set()
        if data:
            self._pending += data
            self._arrived.set()
            if len(self._pending) > _PENDING_BYTES:
                self._transport.pause_reading()

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    # The task

    async def _serve(self) -> None:
        try:
            while True:
                await self._exchange(self._backend.route(await self._read_head()))
        except _Dropped:
            pass
        except Exception:
            self._backend.failures.append(traceback.format_exc())
            print(self._backend.failures[-1], file=sys.stderr)
            self._transport.abort()

    async def _exchange(self, request: Request) -> None:
        if request.path.startswith(CONTROL):
            incoming = Incoming(keep=True, verify=False)
            await self._read_body(request, incoming, None)
            await self._write(request, self._backend.control(request, incoming.data), None)
            return
        backend = self._backend
        fault = backend.faults.strike(request)
        answer: Answer | None = None
        incoming = backend.incoming(request)
        try:
            await self._stage("head", fault)
            body = await self._read_body(request, incoming, fault)
            if fault is not None and fault.hang in (
                "head",
                "body",
            ):  # nothing was read, nor whether the client has left
                await asyncio.sleep(_NOTICE_SECONDS)
            await self._stage("before", fault)
            answer = backend.answer(request, body, fault)
            await self._stage("after", fault)
            if backend.settings.latency:
                await asyncio.sleep(backend.settings.latency)
            backend.record(request, answer, incoming.size)
        except (_Dropped, asyncio.CancelledError):
            backend.record(request, None, incoming.size)
            raise
        await self._write(request, answer, fault)

    async def _stage(self, stage: Stage, fault: Fault | None) -> None:
        """Let happen what the fault has in mind for this stage."""
        if fault is None or fault.stage != stage:
            return
        if fault.hang:
            self._held = True
            if stage in ("head", "body"):
                self._transport.pause_reading()
            await asyncio.sleep(fault.seconds)
            self._held = False
            self._transport.resume_reading()
            return
        if fault.reset:
            linger = struct.pack("ii", 1, 0)  # on, 0 s: what is still to be sent is thrown away, and RST is sent
            self._transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self._transport.abort()
        else:
            self._transport.close()
        raise _Dropped

    async def _read_head(self) -> Request:
        while (end := self._pending.find(b"\r\n\r\n")) < 0:
            if len(self._pending) > _HEAD_BYTES:
                raise ServiceError(400, "RequestHeaderSectionTooLarge")
            await self._arrival()
        head = bytes(self._pending[:end])
        del self._pending[: end + 4]
        return parse(head)

    async def _read_body(self, request: Request, incoming: Incoming, fault: Fault | None) -> Body:
        body = Body(request.headers, incoming)
        if fault is not None and fault.stage == "body":
            self._mark = body.expected // 2 if fault.offset is None else fault.offset
        else:
            self._mark = sys.maxsize
        self._pace.begin(self._loop.time())
        if not body.done and request.headers.get("expect", "").lower() == "100-continue":
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        self._body = body
        if self._pending:
            early, self._pending = self._pending, bytearray()
            used = body.feed(memoryview(early))
            self._pending += early[used:]
        while not body.done:
            if incoming.size >= self._mark:
                self._mark = sys.maxsize
                await self._stage("body", fault)
            self._resume()
            if not body.done:
                await self._arrival()
        if self._mark != sys.maxsize:
            await self._stage("body", fault)
        self._body = None
        if (bandwidth := self._backend.settings.bandwidth) and (
            delay := self._pace.spend(0, bandwidth, self._loop.time())
        ) > 0:
            await asyncio.sleep(delay)
        return body

    async def _write(self, request: Request, answer: Answer, fault: Fault | None) -> None:
        head = answer.head()
        length = 0 if request.method == "HEAD" else answer.length
        start, stop = answer.start, answer.start + length
        bandwidth = self._backend.settings.bandwidth if not request.path.startswith(CONTROL) else None
        broken = fault is not None and fault.stage == "answer"
        if length <= _JOINED_BYTES and bandwidth is None and not broken:
            self._transport.write(b"".join([head, *answer.content.read(start, stop, _JOINED_BYTES)]))
            return
        self._transport.write(head)
        if broken and fault is not None:
            offset = length // 2 if fault.offset is None else min(fault.offset, length)
            await self._send(answer, start, start + offset, bandwidth)
            await self._stage("answer", fault)
            start += offset
        await self._send(answer, start, stop, bandwidth)

    async def _send(self, answer: Answer, start: int, stop: int, bandwidth: float | None) -> None:
        self._pace.begin(self._loop.time())
        for view in answer.content.read(start, stop, self._piece()):
            if bandwidth is not None and (delay := self._pace.spend(len(view), bandwidth, self._loop.time())) > 0:
                await asyncio.sleep(delay)
            await self._writable.wait()
            if self._transport.is_closing():  # the client has enough of it, as one that goes on with ranges
                return
            self._transport.write(view)

    # Smaller things

    def abort(self) -> None:
        self._transport.abort()

    def _piece(self) -> int:
        bandwidth = self._backend.settings.bandwidth
        if bandwidth is None:
            return BUFFER_BYTES
        return min(max(int(bandwidth * _PIECE_SECONDS), 1024), BUFFER_BYTES)

    def _resume(self) -> None:
        if not self._held and not self._transport.is_closing():
            self._transport.resume_reading()

    async def _arrival(self) -> None:
        self._arrived.clear()
        await self._arrived.wait()
