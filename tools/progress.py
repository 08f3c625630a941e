"""What has been done and what is waited for: a live line on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from rich.console import Console
from rich.text import Text

from tools.terraform import Event

_HEARTBEAT_SECONDS = 10
# Resources that take long whatever one does, with the seconds that they take and why.
_SLOW = {
    "aws_s3_bucket_lifecycle_configuration": "about 55 s, the provider waits for S3 to settle",
    "aws_kms_key": "about 8 s",
    "aws_lambda_function": "about 5 s",
}


class Step:
    """A step under way. ``detail`` is shown beside its title, and read anew whenever the line is drawn."""

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
            self._console.print(f"   {self.seconds:.0f} s: {self.detail}", highlight=False, soft_wrap=True)

    def __rich__(self) -> Text:
        return Text(f"{self.title}  {self.seconds:.0f} s  {self.detail}", no_wrap=True, overflow="ellipsis")


@contextlib.contextmanager
def step(console: Console, title: str) -> Iterator[Step]:
    """Show a step while the block runs, and that it went well when it did."""
    current = Step(title, console)
    if not console.is_terminal:
        console.print(f"   {title} ...", highlight=False, soft_wrap=True)
    with console.status(current):
        yield current
    console.print(f"[green]ok[/green] {title} [dim]{current.seconds:.1f} s[/dim]", highlight=False, soft_wrap=True)


def follow(current: Step) -> Callable[[Event], None]:
    """Takes what an apply or a destroy reports, and tells the step of it."""
    progress = _TerraformProgress()
    current.detail = progress

    def on_event(event: Event) -> None:
        progress.take(event)
        current.heartbeat()

    return on_event


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
        waiting = [
            f"{kind} {time.monotonic() - since:.0f} s" + (f" ({_SLOW[kind]})" if kind in _SLOW else "")
            for kind, since in list(self._running.values())
        ]
        return f"{self._done} of {self._planned} done, waiting for {', '.join(waiting) or 'Terraform'}"
