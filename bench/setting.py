"""What every row needs: S3 and STS, the writer unpacked from its zip, and fresh processes that run functions."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import zipfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from bench import child
from bench.server import Server, etag
from tests.support.environment import S3_ACCOUNT, every_way, function_variables, queue
from tools.environments import ROOT, MissingError, interpreter

WRITER_MODULE = "cross_account_s3.handler"
BENCH = ROOT / "bench"
_ROLE = f"arn:aws:iam::{S3_ACCOUNT}:role/inbound-mail-s3-writer"


@dataclass(frozen=True)
class Pace:
    """How the server answers: ``latency`` in seconds before each answer, ``bandwidth`` in bytes a second for each
    connection and direction."""

    latency: float = 0.0
    bandwidth: float | None = None

    def __str__(self) -> str:
        return "paced" if self.bandwidth else "unpaced"


# A bucket in the same region, roughly: the first byte after tens of milliseconds, some 80 MB/s for each connection.
PACED = Pace(0.03, 80e6)
UNPACED = Pace()


@dataclass(frozen=True)
class Ran:
    """What one process did that ran functions: for each module the ``seconds`` and ``cpu_seconds`` of its invocations,
    and of its ``first`` (both, from its import to its first answer)."""

    seconds: Mapping[str, list[float]]
    cpu_seconds: Mapping[str, list[float]]
    first: Mapping[str, tuple[float, float]]
    peak_bytes: int
    process_seconds: float


class Setting:
    """The buckets ``source`` and ``destination`` on a server in a process of its own, and functions that use them.

    Args:
        quick: fewer rounds, smaller objects.
    """

    def __init__(self, *, quick: bool) -> None:
        self.quick = quick
        self.say: Callable[[str], None] = lambda detail: None

    def __enter__(self) -> Self:
        if not sys.platform.startswith("linux"):
            raise MissingError("The benchmarks need Linux: a process's peak memory is read from /proc.")
        python = interpreter("bench")
        if python is None:
            raise MissingError("The benchmarks need Python 3.11 or newer.")
        self.python = python
        with ExitStack() as stack:
            self.folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
            self.server = stack.enter_context(Server())
            self._code = self.folder / "code"
            with zipfile.ZipFile(ROOT / "lambda" / "package.zip") as archive:
                archive.extractall(self._code)
            self._write_configuration()
            # Lambda's SDK is compiled. A function's own code is not: its folder cannot be written to.
            self.run([python, "-m", "compileall", "-q", python.parent.parent / "lib"])
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def pace(self, pace: Pace) -> None:
        """Have the server answer at a pace, and begin its counts anew."""
        self.server.configure(latency=pace.latency, bandwidth=pace.bandwidth)

    def source(self, size: int) -> Any:
        """Put an object of so many bytes into ``source``; the event that S3 tells of it."""
        key = f"{size}-bytes"
        self.server.put("source", key, size)
        s3 = {"bucket": {"name": "source"}, "object": {"key": key, "eTag": etag(key, size), "sequencer": "01"}}
        return {"Records": [{"eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "s3": s3}]}

    def check(self, size: int) -> None:
        """That the object of so many bytes has arrived; and take it away.

        Raises:
            RuntimeError: it has not. What did not do its job is not measured.
        """
        stored = self.server.take("destination", f"inbox/{size}-bytes")
        if stored != size:
            raise RuntimeError(f"{size} bytes were to be copied, and there are {stored}")

    def invoke(self, *modules: str, event: object, warm_up: object = None, times: int = 1, **changed: str) -> Ran:
        """Invoke functions in a fresh process, in turn; ``changed`` are variables of theirs."""
        asked = {"modules": modules, "event": event, "warm_up": warm_up, "times": times}
        finished = self.run([self.python, BENCH / "function.py"], given=json.dumps(asked).encode(), **changed)
        return Ran(**json.loads(finished.output), process_seconds=finished.seconds)

    def run(self, *commands: Sequence[str | Path], given: bytes = b"", **changed: str) -> child.Finished:
        """Run a command, or a pipe of several, in the functions' environment."""
        return child.run(*commands, environment={**self._environment(), **changed}, folder=self.folder, given=given)

    def requests(self) -> Counter[str]:
        """How often each operation was asked for since the pace was set."""
        return Counter(self.server.counts())

    def _environment(self) -> Mapping[str, str]:
        """A function's variables, as Terraform and Lambda set them, and those that the baselines read."""
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(self.folder),
            "TMPDIR": str(self.folder),
            "PYTHONPATH": os.pathsep.join((str(self._code), str(BENCH / "baselines"))),
            "PYTHONDONTWRITEBYTECODE": "1",
            "AWS_ENDPOINT_URL": self.server.endpoint,
            "AWS_ACCESS_KEY_ID": "ASIAFUNCTION",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_SESSION_TOKEN": "token",
            "AWS_REGION": "eu-central-1",
            "AWS_DEFAULT_REGION": "eu-central-1",
            "AWS_CONFIG_FILE": str(self.folder / "config"),
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_LAMBDA_FUNCTION_NAME": "inbound-mail",
            **function_variables("destination", sources=every_way("source")),
            "ROLE_ARN": _ROLE,
            "BUCKET": "destination",
        }

    def _write_configuration(self) -> None:
        """What botocore and the CLI read: the profile ``writer`` acts as the role."""
        # Over plain HTTP botocore hashes each body for the signature. Over HTTPS it does not: so here, too.
        unsigned = "region = eu-central-1\ns3 =\n  payload_signing_enabled = false\n"
        writer = f"role_arn = {_ROLE}\ncredential_source = Environment\n"
        (self.folder / "config").write_text(f"[default]\n{unsigned}\n[profile writer]\n{writer}{unsigned}")


def direct(size: int) -> Any:
    """A direct event with a body of so many bytes."""
    return {"key": "inbox/direct", "body": "x" * size}


def batch(size: int) -> Any:
    """A batch of so many messages of SQS, of about 200 bytes each."""

    def message(number: int) -> Any:
        return {
            "messageId": f"message-{number:06}",
            "body": json.dumps({"order": number, "customer": "c" * 100, "lines": [{"sku": "s" * 20, "count": 1}]}),
            "attributes": {"SentTimestamp": "1770091506789"},
            "eventSource": "aws:sqs",
            "eventSourceARN": queue("messages"),
        }

    return {"Records": [message(number) for number in range(size)]}
