#!/usr/bin/env python3
"""Write a report of a plan or a state that uses the module: who can do what to what, by which statement.

The input is the JSON of `terraform show -json`, of any root. Nothing is planned here, and no account is asked. The exit
code is 2 for bad input. With --exit-code it is 1 when there is something to look at, and 3 when nothing was found but
not everything could be told.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tools.report import page, plan, verdict
from tools.report.resources import HOW_TO_PLAN, PlanError

_BAD_INPUT = 2


def main(arguments: Sequence[str] | None = None) -> int:
    first, _, rest = (__doc__ or "").partition("\n\n")
    parser = argparse.ArgumentParser(prog="access_report", description=first, epilog=rest)
    parser.add_argument("plan", type=Path, help=f"the JSON of a plan: {HOW_TO_PLAN}; or of a state")
    parser.add_argument("--format", choices=("html", "json"), default="html", help="default: %(default)s")
    parser.add_argument("-o", "--output", type=Path, help="default: access-report.html, or access-report.json")
    parser.add_argument("--exit-code", action="store_true", help="say by the exit code what was found")
    chosen = parser.parse_args(arguments)
    output = chosen.output or Path(f"access-report.{chosen.format}")
    try:
        found = plan.read(chosen.plan.read_bytes())
    except PlanError as error:
        return _refuse(f"{chosen.plan} {error}")
    except OSError as error:
        return _refuse(f"{chosen.plan} cannot be read: {error.strerror}.")
    if chosen.format == "json":
        text = json.dumps(verdict.as_data(found, chosen.plan.name), indent=2) + "\n"
    else:
        text = page.render(found, chosen.plan.name)
    try:
        _replace(output, text)
    except OSError as error:
        return _refuse(f"{output} cannot be written: {error.strerror}.")
    said = verdict.of(found)
    print(f"{output} written: {said.sentence}")
    return said.exit_code if chosen.exit_code else 0


def _replace(target: Path, text: str) -> None:
    """Write a file whole or not at all."""
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        temporary.chmod(0o666 & ~_umask())  # a temporary file is its owner's only; a report is a file like any other
        temporary.replace(target)
    except BaseException:
        temporary.unlink()
        raise


def _umask() -> int:
    """The permissions that this process gives nobody. They can only be read by setting them."""
    umask = os.umask(0o077)
    os.umask(umask)
    return umask


def _refuse(sentence: str) -> int:
    print(f"error: {sentence}", file=sys.stderr)
    return _BAD_INPUT


if __name__ == "__main__":
    sys.exit(main())
