"""How a stub is started, told what to do, and asked what happened."""

from __future__ import annotations

import asyncio
import base64
import dataclasses
import http.client
import json
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode

from tools.environments import ROOT
from tools.process import Process
from tools.stub.backend import Backend, Seen, Settings
from tools.stub.server import serve
from tools.stub.store import StoredObject
from tools.stub.wire import CONTROL

_START_SECONDS = 30


class Client:
    """Controls the stub at an endpoint, such as "http://127.0.0.1:4566"; it may be used by many threads.

    Every method raises ValueError when the stub does not take its arguments.
    """

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint

    def configure(self, **changes: Any) -> None:
        """Change settings, by their names in Settings."""
        self._call("configure", **changes)

    def bucket(self, name: str, *, versioned: bool = False, owner: str = "") -> None:
        """Make a bucket, empty. ``owner`` is the account id that x-amz-expected-bucket-owner must name, "" for any."""
        self._call("bucket", name=name, versioned=versioned, owner=owner)

    def put(
        self, bucket: str, key: str, body: bytes = b"", *, size: int | None = None, **attributes: Mapping[str, str]
    ) -> StoredObject:
        """Put an object without a request: this body, or ``size`` bytes of a pattern, which take no memory.

        ``attributes`` are ``headers`` (lower-case names), ``metadata`` and ``tags``.
        """
        stored = _stored(self._call("put", body, bucket=bucket, key=key, size=size, **attributes))
        return dataclasses.replace(stored, body=body if size is None else None)

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

    def requests(self, operation: str | None = None) -> list[Seen]:
        """The requests that were recorded, in the order in which they were decided."""
        return [Seen(**seen) for seen in self._call("requests", operation=operation)]

    def count(self, operation: str | None = None, *, status: int | None = None) -> int:
        """How many requests there were: of an operation, answered with a status, or all."""
        return int(self._call("count", operation=operation, status=status))

    def traffic(self) -> dict[str, int]:
        """Bytes of bodies ``received`` and ``sent``, and the ``connections`` that are open."""
        return dict(self._call("traffic"))

    def forget(self) -> None:
        """Begin the records and counts anew."""
        self._call("forget")

    def _call(self, method: str, body: bytes = b"", /, **arguments: Any) -> Any:
        connection = http.client.HTTPConnection(self.endpoint.removeprefix("http://"))
        try:
            target = f"{CONTROL}{method}?{urlencode({'arguments': json.dumps(arguments)})}"
            connection.request("POST", target, body)
            answer = connection.getresponse()
            result = json.loads(answer.read())
        finally:
            connection.close()
        if answer.status != 200:
            raise ValueError(result)
        return result


def _stored(values: dict[str, Any]) -> StoredObject:
    body = values["body"]
    return StoredObject(**{**values, "body": None if body is None else base64.b64decode(body)})


class Stub(Client):
    """A stub in a thread of this process, for tests; the settings are those of Settings.

    Leaving it raises RuntimeError when the stub itself has failed.
    """

    def __init__(self, **settings: Any) -> None:
        self._backend = Backend(Settings(**settings))
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="stub", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait(_START_SECONDS)
        super().__init__(self._endpoint)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._task.cancel)
        self._thread.join()
        if self._backend.failures and error is None:
            raise RuntimeError(f"the stub failed:\n{self._backend.failures[0]}")

    def _run(self) -> None:
        asyncio.run(self._main())

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._task = asyncio.ensure_future(serve(self._backend, 0, self._listening))
        await asyncio.wait([self._task])

    def _listening(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._ready.set()


class StubProcess(Client):
    """A stub in a process of its own, for benchmarks; ``arguments`` are those of `python -m tools.stub --help`."""

    def __init__(self, arguments: Sequence[str] = ()) -> None:
        self._arguments = arguments

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "tools.stub", "--until-eof", *self._arguments]
        self._process = Process(command, cwd=ROOT, stdout=subprocess.PIPE, stdin=subprocess.PIPE)
        assert self._process.stdout is not None
        endpoint = self._process.stdout.readline().strip()
        if not endpoint:
            self._process.communicate()
            raise RuntimeError(f"the stub did not start: {' '.join(command)}")
        super().__init__(endpoint)
        return self

    @property
    def pid(self) -> int:
        return self._process.pid

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.communicate()
