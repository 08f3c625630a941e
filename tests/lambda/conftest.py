"""The writer between two buckets of the double of S3."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.support.cloud import CloudProcess
    from tests.writer import Function


@pytest.fixture(scope="session")
def cloud() -> Iterator[CloudProcess]:
    from tests.support.cloud import CloudProcess

    with CloudProcess() as cloud:
        yield cloud


@pytest.fixture
def function(cloud: CloudProcess, monkeypatch: pytest.MonkeyPatch) -> Iterator[Function]:
    """A function that has just been started; the double is as it was made, with empty buckets."""
    from tests.writer import Function

    cloud.configure()
    cloud.clear_faults()
    cloud.forget()
    function = Function(cloud, monkeypatch)
    yield function
    function.stop()
    cloud.clear_faults()
