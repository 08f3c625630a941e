"""The demo: what it prints, and what is left when it is cut off. That what it shows is so, tests/examples shows."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from rich.console import Console

from tools import demo
from tools.environments import ROOT
from tools.process import Process
from tools.progress import Step, follow
from tools.terraform import Event
from tools.trials import Actors, Trial, trials_of

_SECONDS = 60
_COLUMNS = 80
_SLOWEST = "aws_s3_bucket_lifecycle_configuration"
_ARN = "arn:aws:sts::111111111111:assumed-role/inbound-mail-lambda/inbound-mail"
_DENIAL = f"User: {_ARN} is not authorized to perform: sts:AssumeRole with an explicit deny in an identity-based policy"
_ANSWER = {"key": "inbox/delivery-note.eml", "version_id": "1", "outcome": "stored"}
_COLOR = re.compile(r"\x1b\[(?:\d+;)*(?:3|4|9)\d")


_TRUST = {"Action": "sts:AssumeRole", "Condition": {"StringEquals": {"sts:ExternalId": "id"}}}


class _Actors(Actors):
    """What the trials ask of everybody who tries: here all answer alike, and nothing is tried."""

    outputs: Mapping[str, Any] = {
        "policies": {
            "s3_account": {
                "trust": {"default": json.dumps({"Statement": [_TRUST]})},
                "write": {"default": "{}"},
            }
        },
        "execution_role": {"name": "inbound-mail-lambda", "arn": _ARN},
        "s3_role": {"name": "inbound-mail-s3-writer", "arn": _ARN},
        "function": {"name": "inbound-mail", "arn": _ARN},
        "bucket": {"name": "acme-inbound-mail"},
    }

    def __init__(self, *_: object) -> None:
        pass

    def _answer(self, *_: object, **__: object) -> Any:
        return {}

    function = other_function = other_role = assume = put = delete = dismiss = _answer


def _denied() -> None:
    raise ClientError({"Error": {"Code": "AccessDenied", "Message": _DENIAL}}, "AssumeRole")


def _trials(actors: Any, *, denied: Callable[[], object]) -> list[Trial]:
    """The demo's trials, by name, without an account."""
    return [Trial(t.name, denied, "not authorized", t.twin, lambda: None) for t in trials_of(actors, "inbox")]


def _event(kind: str, resource_type: str, action: str = "create") -> Event:
    return {
        "type": kind,
        "hook": {"action": action, "resource": {"addr": f"x.{resource_type}", "resource_type": resource_type}},
    }


_APPLY = [
    *[{"type": "planned_change"}] * 24,
    *[_event("apply_start", name) for name in ("aws_s3_bucket_server_side_encryption_configuration", _SLOWEST)],
    _event("apply_complete", "aws_s3_bucket_server_side_encryption_configuration"),
    {"type": "outputs"},
    _event("apply_complete", _SLOWEST),
]


class _Example:
    """An example whose apply reports what Terraform reports."""

    def __init__(self, _: str) -> None:
        self.emulator = SimpleNamespace(folder=ROOT / "no such folder")

    def __enter__(self) -> _Example:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def __getattr__(self, name: str) -> Callable[..., list[str]]:
        return lambda *_: []

    def outputs(self) -> Mapping[str, Any]:
        return _Actors.outputs

    def apply(self, on_event: Callable[[Event], None]) -> None:
        for event in _APPLY:
            on_event(event)

    destroy = apply


def _demonstrate(
    monkeypatch: pytest.MonkeyPatch, *, verbose: bool = False, denied: Callable[[], object] = _denied
) -> list[str]:
    """The lines of a demo whose accounts are made up."""
    monkeypatch.setattr(demo, "Example", _Example)
    monkeypatch.setattr(demo, "Actors", _Actors)
    monkeypatch.setattr(demo, "trials_of", lambda actors, _: _trials(actors, denied=denied))
    monkeypatch.setattr(demo, "_invoke", lambda *_: _ANSWER)
    monkeypatch.setattr(demo, "_compare", lambda *_: None)
    monkeypatch.setattr("tools.progress._HEARTBEAT_SECONDS", -1)
    shown = io.StringIO()
    try:
        demo.demonstrate(Console(file=shown, width=_COLUMNS), "basic", verbose=verbose)
    except demo.DemoError as error:
        shown.write(f"error: {error}\n")
    return shown.getvalue().splitlines()


def _too_long(lines: list[str]) -> list[str]:
    return [line for line in lines if len(line.rstrip("\n")) > _COLUMNS]


