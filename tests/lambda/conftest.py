"""The writer between two buckets of the stub."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.writer import Function
    from tools.stub import Stub


@pytest.fixture(scope="session")
def stub() -> Iterator[Stub]:
    from tools.stub import Stub

    with Stub() as stub:
        yield stub


@pytest.fixture
def function(stub: Stub, monkeypatch: pytest.MonkeyPatch) -> Iterator[Function]:
    """A function that has just been started; the stub is as it was made, with empty buckets."""
    from tests.writer import Function

    stub.configure(mode="store", latency=0.0, bandwidth=None, session_seconds=None, record=True)
    stub.clear_faults()
    stub.forget()
    function = Function(stub, monkeypatch)
    yield function
    function.stop()
    stub.clear_faults()
