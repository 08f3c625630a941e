"""What has been done and what is waited for: a live line on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import contextlib
import textwrap
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from rich.console import Console
from rich.text import Text

from tools.terraform import Event

_WIDTH = 80
_INDENT = "   "
_HEARTBEAT_SECONDS = 10
# What takes longest to make, and why.
_SLOWEST = "aws_s3_bucket_lifecycle_configuration"
_WHY_SLOW = "The AWS provider now waits about 55 s, until it has seen the bucket's lifecycle rules settle."


class Step:
    """A step under way. ``detail`` is shown below its title, and read anew whenever that is drawn."""

    def __init__(self, title: str, console: Console) -> None:
        self.title = title
        self.detail: object = ""
        self._console = console
        self._began = self._beat = time.monotonic()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._began

    def heartbeat(self) -> None:
        """Say that the step goes on, where no line is alive, if it has not been said for a while."""
        if not self._console.is_terminal and time.monotonic() - self._beat > _HEARTBEAT_SECONDS:
            self._beat = time.monotonic()
            self.note(f"{self.seconds:.0f} s: {self.detail}")

    def note(self, text: str) -> None:
        """Say something that stays to be read, in lines that fit everywhere."""
        for line in wrap(text, _INDENT):
            self._console.print(line, highlight=False, markup=False, soft_wrap=True)

    def __rich__(self) -> Text:
        return Text("\n".join([f"{self.title}  {self.seconds:.0f} s", *wrap(str(self.detail), "")]))


@contextlib.contextmanager
def step(console: Console, title: str) -> Iterator[Step]:
    """Show a step while the block runs, and that it went well when it did.

    On a terminal, a line is alive for as long as the block runs.
    """
    current = Step(title, console)
    if not console.is_terminal:
        console.print(f"   {title} ...", highlight=False, soft_wrap=True)
    with console.status(current):
        yield current
    console.print(f"[green]ok[/green] {title} [dim]{current.seconds:.1f} s[/dim]", highlight=False, soft_wrap=True)


def wrap(text: str, indent: str) -> list[str]:
    """Lines of at most 80 columns that split no word: an ARN stays whole, on a longer line where it must."""
    return textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def follow(current: Step) -> Callable[[Event], None]:
    """Takes what an apply or a destroy reports, and tells the step of it."""
    progress = _TerraformProgress()
    current.detail = progress

    def on_event(event: Event) -> None:
        progress.take(event)
        if _begins_the_slowest(event):
            current.note(_WHY_SLOW)
        current.heartbeat()

    return on_event


def _begins_the_slowest(event: Event) -> bool:
    if event["type"] != "apply_start":
        return False
    hook = event["hook"]
    return bool(hook["action"] == "create" and hook["resource"]["resource_type"] == _SLOWEST)


class _TerraformProgress:
    def __init__(self) -> None:
        self._planned = self._done = 0
        self._running: dict[str, tuple[str, float]] = {}

    def take(self, event: Event) -> None:
        self._planned += event["type"] == "planned_change"
        hook: Mapping[str, Any] = event.get("hook", {})
        if hook.get("action", "read") == "read":  # data sources are not counted in the plan
            return
        resource = hook["resource"]
        if event["type"] == "apply_start":
            self._running[resource["addr"]] = (resource["resource_type"], time.monotonic())
        elif event["type"] == "apply_complete":
            self._running.pop(resource["addr"], None)
            self._done += 1

    def __str__(self) -> str:
        if not self._planned:
            return "planning"
        done = f"{self._done} of {self._planned} done"
        running = list(self._running.values())  # another thread draws this
        if not running:
            return f"{done}, waiting for Terraform"
        kind, since = running[0]
        more = f" and {len(running) - 1} more" if len(running) > 1 else ""
        return f"{done}, waiting {time.monotonic() - since:.0f} s for {kind}{more}"
