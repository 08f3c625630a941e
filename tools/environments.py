#!/usr/bin/env python3
"""Make the project's Python environments from their locked requirements, and run something in one.

An environment is made once for each content of its lock file, below .cache/environments. Only the standard library is
used here: this is what everything else is started with.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".cache" / "environments"
OLDEST = (3, 11)
# Resolved: the same from within an environment that was made with it.
THIS_PYTHON = Path(sys.executable).resolve()

# Which Python each environment wants, the best first; None is the one that runs this file.
WANTED: Mapping[str, tuple[str | None, ...]] = {
    "dev": (None,),
    # MiniStack runs the functions on its own interpreter: the runtime's default, where it is at hand.
    "emulator": ("3.13", "3.12", None),
    "runtime-oldest": ("3.12",),
    "runtime-newest": ("3.13",),
    # checkov and parliament come with old pins.
    "scan": ("3.11", "3.12", None),
    "access": ("3.11", "3.12", None),
    "bench": (None,),
    "cloud": (None,),
}


class MissingError(Exception):
    """Something that the project needs is not on this machine; the text says what, and where to get it."""


def find_python(version: str | None) -> Path | None:
    """A working interpreter of a version such as "3.13", or None.

    A name on PATH may be a shim that only prints an error, so a candidate is run before it is believed.
    """
    if version is None or version == "{}.{}".format(*sys.version_info):
        return THIS_PYTHON
    candidates = [Path(found)] if (found := shutil.which(f"python{version}")) else []
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    candidates += sorted(pyenv.glob(f"versions/{version}.*/bin/python{version}"), reverse=True)
    for candidate in candidates:
        answer = _try([candidate, "-c", "import sys; print('{}.{}'.format(*sys.version_info))"])
        if answer == version:
            return candidate
    return None


def interpreter(name: str) -> Path | None:
    """The Python of an environment, made first where that is needed; None where no wanted Python is at hand."""
    python = next((found for version in WANTED[name] if (found := find_python(version))), None)
    if python is None:
        return None
    lock = ROOT / "requirements" / f"{name}.txt"
    folder = _folder(name, lock, str(python))
    with complete(folder) as done:
        if not done:
            _say(f"making the environment {name} ...")
            uv = _uv()
            _must([uv, "venv", "--quiet", "--clear", "--python", python, folder])
            _must([uv, "pip", "sync", "--quiet", "--require-hashes", "--python", folder, lock])
    return _python_of(folder)


def _uv() -> Path:
    """uv, which makes the other environments in a tenth of pip's time; pip gets it."""
    lock = ROOT / "requirements" / "uv.txt"
    folder = _folder("uv", lock, str(THIS_PYTHON))
    with complete(folder) as done:
        if not done:
            if importlib.util.find_spec("ensurepip") is None:
                raise MissingError("Python's venv is needed: `apt install python3-venv` on Debian and Ubuntu.")
            _must([THIS_PYTHON, "-m", "venv", "--clear", folder])
            pip = [str(_python_of(folder)), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            _must([*pip, "--require-hashes", "--requirement", lock])
    return folder / "bin" / "uv"


def make() -> Mapping[str, Path | None]:
    """Make every environment that is not there yet. Returns their interpreters, or None where no Python fits."""
    return {name: interpreter(name) for name in WANTED}


def lock() -> None:
    """Resolve every requirements/*.in anew into its lock file."""
    for source in sorted((ROOT / "requirements").glob("*.in")):
        _say(f"locking {source.name} ...")
        resolve = [str(_uv()), "pip", "compile", "--quiet", "--upgrade", "--universal", "--python-version", "3.11"]
        unbound = ["--generate-hashes", "--no-emit-index-url", "--no-header"]
        target = source.with_suffix(".txt").relative_to(ROOT)
        _must([*resolve, *unbound, str(source.relative_to(ROOT)), "--output-file", str(target)])


def _folder(name: str, lock: Path, python: str) -> Path:
    key = hashlib.sha256(lock.read_bytes() + python.encode()).hexdigest()[:12]
    return CACHE / f"{name}-{key}"


@contextlib.contextmanager
def complete(folder: Path) -> Iterator[bool]:
    """Whether a folder was finished; it is, when the block ends well. Others wait meanwhile."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / f"{folder.name}.lock").open("w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        mark = folder / ".complete"
        yield mark.exists()
        mark.touch()


def _python_of(folder: Path) -> Path:
    return folder / "bin" / "python"


def _must(command: Sequence[str | Path]) -> None:
    # Not at the top: that module cannot be imported by the old Pythons that main() names.
    from tools import process  # noqa: PLC0415

    # The system's certificates, for networks whose proxy signs with its own; and never a downloaded Python.
    environment = {**os.environ, "UV_SYSTEM_CERTS": "true", "UV_PYTHON_DOWNLOADS": "never", "UV_NO_CONFIG": "1"}
    outcome = process.run(command, cwd=ROOT, env=environment)
    if outcome.returncode:
        raise MissingError(f"`{' '.join(map(str, command))}` failed; it needs the Python package index.")


def _try(command: list[str | Path]) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=10, check=True).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    run = commands.add_parser("run", help="run Python in an environment, with the arguments that follow")
    run.add_argument("name", choices=WANTED)
    run.add_argument("arguments", nargs=argparse.REMAINDER)
    commands.add_parser("make", help="make all environments")
    commands.add_parser("lock", help="resolve requirements/*.in anew")
    chosen = parser.parse_args()
    try:
        if sys.version_info < OLDEST:
            raise MissingError("Python 3.11 or newer is needed: get it from https://www.python.org/downloads/.")
        if chosen.command == "run":
            python = interpreter(chosen.name)
            if python is None:
                raise MissingError(f"The environment {chosen.name} needs one of Python {WANTED[chosen.name]}.")
            os.chdir(ROOT)
            os.execv(python, [str(python), *chosen.arguments])  # in this process's place, so that Ctrl-C reaches it
        if chosen.command == "make":
            for name, python in make().items():
                print(name, python or "skipped: its Python is not on this machine")
        if chosen.command == "lock":
            lock()
    except MissingError as error:
        _say(f"error: {error}")
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))  # this file is run as a script, so that no package is needed to start
    sys.exit(main())
