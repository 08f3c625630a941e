"""Whichever pytest is called, the tests run in the project's own environment."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests import conftest
from tools.environments import interpreter


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if another environment's interpreter ran this; it would be replaced by the project's."""

    def replaced(program: Path, arguments: list[str]) -> None:
        raise SystemExit(" ".join(arguments[1:]))

    monkeypatch.setattr(sys, "prefix", "/elsewhere")
    monkeypatch.setattr(os, "execv", replaced)


@pytest.mark.parametrize(
    "program", ["/elsewhere/bin/pytest", "/elsewhere/lib/python3.12/site-packages/pytest/__main__.py"]
)
@pytest.mark.usefixtures("elsewhere")
def test_the_command_starts_the_environment_of_the_project(
    monkeypatch: pytest.MonkeyPatch, pytestconfig: pytest.Config, program: str
) -> None:
    monkeypatch.setattr(sys, "argv", [program, "tests/"])

    with pytest.raises(SystemExit) as started:
        conftest.pytest_cmdline_main(pytestconfig)

    assert str(started.value).split()[:2] == ["-m", "pytest"]


@pytest.mark.usefixtures("elsewhere")
def test_an_ide_is_told_which_interpreter_to_use(
    monkeypatch: pytest.MonkeyPatch, pytestconfig: pytest.Config, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["/ide/runner.py", "tests/"])

    assert conftest.pytest_cmdline_main(pytestconfig) == pytest.ExitCode.USAGE_ERROR

    assert capsys.readouterr().err.endswith(f"let the IDE use {interpreter('dev')}.\n")
