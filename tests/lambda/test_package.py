"""lambda/package.zip: what is committed is what is built, and every interpreter builds the same bytes."""

from __future__ import annotations

import hashlib
import io
import re
import subprocess
import sys
import zipfile

import pytest

from tools.environments import ROOT, find_python

BUILD = ROOT / "lambda" / "build.py"
PACKAGE = ROOT / "lambda" / "package.zip"
_HASH = "import build, hashlib; print(hashlib.sha256(build.build()).hexdigest())"
# The design's direction: which part of the package may import which. What is in a folder is one part.
_ANYBODY = {"errors", "model", "log", "deadline", "invocation", "threads"}
_IMPORTS = {
    "__init__": set[str](),
    "errors": {"model"},  # for its types only
    "log": set[str](),
    "deadline": {"errors"},
    "connection": {"deadline"},
    "loader": set[str](),
    "invocation": {"deadline", "log"},
    "threads": {"deadline"},
    "model": {"errors"},
    "config": _ANYBODY,
    "events": _ANYBODY,
    "batch": _ANYBODY,
    "session": _ANYBODY | {"config", "connection", "loader"},
    "transfer": _ANYBODY | {"config"},
    "handler": _ANYBODY | {"config", "events", "batch", "session", "transfer"},
}


def test_the_committed_package_is_the_built_one() -> None:
    outcome = subprocess.run([sys.executable, BUILD, "--check"], capture_output=True, text=True, check=False)

    assert outcome.returncode == 0, outcome.stderr


@pytest.mark.parametrize("version", ["3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14"])
def test_every_interpreter_builds_the_same_bytes(version: str) -> None:
    python = find_python(version)
    if python is None:
        pytest.skip(f"Python {version} is not on this machine")

    built = subprocess.run(
        [python, "-c", _HASH], cwd=BUILD.parent, capture_output=True, text=True, check=True
    ).stdout.strip()

    assert built == hashlib.sha256(PACKAGE.read_bytes()).hexdigest()


def test_it_holds_the_sources_and_nothing_else() -> None:
    sources = {
        path.relative_to(BUILD.parent).as_posix(): path for path in BUILD.parent.glob("cross_account_s3/**/*.py")
    }
    with zipfile.ZipFile(io.BytesIO(PACKAGE.read_bytes())) as archive:
        assert sorted(sources) == archive.namelist()
        assert all(archive.read(name) == path.read_bytes() for name, path in sources.items())


def test_imports_are_the_standard_library_botocore_and_the_design_s_direction() -> None:
    found: dict[str, set[str]] = {}
    for path in BUILD.parent.glob("cross_account_s3/**/*.py"):
        part = path.relative_to(BUILD.parent / "cross_account_s3").parts[0].removesuffix(".py")
        modules = re.findall(r"^\s*(?:from|import) ([\w.]+)", path.read_text(), re.MULTILINE)
        foreign = {name.partition(".")[0] for name in modules} - sys.stdlib_module_names - {"cross_account_s3"}
        assert foreign <= {"botocore"}, path
        ours = {name.split(".")[1] for name in modules if name.startswith("cross_account_s3.")}
        found.setdefault(part, set()).update(ours - {part})

    assert found.keys() == _IMPORTS.keys()
    assert {part: ours - _IMPORTS[part] for part, ours in found.items()} == {part: set() for part in found}


def test_decoders_are_pure() -> None:
    for path in BUILD.parent.glob("cross_account_s3/events/*.py"):
        assert "botocore" not in path.read_text(), path
