"""Listens on the loopback interface until it is cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from tools.stub.backend import Backend
from tools.stub.connection import BUFFER_BYTES, Connection


async def serve(backend: Backend, port: int, listening: Callable[[str], object]) -> None:
    """Serve at 127.0.0.1; port 0 is any that is free. ``listening`` is told the endpoint."""
    # One buffer is enough: what arrives is taken out of it before anything else happens.
    buffer = memoryview(bytearray(BUFFER_BYTES))
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(backend, buffer), "127.0.0.1", port, backlog=1024)
    try:
        listening(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        await loop.create_future()  # for ever
    finally:
        server.close()
        for connection in list(backend.connections):
            connection.abort()
