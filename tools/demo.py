#!/usr/bin/env python3
"""Show an example at work in emulated accounts on this machine: an object arrives, and nothing else is possible."""

from __future__ import annotations

import argparse
import contextlib
import json
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from types import FrameType
from typing import Any

import botocore.exceptions
from rich.console import Console
from rich.markup import escape

from tools import terraform
from tools.environments import MissingError
from tools.example import EXAMPLES, WRITERS, Example, Sample, outputs_of, sample_of, writers_of
from tools.progress import Step, follow, step, wrap
from tools.trials import Actors, Verdict, account_of, judge, trials_of

NEXT = {
    "README.md, Usage": "how to put the module into your own configuration",
    "docs/security.md": "who can do what, what stops the rest, and what does not",
    "make test": "every test, on this machine and without an AWS account",
}
# argparse gets all of it as it stands: make takes no options for the commands that it runs.
_USAGE = """make demo [EXAMPLE=name] [VERBOSE=1]
       python3 tools/environments.py run dev -m tools.demo [-h] [-v] [example]"""
_ABOUT = """\
Apply an example to emulated accounts on this machine, send an object across,
try what must be denied, and take everything away again. Nothing reaches AWS,
and nothing stays behind, also after Ctrl-C.
"""
_EXIT_CODES = """\
exit codes:
  0    everything went as the module promises
  1    something did not; an error message says what
  2    an argument is wrong, or something is missing on this machine
  130  stopped by Ctrl-C or SIGTERM; nothing is left behind
  `make demo` itself ends with 2 when the demo ends with anything but 0.
"""


class DemoError(Exception):
    """The demo has shown something other than what the module promises."""


def demonstrate(console: Console, name: str, *, verbose: bool) -> None:
    """Everything, from empty accounts to empty accounts.

    Args:
        console: where it is shown.
        name: of the example.
        verbose: show the function's answer, and each denial in the account's own words.

    Raises:
        DemoError: what happened is not what the module promises.
    """
    began = time.monotonic()
    with contextlib.ExitStack() as stack:
        with step(console, "start accounts with IAM enforced"):
            example = stack.enter_context(Example(name))
        with step(console, f"terraform apply examples/{name}") as current:
            example.apply(follow(current))
        outputs = example.outputs()
        verdicts = [
            verdict
            for writer in writers_of(name)
            for verdict in _use(console, example, writer, outputs_of(writer, outputs), verbose=verbose)
        ]
        with step(console, "empty the bucket, then terraform destroy") as current:
            example.empty_buckets()
            example.destroy(follow(current))
        if leftovers := example.leftovers():
            raise DemoError(f"left behind after the destroy: {', '.join(leftovers)}")
    if example.emulator.folder.exists():
        raise DemoError(f"left behind: {example.emulator.folder}")
    passed = sum(verdict.passed for verdict in verdicts)
    if passed < len(verdicts):
        raise DemoError(f"{len(verdicts) - passed} of {len(verdicts)} trials did not end as the module promises")
    _conclude(console, passed, time.monotonic() - began)


def _use(console: Console, example: Example, writer: str, outputs: Any, *, verbose: bool) -> list[Verdict]:
    """Let one writer store an object, and try what nobody else may do."""
    sample, function = sample_of(writer), outputs["function"]
    with step(console, f"invoke {function['name']} in account {account_of(function)}"):
        answer = _invoke(example, function, sample)
    with step(
        console, f"read it back in account {account_of(outputs['s3_role'])}, {len(sample.body)} bytes, all the same"
    ):
        _compare(example, outputs, sample, answer)
    if verbose:
        console.print_json(data=answer)
    with step(console, "try what must be denied, each next to a permitted twin") as current:
        verdicts = _try_all(example, writer, outputs, current)
    _show(console, verdicts, verbose=verbose)
    return verdicts


def _invoke(example: Example, function: Mapping[str, str], sample: Sample) -> Any:
    client = example.emulator.client("lambda", account_of(function))
    answer = client.invoke(FunctionName=function["name"], Payload=json.dumps(sample.event))
    payload = json.load(answer["Payload"])
    if "FunctionError" in answer:
        raise DemoError(f"the function failed: {payload['errorMessage']}")
    return payload


def _compare(example: Example, outputs: Any, sample: Sample, answer: Any) -> None:
    s3 = example.emulator.client("s3", account_of(outputs["s3_role"]))
    found = s3.get_object(Bucket=outputs["bucket"]["name"], Key=sample.key, VersionId=answer["version_id"])
    if found["Body"].read() != sample.body:
        raise DemoError(f"{sample.key} is not what was sent")
    if outputs["bucket"]["kms_key_arn"] not in (None, found.get("SSEKMSKeyId")):
        raise DemoError(f"{sample.key} is not encrypted with the bucket's key")


def _try_all(example: Example, writer: str, outputs: Any, current: Step) -> list[Verdict]:
    actors = Actors(example.emulator, outputs)
    verdicts = []
    for trial in trials_of(actors, WRITERS[writer]["access"]["words"]["prefix"]):
        current.detail = trial.name
        verdicts.append(judge(trial))
    actors.dismiss()
    return verdicts


def _show(console: Console, verdicts: Sequence[Verdict], *, verbose: bool) -> None:
    """A line for each trial: what was denied, and the twin that was allowed. The rest on failure and on demand."""
    width = max(len(verdict.trial.name) for verdict in verdicts)
    for verdict in verdicts:
        word = "[green]denied[/green]" if verdict.passed else "[red]FAILED[/red]"
        trial = f"{verdict.trial.name:{width}}  (allowed: {verdict.trial.twin})"
        console.print(f"   {word}  {escape(trial)}", highlight=False, soft_wrap=True)
        if verbose or not verdict.passed:
            for line in wrap(verdict.message, " " * 11):
                console.print(line, style="dim", highlight=False, markup=False, soft_wrap=True)


def _conclude(console: Console, denials: int, seconds: float) -> None:
    console.print(
        f"\nWhat was sent arrived byte for byte. All {denials} denials are as promised.\n"
        f"Nothing is left behind. [dim]{seconds:.0f} s[/dim]\n\nNext:",
        highlight=False,
    )
    for where, what in NEXT.items():
        console.print(f"  {where:16}  {what}", highlight=False, soft_wrap=True)


def _interrupt(number: int, frame: FrameType | None) -> None:
    for signal_number in (signal.SIGINT, signal.SIGTERM):  # a second one must not cut the cleaning up short
        signal.signal(signal_number, signal.SIG_IGN)
    raise KeyboardInterrupt


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        usage=_USAGE,
        description=_ABOUT,
        epilog=_EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "example",
        nargs="?",
        default="basic",
        choices=list(EXAMPLES),
        metavar="example",
        help=f"the folder below examples/: {', '.join(EXAMPLES)} (default: basic)",
    )
    parser.add_argument(
        "-v",
        "--verbose",
        action="store_true",
        help="show the function's answer and the text of each denial",
    )
    return parser.parse_args()


def main() -> int:
    arguments = _arguments()
    for signal_number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signal_number, _interrupt)
    errors = Console(stderr=True, highlight=False, soft_wrap=True)
    try:
        demonstrate(Console(), arguments.example, verbose=arguments.verbose)
    except MissingError as error:
        errors.print(f"[red]error:[/red] {escape(str(error))}")
        return 2
    except (DemoError, terraform.TerraformError, botocore.exceptions.ClientError) as error:
        errors.print(f"[red]error:[/red] {escape(str(error))}")
        return 1
    except KeyboardInterrupt:
        errors.print("interrupted: Terraform is stopped, and nothing is left behind")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
