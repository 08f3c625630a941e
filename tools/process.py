"""Processes that end with the one that starts them, however that ends, and with everything that they started."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import weakref
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

_SUPERVISOR = Path(__file__).with_name("supervisor.py")


class Process(subprocess.Popen[str]):  # noqa: TID251 - this is what others use instead
    """A command below a supervisor of its own, in a session of its own: Ctrl-C in a terminal does not reach it.

    It is used as `subprocess.Popen` is. ``pid`` is the supervisor's. Signals go to the command, the exit code is the
    command's, and pipes are in text mode. The command is killed when this process ends, when this object is dropped,
    and when a `with` block of it raises.

    Args:
        command: the program and its arguments. A program that cannot be run is exit code 127 and a sentence on stderr.
        options: what `subprocess.Popen` takes.
    """

    def __init__(self, command: Sequence[str | Path], **options: Any) -> None:
        reading, self._control = os.pipe()
        weakref.finalize(self, os.close, self._control)
        supervisor = [sys.executable, "-I", "-S", str(_SUPERVISOR), str(reading)]
        try:
            super().__init__(
                [*supervisor, *map(str, command)], text=True, start_new_session=True, pass_fds=[reading], **options
            )
        finally:
            os.close(reading)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Wait for the command; kill it, and everything that it started, when the block ended with an exception."""
        if kind is not None:
            self.kill()
        super().__exit__(kind, error, trace)

    def send_signal(self, sig: int) -> None:
        """Send a signal to the command, unless it has ended. SIGKILL ends it and everything that it started."""
        if self.poll() is None:
            with contextlib.suppress(BrokenPipeError):  # it has ended since
                os.write(self._control, bytes([sig]))

    def end(self, number: signal.Signals, seconds: float) -> None:
        """Ask the command to end with a signal; kill it, and everything that it started, if it runs on so long."""
        self.send_signal(number)
        try:
            self.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            self.wait()


def run(command: Sequence[str | Path], given: str = "", **options: Any) -> subprocess.CompletedProcess[str]:
    """What `subprocess.run` does, with a `Process`; ``given`` is what the command reads on stdin."""
    with Process(command, stdin=subprocess.PIPE, **options) as process:
        stdout, stderr = process.communicate(given)
    return subprocess.CompletedProcess(command, process.returncode, stdout, stderr)
