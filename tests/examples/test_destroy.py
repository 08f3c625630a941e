"""Every example goes without a trace, after all tests that use it. The destroys run side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from tests.conftest import EXAMPLES, Applied
from tools import example


@pytest.fixture(scope="module")
def destroyed(request: pytest.FixtureRequest, examples: Mapping[str, Applied]) -> Iterator[Mapping[str, Future[None]]]:
    with ThreadPoolExecutor(4) as pool:
        yield {name: pool.submit(_destroy, name, applied) for name, applied in examples.items()}


@pytest.mark.parametrize("example_name", EXAMPLES)
def test_destroy_leaves_nothing(
    destroyed: Mapping[str, Future[None]], examples: Mapping[str, Applied], example_name: str
) -> None:
    destroyed[example_name].result()

    assert examples[example_name].example.resources() == []
    assert examples[example_name].example.leftovers() == []


def _destroy(name: str, applied: Applied) -> None:
    spec = example.EXAMPLES[name]
    held = {leftover.split()[1] for leftover in applied.example.leftovers()}
    assert set(spec["holds"]) <= held, "what is looked for afterwards must be found before"
    if not spec.get("force_destroy", False):
        applied.example.empty_buckets()

    applied.example.destroy()
