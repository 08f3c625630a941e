"""Run a command, and end everything that it started when it ends or when the process that asked for it is gone.

`tools.process` starts this as a script, so it imports little. Its arguments are a file descriptor and the command. The
descriptor is the reading end of a pipe. The kernel closes the writing end when the process that holds it ends, even by
SIGKILL.

- A byte in the pipe is the number of a signal for the command. The pipe keeps their order, and takes SIGKILL and
  SIGSTOP, which a supervisor cannot catch. SIGKILL ends the command and everything that it started.
- SIGHUP, SIGINT and SIGTERM, when the supervisor gets them itself, are passed on to the command.
- The exit code is that of the command. A command that a signal ended ends its supervisor by the same signal.
- On Linux a process whose parent has ended becomes a child of its supervisor (prctl(2), PR_SET_CHILD_SUBREAPER), also
  when it has left the process group and the session. Elsewhere only the command's process group is ended.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import sys
import time
from collections.abc import Iterator

_PASSED_ON = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)
_IGNORED_BY_PYTHON = (signal.SIGPIPE, signal.SIGXFSZ)  # and by what Python starts, unless that is reset
_PR_SET_CHILD_SUBREAPER = 36


def supervise(control: int, command: list[str]) -> int:
    """Run a command until it ends, or until the pipe ``control`` closes. Returns what `waitpid` says of the command."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    os.set_inheritable(control, False)
    own = _own_signals()
    command_pid = os.posix_spawnp(command[0], command, os.environ, setpgroup=0, setsigdef=_IGNORED_BY_PYTHON)
    ended: dict[int, int] = {}
    while command_pid not in ended:
        readable, _, _ = select.select([control, own], [], [])
        numbers = [number for number in os.read(own, 512) if number in _PASSED_ON] if own in readable else []
        if control in readable:
            numbers += os.read(control, 512) or [signal.SIGKILL]
        if signal.SIGKILL in numbers:
            break
        for number in numbers:
            os.kill(command_pid, number)
        _reap(ended)
    _kill_all(command_pid, ended)
    return ended[command_pid]


def _own_signals() -> int:
    """A descriptor from which the numbers of the signals that this process gets are read, a byte each."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing)
    for number in (*_PASSED_ON, signal.SIGCHLD):
        signal.signal(number, lambda *_: None)  # Python writes to the descriptor only for signals with a handler
    return reading


def _reap(ended: dict[int, int]) -> bool:
    """Note the status of every child that has ended. Returns whether there are others."""
    try:
        while found := os.waitpid(-1, os.WNOHANG):
            pid, status = found
            if not pid:
                return True
            ended[pid] = status
    except ChildProcessError:
        pass
    return False


def _kill_all(group: int, ended: dict[int, int]) -> None:
    """Kill a process group and every child. The children of each become ours, until there are none."""
    with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS refuses a group that has ended
        os.killpg(group, signal.SIGKILL)
    while _reap(ended):
        for pid in _children():
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.01)


def _children() -> Iterator[int]:
    if sys.platform != "linux":
        return
    for name in os.listdir("/proc"):  # noqa: PTH208 - pathlib would double the time that a start takes
        if name.isdigit():
            with contextlib.suppress(FileNotFoundError, ProcessLookupError), open(f"/proc/{name}/stat", "rb") as stat:  # noqa: PTH123
                # proc_pid_stat(5): the name in parentheses may hold anything; the state and the parent follow it.
                if int(stat.read().rpartition(b")")[2].split()[1]) == os.getpid():
                    yield int(name)


def main() -> int:
    try:
        code = os.waitstatus_to_exitcode(supervise(int(sys.argv[1]), sys.argv[2:]))
    except (FileNotFoundError, PermissionError) as error:
        print(f"error: {sys.argv[2]} cannot be run: {error.strerror}", file=sys.stderr)
        return 127
    if code < 0:
        with contextlib.suppress(OSError):  # SIGKILL has no handler
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    return code


if __name__ == "__main__":
    sys.exit(main())
