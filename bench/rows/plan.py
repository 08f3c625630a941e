"""The first plan of examples/basic, against that of the same chain written by hand."""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path

from bench import child
from bench.measure import Outcome, Row, Sample, by_name, in_turn, ratio_gate, ratios
from bench.setting import BENCH, Setting
from tools import terraform
from tools.emulator import Emulator
from tools.example import variables

_MODULE, _BY_HAND = "examples/basic", "written by hand"


def run(setting: Setting) -> Outcome:
    binary = terraform.find_binary()
    with Emulator(enforce_iam=False) as emulator:
        module = emulator.folder / "module"
        terraform.copy_module(module)
        by_hand = module / "bench" / "handwritten"
        shutil.copytree(BENCH / "handwritten", by_hand)
        environment = {**emulator.environment, **terraform.configure(emulator.folder)}

        def plan(root: Path) -> Sample:
            command: list[str | Path] = [binary, "plan", "-input=false", "-lock=false", "-no-color"]
            ran = child.run(command, environment=environment, folder=root)
            return {"seconds": ran.seconds, "cpu_seconds": ran.cpu_seconds, "resources": _planned(ran.output)}

        roots = {_MODULE: module / "examples" / "basic", _BY_HAND: by_hand}
        for name, root in roots.items():
            setting.say(f"{name}: init")
            terraform.pin_provider(root)
            terraform.Workspace(root, environment, variables("basic")).init()
        contenders = {name: partial(plan, root) for name, root in roots.items()}
        series = in_turn(setting, 1 if setting.quick else 5, "first plan", contenders)
    found = by_name(series)
    return Outcome(series, [ratio_gate("plan against HCL by hand", ratios(found[_MODULE], found[_BY_HAND]), 1.3)])


def _planned(output: bytes) -> int:
    """The number in "Plan: 20 to add, 0 to change, 0 to destroy."."""
    [line] = [line for line in output.splitlines() if line.startswith(b"Plan: ")]
    return int(line.split()[1])


ROW = Row("plan", "Plan", run)