def test_a_denial_is_one_line_with_its_twin(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = _demonstrate(monkeypatch)

    denials = [line for line in lines if line.startswith("   denied  ")]
    assert len(denials) == 7
    assert "   denied  delete an object                     (allowed: write one)" in denials
    assert len({line.index("(allowed: ") for line in denials}) == 1
    assert _ARN not in "".join(lines)
    assert not [line for line in lines if "FAILED" in line]


def test_no_line_is_wider_than_80_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = _demonstrate(monkeypatch)

    assert len(lines) > 20
    assert _too_long(lines) == []


def test_the_long_wait_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = _demonstrate(monkeypatch)

    start = next(index for index, line in enumerate(lines) if "now waits about 55 s" in line)
    assert "until it has seen the bucket's lifecycle rules settle" in " ".join(" ".join(lines[start:][:2]).split())


def test_only_the_making_of_what_is_slowest_is_explained() -> None:
    shown = io.StringIO()
    on_event = follow(Step("destroy", Console(file=shown, width=_COLUMNS)))
    for event in ({"type": "planned_change"}, _event("apply_start", _SLOWEST, "delete"), _event("apply_start", "a")):
        on_event(event)

    assert shown.getvalue() == ""


def test_what_is_waited_for_can_be_read_on_a_terminal_of_80_columns() -> None:
    shown = io.StringIO()
    console = Console(file=shown, width=_COLUMNS)
    current = Step("terraform apply examples/basic", console)
    on_event = follow(current)
    for event in _APPLY[:-1]:
        on_event(event)

    console.print(current)

    title, detail = shown.getvalue().splitlines()[-2:]
    assert title == "terraform apply examples/basic  0 s"
    assert detail == f"1 of 24 done, waiting 0 s for {_SLOWEST}"


def test_the_end_says_what_to_do_next(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = _demonstrate(monkeypatch)

    assert lines[-4] == "Next:"
    assert [line.split("  ")[1] for line in lines[-3:]] == list(demo.NEXT)
    assert list(demo.NEXT) == ["README.md, Usage", "docs/security.md", "make test"]
    assert "\n## Usage\n" in (ROOT / "README.md").read_text(encoding="utf-8")
    assert (ROOT / "docs" / "security.md").exists()
    assert "\ntest: " in (ROOT / "Makefile").read_text(encoding="utf-8")


def test_verbose_shows_the_answer_and_every_denial_and_splits_no_arn(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = _demonstrate(monkeypatch, verbose=True)

    assert sum(_ARN in line for line in lines) == 7
    assert '  "outcome": "stored"' in lines
    assert sum(line.startswith("   denied  ") for line in lines) == 7


def test_a_failure_says_what_happened_instead(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = _demonstrate(monkeypatch, denied=lambda: None)

    failed = [index for index, line in enumerate(lines) if line.startswith("   FAILED  ")]
    assert len(failed) == 7
    assert {lines[index + 1].strip() for index in failed} == {"it was allowed"}
    assert lines[-1] == "error: 7 of 7 trials did not end as the module promises"
    assert "Next:" not in lines


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_leaves_nothing_behind_when_it_is_stopped(tmp_path: Path, number: signal.Signals) -> None:
    environment = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONUNBUFFERED": "1"}
    with Process(
        [sys.executable, "-m", "tools.demo"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as demo:
        assert demo.stdout is not None
        for line in demo.stdout:
            if "terraform apply" in line:
                break
        [folder] = tmp_path.glob("two-accounts-*")
        deadline = time.monotonic() + _SECONDS
        while not (folder / "module/examples/basic/terraform.tfstate").exists():  # in the midst of the apply
            assert time.monotonic() < deadline
            time.sleep(0.1)
        demo.send_signal(number)
        said = demo.stdout.read()
        code = demo.wait(_SECONDS)

    assert code == 130
    assert "nothing is left behind" in said
    assert _too_long(said.splitlines()) == []
    assert "\x1b" not in said
    assert "Traceback" not in said
    assert list(tmp_path.iterdir()) == []
    listing = subprocess.run(["ps", "-A", "-o", "args="], capture_output=True, text=True, check=True).stdout
    assert str(tmp_path) not in listing


def test_help() -> None:
    outcome = subprocess.run(
        [sys.executable, "-m", "tools.demo", "--help"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert outcome.returncode == 0
    assert outcome.stdout.startswith("usage: make demo [EXAMPLE=name] [VERBOSE=1]\n")
    assert "--verbose" in outcome.stdout
    assert re.findall(r"^  (\d+) ", outcome.stdout, re.MULTILINE) == ["0", "1", "2", "130"]
    assert _too_long(outcome.stdout.splitlines()) == []


def test_an_example_that_is_not_there_is_refused() -> None:
    outcome = subprocess.run(
        [sys.executable, "-m", "tools.demo", "bsaic"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert outcome.returncode == 2
    assert "invalid choice: 'bsaic'" in outcome.stderr
    assert "Traceback" not in outcome.stderr


def test_make_hands_the_example_and_verbose_on() -> None:
    def command(*arguments: str) -> str:
        return subprocess.run(
            ["make", "--dry-run", "demo", *arguments], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout

    assert "tools.demo split --verbose" in command("EXAMPLE=split", "VERBOSE=1")
    assert "--verbose" not in command()


@pytest.mark.parametrize(
    ("settings", "colored"),
    [({}, False), ({"FORCE_COLOR": "1"}, True), ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False)],
    ids=["piped", "terminal", "NO_COLOR"],
)
def test_colors_are_for_terminals_and_for_those_who_want_them(
    monkeypatch: pytest.MonkeyPatch, settings: Mapping[str, str], colored: bool
) -> None:
    for name in ("FORCE_COLOR", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"TERM": "xterm-256color", "COLORTERM": "", **settings}.items():
        monkeypatch.setenv(name, value)

    lines = _demonstrate(monkeypatch)

    assert bool(_COLOR.search("\n".join(lines))) == colored


def test_a_missing_terraform_is_one_sentence(tmp_path: Path) -> None:
    for name in ("ps", "sh", "env"):
        (tmp_path / name).symlink_to(f"/bin/{name}")
    outcome = subprocess.run(
        [sys.executable, "-m", "tools.demo"],
        cwd=ROOT,
        env={**os.environ, "PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert outcome.returncode == 2
    assert "error: Terraform 1.5.7 or newer is needed" in outcome.stderr
    assert "Traceback" not in outcome.stderr
