#!/usr/bin/env python3
"""Write one HTML page of a plan that uses the module: who can do what to what, by which statement.

The plan is the JSON of `terraform show -json`, of any root. Nothing is planned here, and no account is asked.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tools.report import page, plan
from tools.report.resources import HOW_TO_PLAN, PlanError

_BAD_INPUT = 2


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="access_report", description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("plan", type=Path, help=f"the JSON of a plan: {HOW_TO_PLAN}")
    parser.add_argument("-o", "--output", type=Path, default=Path("access-report.html"), help="default: %(default)s")
    chosen = parser.parse_args(arguments)
    try:
        text = page.render(plan.read(chosen.plan.read_bytes()), chosen.plan.name)
    except PlanError as error:
        return _refuse(f"{chosen.plan} {error}")
    except OSError as error:
        return _refuse(f"{chosen.plan} cannot be read: {error.strerror}.")
    try:
        _replace(chosen.output, text)
    except OSError as error:
        return _refuse(f"{chosen.output} cannot be written: {error.strerror}.")
    print(f"{chosen.output} written")
    return 0


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
