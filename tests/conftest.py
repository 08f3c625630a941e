"""What the tests share: the accounts, the applied example, and the environment that they run in."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support import summary
from tools import environments, node
from tools.environments import ROOT, MissingError, interpreter

if TYPE_CHECKING:
    from tools.emulator import Emulator
    from tools.example import Example
    from tools.terraform import Event

EXAMPLES = sorted(path.parent.name for path in ROOT.glob("examples/*/test.yaml"))
_NEEDED = pytest.StashKey[dict[str, set[str]]]()
_BACKGROUND = pytest.StashKey[dict[str, "_Background"]]()


@dataclass(frozen=True)
class Applied:
    """An example that is applied, its first plan, and the plan after the apply with its warnings."""

    example: Example
    first_plan: Mapping[str, Any]
    settled_plan: Mapping[str, Any]
    warnings: list[Event]

    @property
    def outputs(self) -> Mapping[str, Any]:
        return {name: output["value"] for name, output in self.settled_plan["planned_values"]["outputs"].items()}


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> int | None:
    """Run in the project's own environment, whichever pytest was called: `pytest tests/` works by itself.

    All environments are made here, so that none is made while a test runs, and says so on the stderr that a test reads.
    """
    try:
        python = interpreter("dev")
        assert python is not None
        if Path(sys.prefix) != python.parent.parent:
            if not _is_command():
                raise MissingError(f"The tests run in an environment of the project: let the IDE use {python}.")
            os.execv(python, [str(python), "-m", "pytest", *config.invocation_params.args])
        environments.make()
        node.packages(ROOT / "tests" / "access")
    except MissingError as error:
        print(f"error: {error}", file=sys.stderr)
        return int(pytest.ExitCode.USAGE_ERROR)
    for name in [name for name in os.environ if name.startswith(("AWS_", "TF_")) and name != "TF_PLUGIN_MIRROR"]:
        del os.environ[name]  # whoever runs the tests has accounts of their own
    return None


def _is_command() -> bool:
    """Whether pytest is a command of its own. An IDE that runs it has plugins in this process, which would be lost."""
    program = Path(sys.argv[0])
    return program.name in ("pytest", "py.test") or program.parts[-2:] == ("pytest", "__main__.py")


class _Background:
    """Applies an example while other tests run, and takes everything away in the end."""

    _side_by_side = threading.Semaphore(6)

    def __init__(self, name: str) -> None:
        self.applied: Future[Applied] = Future()
        self._name = name
        self._closing = threading.Event()
        self._example: Example | None = None
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        from tools.example import Example

        try:
            with Example(self._name) as self._example:
                with self._side_by_side:
                    first_plan = self._example.apply()
                    self.applied.set_result(Applied(self._example, first_plan, *self._example.plan()))
                self._closing.wait()
        except Exception as error:
            self.applied.set_exception(error)

    def close(self) -> None:
        self._closing.set()
        while self._thread.is_alive():
            if self._example is not None:
                self._example.stop()
            self._thread.join(0.1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Last what needs an applied example, because that takes a while; before it the writer, which has deadlines.

    The longest story goes first of these, while other examples are being applied. The tests of a story use the example
    up, so they keep their order, however they are asked for. Tables and scans read plans, which a story leaves alone.
    """
    items.sort(key=_stage)


def _stage(item: pytest.Item) -> int:
    examples, file = _examples_of(item), item.path.name
    if not examples:
        return -1 if "tests/lambda" not in item.path.as_posix() else 0
    if file == "test_every_example.py":
        return 1 if examples <= {"basic", "complete"} else 3
    stages = {"test_basic_and_complete.py": 2, "test_sources.py": 4, "test_split.py": 5, "test_destroy.py": 7}
    return stages.get(file, 6)


def pytest_collection_finish(session: pytest.Session) -> None:
    needed: dict[str, set[str]] = {}
    for item in session.items:
        needed.setdefault(_part_of(item.nodeid), set()).update(_examples_of(item))
    session.config.stash[_NEEDED] = needed


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Apply all examples that a part needs as soon as its first test begins, in the process that runs it."""
    started = item.config.stash.setdefault(_BACKGROUND, {})
    for name in sorted(item.config.stash[_NEEDED][_part_of(item.nodeid)] - started.keys()):
        started[name] = _Background(name)
    return (yield)


def _part_of(nodeid: str) -> str:
    """The part of the suite that a test is of. Where pytest-xdist has several processes, each runs whole parts."""
    return "applied examples" if nodeid.split("/")[1] in ("access", "examples", "scan") else "the rest"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    from xdist.scheduler import LoadScopeScheduling

    scheduler = LoadScopeScheduling(config, log)
    scheduler._split_scope = _part_of
    return scheduler


def pytest_sessionfinish(session: pytest.Session) -> None:
    summary.hand_over(session.config)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    summary.take_over(node.config, node.workeroutput)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    summary.write(terminalreporter, config)


def pytest_unconfigure(config: pytest.Config) -> None:
    for background in config.stash.get(_BACKGROUND, {}).values():
        background.close()


def _examples_of(item: pytest.Item) -> set[str]:
    fixtures = set(getattr(item, "fixturenames", ()))
    if "examples" in fixtures:
        return set(EXAMPLES)
    named = {str(item.callspec.params.get("example_name"))} if hasattr(item, "callspec") else set()
    return {name for name in EXAMPLES if name in named or name.replace("-", "_") in fixtures}


@pytest.fixture(scope="session")
def examples(request: pytest.FixtureRequest) -> Mapping[str, Applied]:
    """Every example, applied in accounts that enforce IAM. The tests of tests/examples use them up, in their order."""
    return {name: _applied(request, name) for name in EXAMPLES}


@pytest.fixture
def applied(request: pytest.FixtureRequest, example_name: str) -> Applied:
    """The example that a test is parametrized with."""
    return _applied(request, example_name)


def _story(name: str) -> Any:
    """A fixture for the tests of an example's own story."""

    @pytest.fixture(scope="session", name=name.replace("-", "_"))
    def story(request: pytest.FixtureRequest) -> Applied:
        return _applied(request, name)

    return story


for _name in EXAMPLES:
    globals()[f"_story_of_{_name}"] = _story(_name)


def _applied(request: pytest.FixtureRequest, name: str) -> Applied:
    return request.config.stash[_BACKGROUND][name].applied.result()


@pytest.fixture(scope="session")
def accounts() -> Iterator[Emulator]:
    """Two accounts that allow everything."""
    from tools.emulator import Emulator

    with Emulator(enforce_iam=False) as emulator:
        yield emulator
