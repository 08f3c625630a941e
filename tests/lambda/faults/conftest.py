"""The table of what went wrong and what came of it."""

from __future__ import annotations

import time
import types
from typing import TYPE_CHECKING

import pytest

from tests.support import summary

if TYPE_CHECKING:
    from tests.writer import Tell


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """botocore waits up to some seconds between its attempts. Nothing here is about how long."""
    import botocore.endpoint

    clock = types.SimpleNamespace(**{**vars(time), "sleep": lambda seconds: None})
    monkeypatch.setattr(botocore.endpoint, "time", clock)


@pytest.fixture
def tell(request: pytest.FixtureRequest) -> Tell:
    """Put a row into the table that is printed in the end: what happened, what came of it, and counts.

    A test tells at its end, so that the table holds what came out as it should.
    """

    def tell(fault: str, outcome: str, **counts: int) -> None:
        told = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counts.items())
        summary.tell(request.config, "what went wrong, and what came of it", fault, outcome, told)

    return tell
