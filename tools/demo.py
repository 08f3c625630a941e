#!/usr/bin/env python3
"""Show the module at work in two accounts on this machine: a file arrives, and nothing else is possible.

Nothing reaches AWS, and nothing stays behind, also after Ctrl-C.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import json
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from types import FrameType
from typing import Any

import botocore.exceptions
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tools import terraform
from tools.emulator import LAMBDA_ACCOUNT, S3_ACCOUNT
from tools.environments import ROOT, MissingError, interpreter
from tools.example import Example
from tools.trials import Actors, Verdict, judge, trials_of_basic

MESSAGE = ROOT / "examples" / "basic" / "message.eml"
KEY = "inbox/delivery-note.eml"
EXTERNAL_ID = "inbound-mail/2f1c8e"
_HEARTBEAT_SECONDS = 10
# What takes long in Terraform, and why.
_SLOW = {
    "aws_s3_bucket_lifecycle_configuration": "about 55 s: the provider waits until S3 shows the rules unchanged",
    "aws_kms_key": "about 8 s",
    "aws_lambda_function": "about 5 s",
}


class DemoError(Exception):
    """The demo has shown something other than what the module promises."""


class Reporter:
    """Says what has been done, and what is waited for: a live line on a terminal, a line now and then elsewhere."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._started = time.monotonic()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._started

    @contextlib.contextmanager
    def step(self, title: str) -> Iterator[Callable[[str], None]]:
        """A step of the demo; what it yields takes the words for what is going on."""
        began = time.monotonic()
        last = began

        def update(detail: str) -> None:
            nonlocal last
            if self._console.is_terminal:
                status.update(f"{title}: {detail}")
            elif time.monotonic() - last > _HEARTBEAT_SECONDS:
                last = time.monotonic()
                self._console.print(f"   ... {detail}", highlight=False)

        with self._console.status(title) as status:
            if not self._console.is_terminal:
                self._console.print(f"   {title} ...", highlight=False)
            yield update
        self._console.print(f"[green]ok[/green] {title} [dim]{time.monotonic() - began:.1f} s[/dim]", highlight=False)


def terraform_progress(update: Callable[[str], None]) -> Callable[[terraform.Event], None]:
    """Turns the events of an apply or a destroy into what is done and what is waited for."""
    planned = done = 0
    running: dict[str, tuple[str, float]] = {}

    def on_event(event: terraform.Event) -> None:
        nonlocal planned, done
        kind = event["type"]
        if kind == "planned_change":
            planned += 1
        hook: Mapping[str, Any] = event.get("hook", {})
        if hook.get("action", "read") == "read":  # data sources are not counted in the plan
            return
        resource = hook["resource"]
        address = resource["addr"]
        if kind == "apply_start":
            running[address] = (resource["resource_type"], time.monotonic())
        if kind == "apply_complete":
            running.pop(address, None)
            done += 1
        waiting = [
            f"{name} {time.monotonic() - since:.0f} s" + (f" ({_SLOW[name]})" if name in _SLOW else "")
            for name, since in running.values()
        ]
        update(f"{done} of {planned} done; waiting for {', '.join(waiting) or 'Terraform'}")

    return on_event


