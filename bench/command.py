"""Run the benchmarks: each row against its baselines, in turn, and the gates that must be kept.

Results are JSON. `--publish` writes bench/results.json, docs/performance.md and its charts.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime
import json
import os
import platform
import shlex
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench import page
from bench.measure import Gate, Outcome, figure
from bench.rows import ROWS
from bench.setting import Setting
from tools.environments import ROOT, MissingError
from tools.progress import step
from tools.terraform import TerraformError

_MISSED, _UNUSABLE, _STOPPED = 1, 2, 130


def main() -> int:
    arguments = _arguments()
    console = Console(stderr=True)
    try:
        results, gates = _run(arguments.rows or [*ROWS], quick=arguments.quick, console=console)
    except MissingError as error:
        console.print(f"error: {error}", style="red", highlight=False)
        return _UNUSABLE
    except (RuntimeError, TerraformError) as error:
        console.print(f"error: {error}", style="red", highlight=False, markup=False)
        return _UNUSABLE
    except KeyboardInterrupt:
        console.print("stopped", highlight=False)
        return _STOPPED
    output: Path = page.RESULTS if arguments.publish else arguments.output
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    if arguments.publish:
        page.write(results)
    _show(gates, console)
    console.print(f"{output.relative_to(ROOT) if output.is_relative_to(ROOT) else output} written", highlight=False)
    return 0 if all(gate.kept for gate in gates) else _MISSED


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="rows:\n"
        + "\n".join(f"  {row.name:18} {row.title}" for row in ROWS.values())
        + "\n\nexit code: 0, or 1 when a gate is missed, 2 when something is missing or fails, 130 when it is stopped",
    )
    parser.add_argument("rows", nargs="*", metavar="ROW", help="which rows; all, where none is named")
    parser.add_argument("--quick", action="store_true", help="fewer rounds and smaller objects: under a minute")
    parser.add_argument("--publish", action="store_true", help="write what the documentation is made of")
    default = ROOT / ".cache" / "bench.json"
    parser.add_argument("-o", "--output", type=Path, default=default, help="where the JSON goes (.cache/bench.json)")
    arguments = parser.parse_args()
    if unknown := [name for name in arguments.rows if name not in ROWS]:
        parser.error(f"{', '.join(unknown)}: not a row; there are {', '.join(ROWS)}")
    if arguments.publish and (arguments.rows or arguments.quick):
        parser.error("--publish wants all rows, and in full")
    return arguments


def _run(names: Sequence[str], *, quick: bool, console: Console) -> tuple[dict[str, Any], list[Gate]]:
    outcomes: dict[str, Any] = {}
    gates: list[Gate] = []
    began = time.monotonic()
    load = os.getloadavg()
    with Setting(quick=quick) as setting:
        for name in names:
            row = ROWS[name]
            started = time.monotonic()
            with step(console, row.title) as current:

                def say(detail: str, current: Any = current) -> None:
                    current.detail = detail
                    current.heartbeat()

                setting.say = say
                outcome = row.run(setting)
            gates += outcome.gates
            outcomes[name] = {"took_seconds": round(time.monotonic() - started, 1), **_plain(outcome)}
        results = {
            "command": shlex.join(["python", "-m", "bench", *sys.argv[1:]]),
            "date": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d"),
            "took_seconds": round(time.monotonic() - began),
            "system": f"{platform.system()} {platform.machine()}",
            "cores": os.cpu_count(),
            "load_before": round(load[0], 1),
            "quick": quick,
            "versions": _versions(setting.python),
            "rows": outcomes,
        }
    return results, gates


def _plain(outcome: Outcome) -> dict[str, Any]:
    series = [dataclasses.asdict(one) for one in outcome.series]
    for one in series:
        one["samples"] = {name: [_short(value) for value in values] for name, values in one["samples"].items()}
    gates = [
        {**dataclasses.asdict(gate), "got": _short(gate.got), "kept": gate.kept, "target": gate.target}
        for gate in outcome.gates
    ]
    return {"series": series, "gates": gates}


def _short(value: float) -> float:
    """Five digits are more than any of it means."""
    return value if isinstance(value, int) else float(f"{value:.5g}")


def _versions(python: Path) -> dict[str, str]:
    """Of what was measured, and of what measured it."""
    ask = (
        "import importlib.metadata, json;"
        "print(json.dumps({n: importlib.metadata.version(n) for n in ('botocore', 'boto3', 's3transfer', 'awscli')}))"
    )
    answer = subprocess.run([python, "-c", ask], capture_output=True, check=True)
    return {
        "Python": platform.python_version(),
        **json.loads(answer.stdout),
    }


def _show(gates: Sequence[Gate], console: Console) -> None:
    table = Table("gate", "target", "got", "quartiles", "verdict")
    for gate in gates:
        spread = " to ".join(map(figure, gate.spread)) if gate.spread else ""
        verdict = "[green]kept[/green]" if gate.kept else "[red]missed[/red]"
        table.add_row(gate.what, gate.target, f"{figure(gate.got)}{gate.unit}", spread, verdict)
    console.print(table)


if __name__ == "__main__":
    sys.exit(main())
