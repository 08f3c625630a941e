"""Processes that are measured: how long they took, what they used of the CPU, and how much memory at most."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_STOP_SECONDS = 10


@dataclass(frozen=True)
class Finished:
    """What a process, or a pipe of several, did. ``peak_bytes`` is the sum of their peaks."""

    output: bytes
    seconds: float
    cpu_seconds: float
    peak_bytes: int


def run(*commands: Sequence[str | Path], environment: Mapping[str, str], folder: Path, given: bytes = b"") -> Finished:
    """Run a command, or several as a pipe, in a process session of their own, which is gone when this returns.

    Raises:
        RuntimeError: one failed; the text is what it said.
    """
    with tempfile.TemporaryFile() as stdin, tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        stdin.write(given)
        stdin.seek(0)
        processes: list[subprocess.Popen[bytes]] = []
        started = time.perf_counter()
        try:
            for number, command in enumerate(commands, 1):
                before = processes[-1].stdout if processes else stdin
                processes.append(
                    subprocess.Popen(
                        command,
                        cwd=folder,
                        env=environment,
                        stdin=before,
                        stdout=stdout if number == len(commands) else subprocess.PIPE,
                        stderr=stderr,
                        start_new_session=True,  # so that Ctrl-C ends it here, and nowhere else
                    )
                )
                if number > 1 and before is not None:
                    before.close()  # the next one has it: the first one is told when that is gone
            usages = [_wait(process) for process in processes]
        except BaseException:
            for process in processes:
                _end(process)
            raise
        seconds = time.perf_counter() - started
        if any(process.returncode for process in processes):
            stderr.seek(0)
            said = stderr.read().decode(errors="replace")[-4000:]
            raise RuntimeError(f"`{' | '.join(' '.join(map(str, command)) for command in commands)}` failed:\n{said}")
        stdout.seek(0)
        return Finished(
            stdout.read(),
            seconds,
            sum(usage.ru_utime + usage.ru_stime for usage in usages),
            sum(usage.ru_maxrss * 1024 for usage in usages),
        )


def _wait(process: subprocess.Popen[bytes]) -> resource.struct_rusage:
    """Wait for a process, and take what the kernel counted for it."""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage


def _end(process: subprocess.Popen[bytes]) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        if process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_STOP_SECONDS)