def demonstrate(console: Console) -> None:
    """Everything, from two empty accounts to two empty accounts.

    Raises:
        DemoError: what happened is not what the module promises.
    """
    report = Reporter(console)
    with contextlib.ExitStack() as stack:
        with report.step(f"start two accounts, {LAMBDA_ACCOUNT} and {S3_ACCOUNT}, with IAM enforced"):
            interpreter("emulator")
            example = stack.enter_context(Example("basic"))
        with report.step("terraform apply examples/basic") as update:
            example.workspace.apply(on_event=terraform_progress(update))
        outputs = example.workspace.outputs()
        with report.step(f"invoke {outputs['function']['name']} with {MESSAGE.name} ({MESSAGE.stat().st_size} bytes)"):
            answer = _invoke(example, outputs)
        with report.step(f"read it back as account {S3_ACCOUNT}, byte for byte the same"):
            _compare(example, outputs, answer)
        console.print_json(data=answer)
        with report.step("try what must be denied, each beside a twin that is allowed") as update:
            verdicts = _try_all(example, outputs, update)
        console.print(_table(verdicts))
        with report.step("empty the bucket, then terraform destroy") as update:
            example.empty_bucket(outputs["bucket"]["name"])
            example.workspace.destroy(on_event=terraform_progress(update))
        if leftovers := example.leftovers():
            raise DemoError(f"left behind after the destroy: {', '.join(leftovers)}")
        folder, emulator = example.emulator.folder, example.emulator
    if folder.exists() or emulator.processes:
        raise DemoError(f"left behind: {folder} or a process of it")
    passed = sum(verdict.passed for verdict in verdicts)
    console.print(
        f"\nArrived byte for byte; {passed} of {len(verdicts)} denials as promised; nothing left behind. "
        f"[dim]{report.seconds:.0f} s[/dim]",
        highlight=False,
    )
    if passed < len(verdicts):
        raise DemoError("a trial did not end as the module promises; see the table")


def _invoke(example: Example, outputs: Any) -> Any:
    event = {
        "key": KEY,
        "body_base64": base64.b64encode(MESSAGE.read_bytes()).decode(),
        "content_type": "message/rfc822",
        "metadata": {"source": "demo"},
    }
    client = example.emulator.client("lambda", LAMBDA_ACCOUNT)
    answer = client.invoke(FunctionName=outputs["function"]["name"], Payload=json.dumps(event))
    payload = json.load(answer["Payload"])
    if "FunctionError" in answer:
        raise DemoError(f"the function failed: {payload['errorMessage']}")
    return payload


def _compare(example: Example, outputs: Any, answer: Any) -> None:
    s3 = example.emulator.client("s3", S3_ACCOUNT)
    found = s3.get_object(Bucket=outputs["bucket"]["name"], Key=KEY, VersionId=answer["version_id"])
    if found["Body"].read() != MESSAGE.read_bytes():
        raise DemoError(f"{KEY} is not what was sent")
    if found["ServerSideEncryption"] != "aws:kms":
        raise DemoError(f"{KEY} is not encrypted with the bucket's key")


def _try_all(example: Example, outputs: Any, update: Callable[[str], None]) -> list[Verdict]:
    actors = Actors(example, outputs)
    verdicts = []
    for trial in trials_of_basic(actors, EXTERNAL_ID):
        update(trial.name)
        verdicts.append(judge(trial))
    actors.dismiss()
    return verdicts


def _table(verdicts: list[Verdict]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("")
    table.add_column("Denied, in the account's words", ratio=3, overflow="fold")
    table.add_column("Allowed", ratio=1)
    for verdict in verdicts:
        mark = "[green]ok[/green]" if verdict.passed else "[red]FAIL[/red]"
        table.add_row(mark, f"{verdict.trial.name}\n[dim]{escape(verdict.message)}[/dim]", verdict.trial.twin)
    return table


def _interrupt(number: int, frame: FrameType | None) -> None:
    for signal_number in (signal.SIGINT, signal.SIGTERM):  # a second one must not cut the cleaning up short
        signal.signal(signal_number, signal.SIG_IGN)
    raise KeyboardInterrupt


def main() -> int:
    argparse.ArgumentParser(prog="make demo", description=__doc__).parse_args()
    for signal_number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signal_number, _interrupt)
    console = Console()
    errors = Console(stderr=True)
    try:
        demonstrate(console)
    except (DemoError, MissingError, terraform.TerraformError) as error:
        errors.print(f"[red]error:[/red] {error}", highlight=False)
        return 2 if isinstance(error, MissingError) else 1
    except botocore.exceptions.ClientError as error:
        errors.print(f"[red]error:[/red] the emulator refused a call of the demo: {error}", highlight=False)
        return 1
    except KeyboardInterrupt:
        errors.print("interrupted: Terraform is stopped, both accounts are gone, nothing is left behind")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
