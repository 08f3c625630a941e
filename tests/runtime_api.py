"""Lambda's Runtime API on loopback, and the package run under the official runtime interface client.

The API's four calls stand in the AWS Lambda Developer Guide, "Using the Lambda runtime API for custom runtimes".
"""

from __future__ import annotations

import contextlib
import json
import queue
import subprocess
import threading
import time
import zipfile
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any

from tools.environments import ROOT
from tools.process import Process

_SECONDS = 30


class Runtime:
    """A function's environment: the package unpacked, its handler waiting for events."""

    def __init__(self, python: Path, folder: Path, environment: Mapping[str, str]) -> None:
        self._python = python
        self._folder = folder
        self._environment = environment
        self._events: queue.Queue[bytes] = queue.Queue()
        self._answers: queue.Queue[tuple[str, Any]] = queue.Queue()

    def __enter__(self) -> Runtime:
        code = self._folder / "code"
        with zipfile.ZipFile(ROOT / "lambda" / "package.zip") as archive:
            archive.extractall(code)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        environment = {
            "AWS_LAMBDA_LOG_LEVEL": "INFO",
            **self._environment,
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self._server.server_port}",
            "AWS_LAMBDA_LOG_FORMAT": "JSON",
            "LAMBDA_TASK_ROOT": str(code),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        self.log = self._folder / "log"
        with self.log.open("wb") as log:
            self._process = Process(
                [self._python, "-m", "awslambdaric", "cross_account_s3.handler.handler"],
                cwd=code,
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        self._server.shutdown()
        self._server.server_close()

    def invoke(self, event: object) -> tuple[str, Any]:
        """Send an event; "response" or "error", and what the function said."""
        self._events.put(json.dumps(event).encode())
        deadline = time.monotonic() + _SECONDS
        while self._process.poll() is None and time.monotonic() < deadline:
            with contextlib.suppress(queue.Empty):
                return self._answers.get(timeout=0.1)
        raise RuntimeError(f"no answer (exit code {self._process.poll()}):\n{self.log.read_text()}")

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        events, answers = self._events, self._answers

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:  # invocation/next
                body = events.get()
                self.send_response(200)
                self.send_header("Lambda-Runtime-Aws-Request-Id", "00000000-0000-0000-0000-000000000000")
                self.send_header("Lambda-Runtime-Deadline-Ms", str(int(1000 * (time.time() + _SECONDS))))
                self.send_header("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:eu-central-1:1:function:mail")
                self.send_header("Content-Type", "application/json")  # without it the client crashes
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self) -> None:  # invocation/ID/response, invocation/ID/error, init/error
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(202)
                self.send_header("Content-Length", "0")
                self.end_headers()
                answers.put((self.path.rpartition("/")[2], body))

            def log_message(self, format: str, *arguments: object) -> None:
                return

        return Handler
