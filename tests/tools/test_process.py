"""Nothing outlives the process that started it, however that one ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tools.environments import ROOT
from tools.process import Process, run

_SECONDS = 10
# Writes a file named like its process id, and runs on.
_LASTING = "import os, pathlib, sys, time; pathlib.Path(sys.argv[1], str(os.getpid())).touch(); time.sleep(600)"
# Starts the same in a session of its own and without a parent, as daemons are, and waits for its file.
_WITH_DAEMON = f"""
import os, subprocess, sys, time
start = "import subprocess, sys; subprocess.Popen([sys.executable, *sys.argv[1:]], start_new_session=True)"
subprocess.run([sys.executable, "-c", start, "-c", {_LASTING!r}, sys.argv[1]], check=True)
while not os.listdir(sys.argv[1]): time.sleep(0.01)
"""
_PARENT = """
import sys
from tools.process import Process
Process([sys.executable, "-c", *sys.argv[1:]]).wait()
"""

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux gives orphans to their supervisor")


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Where processes write their files. Those that a failed test leaves are killed."""
    yield tmp_path
    for pid in _running(tmp_path):
        os.kill(pid, signal.SIGKILL)


@linux
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_parent_leaves_nothing(folder: Path, number: signal.Signals) -> None:
    command = [sys.executable, "-c", _PARENT, _WITH_DAEMON + _LASTING, str(folder)]
    parent = subprocess.Popen(command, cwd=ROOT)  # noqa: TID251 - it must be the parent itself that is killed
    _wait_for(lambda: len(_running(folder)) == 2)

    parent.send_signal(number)
    parent.wait()

    _wait_for(lambda: _running(folder) == [])


@linux
def test_a_killed_command_leaves_nothing(folder: Path) -> None:
    """A supervisor below another is killed too: its processes become the other's."""
    with Process([sys.executable, "-c", _PARENT, _WITH_DAEMON + _LASTING, folder], cwd=ROOT) as process:
        _wait_for(lambda: len(_running(folder)) == 2)
        process.kill()

    assert process.returncode == -signal.SIGKILL
    assert _running(folder) == []


@linux
def test_a_command_that_ends_leaves_nothing(folder: Path) -> None:
    with Process([sys.executable, "-c", _WITH_DAEMON + "sys.exit(3)", folder]) as process:
        code = process.wait(_SECONDS)

    assert code == 3
    assert len(list(folder.iterdir())) == 1
    assert _running(folder) == []


def test_a_command_that_ignores_the_request_is_killed(folder: Path) -> None:
    ignoring = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN); " + _LASTING
    with Process([sys.executable, "-c", ignoring, folder]) as process:
        _wait_for(lambda: len(_running(folder)) == 1)
        process.end(signal.SIGINT, 0.2)

    assert process.returncode == -signal.SIGKILL
    assert _running(folder) == []


@pytest.mark.parametrize("sender", ["object", "anyone"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_reach_the_command_and_its_exit_code_comes_back(number: signal.Signals, sender: str) -> None:
    # It awaits the signal. A handler would not do: Python looks for signals before it blocks in a read, not while.
    block = "import signal, sys; number = int(sys.argv[1]); signal.pthread_sigmask(signal.SIG_BLOCK, {number})"
    program = f"{block}; print(flush=True); signal.sigwait({{number}}); sys.exit(7)"
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with Process([sys.executable, "-c", program, str(int(number))], **pipes) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "\n"  # before it ends: nothing is held back
        if sender == "object":
            process.send_signal(number)
        else:
            os.kill(process.pid, number)
        process.wait(_SECONDS)

    assert process.returncode == 7


def test_a_command_stands_still_until_it_is_continued(folder: Path) -> None:
    """Signals arrive in their order. These are sent before the command runs, and are read all at once."""
    with Process([sys.executable, "-c", _LASTING, folder]) as process:
        process.send_signal(signal.SIGSTOP)
        process.send_signal(signal.SIGCONT)
        _wait_for(lambda: len(_running(folder)) == 1)
        [pid] = _running(folder)
        process.send_signal(signal.SIGSTOP)
        _wait_for(lambda: _state(pid).startswith("T"))
        process.kill()

    assert process.returncode == -signal.SIGKILL
    assert _running(folder) == []


def test_a_block_that_raises_kills_its_command(folder: Path) -> None:
    with pytest.raises(ZeroDivisionError), Process([sys.executable, "-c", _LASTING, folder]) as process:
        _ = 1 / 0

    assert process.returncode == -signal.SIGKILL


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGPIPE, signal.SIGABRT])
def test_the_signal_that_ends_the_command_is_seen(number: signal.Signals) -> None:
    """SIGPIPE, because Python ignores it, and what Python starts would as well."""
    outcome = run(["sh", "-c", f"ulimit -c 0; kill -{int(number)} $$; exit 1"])

    assert outcome.returncode == -number


def test_run_gives_and_takes_text() -> None:
    program = "import sys; text = sys.stdin.read(); print(text.upper()); print(text, file=sys.stderr); sys.exit(4)"
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}

    outcome = run([sys.executable, "-c", program], "größe", **pipes, env={"PYTHONUTF8": "1"})

    assert (outcome.returncode, outcome.stdout, outcome.stderr) == (4, "GRÖSSE\n", "größe\n")


def test_the_command_gets_no_other_file() -> None:
    program = [sys.executable, "-c", "import os; print(sorted(os.listdir('/dev/fd')))"]

    ours = run(program, stdout=subprocess.PIPE)
    plain = subprocess.run(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, check=True)

    assert ours.stdout == plain.stdout


def test_a_command_that_does_not_exist_is_named() -> None:
    outcome = run(["/no/such/program"], stderr=subprocess.PIPE)

    assert outcome.returncode == 127
    assert outcome.stderr == "error: /no/such/program cannot be run: No such file or directory\n"


def _running(folder: Path) -> list[int]:
    return [int(path.name) for path in folder.iterdir() if _exists(int(path.name))]


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _state(pid: int) -> str:
    return subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=True).stdout


def _wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
