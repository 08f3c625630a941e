"""What the tests share: the accounts, the applied example, and the environment that they run in."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tools.environments import MissingError, interpreter

if TYPE_CHECKING:
    from tools.emulator import Emulator
    from tools.example import Example

_BACKGROUND = pytest.StashKey["_Background"]()


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> int | None:
    """Run in the project's own environment, whichever pytest was called: `pytest tests/` works by itself."""
    try:
        python = interpreter("dev")
    except MissingError as error:
        print(f"error: {error}", file=sys.stderr)
        return int(pytest.ExitCode.USAGE_ERROR)
    assert python is not None
    if Path(sys.prefix) != python.parent.parent:
        os.execv(python, [str(python), "-m", "pytest", *config.invocation_params.args])
    for name in [name for name in os.environ if name.startswith(("AWS_", "TF_")) and name != "TF_PLUGIN_MIRROR"]:
        del os.environ[name]  # whoever runs the tests has accounts of their own
    return None


class _Background:
    """Applies examples/basic while other tests run, and takes everything away in the end."""

    def __init__(self) -> None:
        self.applied: Future[Example] = Future()
        self._closing = threading.Event()
        self._example: Example | None = None
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        from tools.example import Example

        try:
            with Example("basic") as self._example:
                self._example.workspace.apply()
                self.applied.set_result(self._example)
                self._closing.wait()
        except Exception as error:
            self.applied.set_exception(error)

    def close(self) -> None:
        self._closing.set()
        while self._thread.is_alive():
            if self._example is not None:
                self._example.workspace.stop()
            self._thread.join(0.1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=_uses_basic)  # last: it is applied while the others run


def pytest_collection_finish(session: pytest.Session) -> None:
    if any(map(_uses_basic, session.items)) and not session.config.option.collectonly:
        session.config.stash[_BACKGROUND] = _Background()


def _uses_basic(item: pytest.Item) -> bool:
    return "basic" in getattr(item, "fixturenames", ())


def pytest_unconfigure(config: pytest.Config) -> None:
    if background := config.stash.get(_BACKGROUND, None):
        background.close()


@pytest.fixture(scope="session")
def basic(request: pytest.FixtureRequest) -> Example:
    """examples/basic, applied in accounts that enforce IAM. The tests of tests/apply use it up, in their order."""
    return request.config.stash[_BACKGROUND].applied.result()


@pytest.fixture(scope="session")
def accounts() -> Iterator[Emulator]:
    """Two accounts that allow everything."""
    from tools.emulator import Emulator

    with Emulator(enforce_iam=False) as emulator:
        yield emulator
