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
from types import FrameType
from typing import Any

import botocore.exceptions
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tools import terraform
from tools.emulator import LAMBDA_ACCOUNT, S3_ACCOUNT
from tools.environments import ROOT, MissingError
from tools.example import Example
from tools.progress import Step, follow, step
from tools.trials import Actors, Verdict, judge, trials_of_basic

MESSAGE = ROOT / "examples" / "basic" / "message.eml"
KEY = "inbox/delivery-note.eml"


class DemoError(Exception):
    """The demo has shown something other than what the module promises."""


def demonstrate(console: Console) -> None:
    """Everything, from two empty accounts to two empty accounts.

    Raises:
        DemoError: what happened is not what the module promises.
    """
    began = time.monotonic()
    with contextlib.ExitStack() as stack:
        with step(console, f"start two accounts, {LAMBDA_ACCOUNT} and {S3_ACCOUNT}, with IAM enforced"):
            example = stack.enter_context(Example("basic"))
        with step(console, "terraform apply examples/basic") as current:
            example.workspace.apply(on_event=follow(current))
        outputs = example.workspace.outputs()
        with step(console, f"invoke {outputs['function']['name']} with {MESSAGE.name}, {MESSAGE.stat().st_size} bytes"):
            answer = _invoke(example, outputs)
        with step(console, f"read it back as account {S3_ACCOUNT}, byte for byte the same"):
            _compare(example, outputs, answer)
        console.print_json(data=answer)
        with step(console, "try what must be denied, each beside a twin that is allowed") as current:
            verdicts = _try_all(example, outputs, current)
        with step(console, "empty the bucket, then terraform destroy") as current:
            example.empty_buckets()
            example.workspace.destroy(on_event=follow(current))
        if leftovers := example.leftovers():
            raise DemoError(f"left behind after the destroy: {', '.join(leftovers)}")
    if example.emulator.folder.exists():
        raise DemoError(f"left behind: {example.emulator.folder}")
    console.print(_table(verdicts))
    passed = sum(verdict.passed for verdict in verdicts)
    if passed < len(verdicts):
        raise DemoError(f"{len(verdicts) - passed} of {len(verdicts)} trials did not end as the module promises")
    console.print(
        f"The message arrived byte for byte; {passed} of {passed} denials as promised; nothing is left behind. "
        f"[dim]{time.monotonic() - began:.0f} s[/dim]",
        highlight=False,
    )


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


def _try_all(example: Example, outputs: Any, current: Step) -> list[Verdict]:
    actors = Actors(example.emulator, outputs)
    verdicts = []
    for trial in trials_of_basic(actors):
        current.detail = trial.name
        verdicts.append(judge(trial))
    actors.dismiss()
    return verdicts


def _table(verdicts: list[Verdict]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("")
    table.add_column("Denied, in the account's words", ratio=5, overflow="fold")
    table.add_column("Allowed", ratio=2)
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
    errors = Console(stderr=True, highlight=False, soft_wrap=True)
    try:
        demonstrate(Console())
    except MissingError as error:
        errors.print(f"[red]error:[/red] {escape(str(error))}")
        return 2
    except (DemoError, terraform.TerraformError, botocore.exceptions.ClientError) as error:
        errors.print(f"[red]error:[/red] {escape(str(error))}")
        return 1
    except KeyboardInterrupt:
        errors.print("interrupted: Terraform is stopped, both accounts are gone, nothing is left behind")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
