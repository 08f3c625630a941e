"""What a run says in its last lines, beside how many tests have passed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

Rows = list[list[str]]
_TABLES = pytest.StashKey[dict[str, Rows]]()


def tell(config: pytest.Config, table: str, *row: str) -> None:
    """Add a row to a table of the last lines."""
    tables(config).setdefault(table, []).append(list(row))


def tables(config: pytest.Config) -> dict[str, Rows]:
    """The tables by their headings."""
    return config.stash.setdefault(_TABLES, {})


def hand_over(config: Any) -> None:
    """Of a worker process of pytest-xdist, to the process that started it."""
    if hasattr(config, "workeroutput"):
        config.workeroutput["tables"] = tables(config)


def take_over(config: pytest.Config, output: Mapping[str, Any]) -> None:
    """What a worker process has handed over."""
    for table, rows in output.get("tables", {}).items():
        for row in rows:
            tell(config, table, *row)


def write(reporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for table, rows in tables(config).items():
        reporter.section(table)
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        for row in rows:
            reporter.write_line("  ".join(f"{text:{width}}" for text, width in zip(row, widths, strict=True)).rstrip())
        reporter.write_line(f"{len(rows)} rows")
