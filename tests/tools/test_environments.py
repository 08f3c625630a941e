"""Which Python is taken, and what is said when something is missing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tools import environments, node
from tools.environments import ROOT, find_python

TOOL = ROOT / "tools" / "environments.py"


@pytest.fixture
def shim(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A `python3.99` first on PATH that only prints an error, and a pyenv without versions."""
    dead = tmp_path / "python3.99"
    dead.write_text("#!/bin/sh\necho 'pyenv: python3.99: command not found' >&2\nexit 127\n")
    dead.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    return dead


def test_a_name_on_path_that_does_not_run_is_not_believed(shim: Path) -> None:
    assert shim.exists()
    assert find_python("3.99") is None


def test_pyenv_s_versions_are_looked_at(shim: Path, tmp_path: Path) -> None:
    real = tmp_path / "pyenv" / "versions" / "3.99.1" / "bin" / "python3.99"
    real.parent.mkdir(parents=True)
    real.write_text("#!/bin/sh\necho 3.99\n")
    real.chmod(0o755)

    assert find_python("3.99") == real


def test_an_interpreter_that_is_another_version_is_not_believed(shim: Path) -> None:
    shim.write_text("#!/bin/sh\necho 3.98\n")

    assert find_python("3.99") is None


def test_within_an_environment_it_is_the_same_environment() -> None:
    python = environments.interpreter("dev")

    assert python is not None
    assert python.parent.parent == Path(sys.prefix)


def test_all_environments_are_made_before_the_first_test(capsys: pytest.CaptureFixture[str]) -> None:
    """Otherwise one is made while a test runs, and says so on the stderr that the test reads."""
    environments.make()
    node.packages(ROOT / "tests" / "access")

    assert capsys.readouterr().err == ""


def test_the_tests_run_in_it_whichever_pytest_is_called(tmp_path: Path) -> None:
    """`pytest tests/` works by itself: here with a pytest that has no library of ours beside it."""
    foreign = tmp_path / "foreign"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", foreign], check=True)
    library = next((foreign / "lib").glob("python*")) / "site-packages"
    for name in ("pytest", "_pytest", "py.py", "pluggy", "iniconfig", "packaging", "pygments"):
        (library / name).symlink_to(Path(pytest.__file__).parents[1] / name)

    outcome = subprocess.run(
        [foreign / "bin" / "python", "-m", "pytest", "tests/lambda/test_config.py", "-q"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    assert "passed" in outcome.stdout
    without = subprocess.run([foreign / "bin" / "python", "-c", "import yaml"], capture_output=True, check=False)
    assert without.returncode != 0


def test_the_locks_name_no_place_and_have_hashes() -> None:
    locks = sorted((ROOT / "requirements").glob("*.txt"))

    assert {lock.stem for lock in locks} == {*environments.WANTED, "uv"}
    for lock in locks:
        text = lock.read_text()
        assert "://" not in text, lock
        assert text.count("--hash=sha256:") >= text.count("==") > 0, lock


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"]])
def test_help(arguments: list[str]) -> None:
    outcome = subprocess.run([sys.executable, TOOL, *arguments], capture_output=True, text=True, check=False)

    assert outcome.returncode == 0
    assert outcome.stdout.startswith("usage:")


def test_an_unknown_environment_is_refused() -> None:
    outcome = subprocess.run([sys.executable, TOOL, "run", "prod"], capture_output=True, text=True, check=False)

    assert outcome.returncode == 2
    assert "invalid choice: 'prod'" in outcome.stderr
