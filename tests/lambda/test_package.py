"""lambda/package.zip: what is committed is what is built, and every interpreter builds the same bytes."""

from __future__ import annotations

import hashlib
import io
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tools.environments import ROOT, find_python

BUILD = ROOT / "lambda" / "build.py"
PACKAGE = ROOT / "lambda" / "package.zip"
LAYER = ROOT / "lambda" / "layer.zip"
_TYPES = {"types_boto3_s3", "types_boto3_sts"}
_HASHES = "import build, hashlib as h; print(*(h.sha256(build.build(below=x)).hexdigest() for x in ('', 'python/')))"


def test_the_committed_package_is_the_built_one() -> None:
    outcome = subprocess.run([sys.executable, BUILD, "--check"], capture_output=True, text=True, check=False)

    assert outcome.returncode == 0, outcome.stderr


@pytest.mark.parametrize("version", ["3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14"])
def test_every_interpreter_builds_the_same_bytes(version: str) -> None:
    python = find_python(version)
    if python is None:
        pytest.skip(f"Python {version} is not on this machine")

    built = subprocess.run(
        [python, "-c", _HASHES], cwd=BUILD.parent, capture_output=True, text=True, check=True
    ).stdout.split()

    assert built == [hashlib.sha256(path.read_bytes()).hexdigest() for path in (PACKAGE, LAYER)]


@pytest.mark.parametrize(("built", "folder"), [(PACKAGE, ""), (LAYER, "python/")])
def test_it_holds_the_sources_and_nothing_else(built: Path, folder: str) -> None:
    sources = {
        folder + path.relative_to(BUILD.parent).as_posix(): path
        for path in BUILD.parent.glob("cross_account_s3/**/*.py")
    }
    with zipfile.ZipFile(io.BytesIO(built.read_bytes())) as archive:
        assert sorted(sources) == archive.namelist()
        assert all(archive.read(name) == path.read_bytes() for name, path in sources.items())


def test_imports_are_of_the_standard_library_and_botocore_only() -> None:
    for path in BUILD.parent.glob("cross_account_s3/**/*.py"):
        modules = re.findall(r"^\s*(?:from|import) ([\w.]+)", path.read_text(), re.MULTILINE)
        foreign = {name.partition(".")[0] for name in modules} - sys.stdlib_module_names - {"cross_account_s3"}
        assert foreign <= {"botocore", *_TYPES}, path
        # Lambda has no stubs: they are for the type checker only.
        assert _TYPES.isdisjoint(foreign) or "if TYPE_CHECKING:" in path.read_text(), path


def test_imports_keep_the_direction_of_the_design() -> None:
    """pyproject.toml has it; a new module must be put into it."""
    linter = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]

    outcome = subprocess.run(
        linter, cwd=ROOT, env={"PYTHONPATH": "lambda", "PATH": ""}, capture_output=True, text=True, check=False
    )

    assert outcome.returncode == 0, outcome.stdout


def test_decoders_are_pure() -> None:
    for path in BUILD.parent.glob("cross_account_s3/events/*.py"):
        assert "botocore" not in path.read_text(), path
