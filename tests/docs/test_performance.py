"""The page of the figures: it says what bench/results.json says. Nothing is measured here."""

from __future__ import annotations

import copy
import json
import shutil
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from bench import cost, page
from bench.measure import Gate, Series, figure, ratios
from bench.rows import ROWS
from tools.environments import ROOT


@pytest.fixture(scope="module")
def results() -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(page.RESULTS.read_text(encoding="utf-8"))
    return found


def test_the_page_and_its_charts_are_those_of_the_results(results: Mapping[str, Any]) -> None:
    found = [str(path.relative_to(ROOT)) for path in page.stale(results)]

    assert not found, f"stale: {', '.join(found)}: run `{page.REFRESH}`"


def test_the_results_are_of_a_whole_run(results: Mapping[str, Any]) -> None:
    assert list(results["rows"]) == [*ROWS]
    assert not results["quick"]
    assert results["took_seconds"] < 8 * 60


def test_every_row_is_on_the_page() -> None:
    text = page.PAGE.read_text(encoding="utf-8")

    assert [name for name in ROWS if f"<!-- BEGIN_RESULTS {name} -->" not in text] == []


def test_another_figure_makes_the_page_and_the_chart_stale(results: Mapping[str, Any], tmp_path: Path) -> None:
    shutil.copytree(ROOT / "docs", tmp_path / "docs")
    assert not page.stale(results, tmp_path)
    other = copy.deepcopy(dict(results))
    samples = other["rows"]["cold"]["series"][0]["samples"]
    samples["seconds"] = [2 * seconds for seconds in samples["seconds"]]

    stale = page.write(other, tmp_path)

    assert {path.name for path in stale} == {"performance.md", "cold.svg"}
    assert not page.stale(other, tmp_path)


def test_a_verdict_is_that_of_the_figure_and_the_target(results: Mapping[str, Any]) -> None:
    gates = [gate for row in results["rows"].values() for gate in row["gates"]]

    assert gates
    for gate in gates:
        again = Gate(gate["what"], gate["got"], gate["bound"], gate["unit"], gate["at_least"])
        assert (again.kept, again.target) == (gate["kept"], gate["target"])


def test_nothing_in_a_chart_is_fetched_and_it_can_be_read_aloud() -> None:
    charts = sorted(page.CHARTS.glob("*.svg"))

    assert charts
    for chart in charts:
        text = chart.read_text(encoding="utf-8")
        root = ET.fromstring(text)  # noqa: S314 - our own file
        assert "url(" not in text
        assert "prefers-color-scheme:dark" in text
        assert [element.tag.rpartition("}")[2] for element in root[:2]] == ["title", "desc"]


def test_gates_are_inclusive() -> None:
    assert Gate("", 1.15, 1.15).kept
    assert not Gate("", 1.16, 1.15).kept
    assert Gate("", 2.5, 2.5, at_least=True).kept
    assert not Gate("", 2.4, 2.5, at_least=True).kept


def test_ratios_are_of_the_same_round() -> None:
    above, below = Series("a", ""), Series("b", "")
    for one, other in ((2.0, 1.0), (9.0, 3.0)):
        above.add({"seconds": one})
        below.add({"seconds": other})

    assert ratios(above, below) == [2.0, 3.0]


@pytest.mark.parametrize(("value", "text"), [(1, "1"), (1.149, "1.15"), (12.34, "12.3"), (1234.5, "1,234")])
def test_a_figure_has_the_digits_that_mean_something(value: float, text: str) -> None:
    assert figure(value) == text


def test_a_million_objects_at_one_vcpu() -> None:
    work = cost.Work(seconds=1, cpu_seconds=0.5, peak_bytes=100e6, gets=1, puts=2)

    dollars = cost.per_million(work, 1769)

    # $0.20 of invocations, 1 s of 1769/1024 GB at $0.0000133334, a GET at $0.0004 and two PUTs at $0.005 a thousand.
    assert dollars == pytest.approx(0.20 + 23.03 + 0.40 + 10.00, abs=0.01)


def test_with_half_a_vcpu_computing_takes_twice_as_long_and_waiting_does_not() -> None:
    waits = cost.Work(seconds=1, cpu_seconds=0, peak_bytes=0, gets=0, puts=0)
    computes = cost.Work(seconds=1, cpu_seconds=1, peak_bytes=0, gets=0, puts=0)
    whole = cost.per_million(computes, 1769)
    assert whole is not None

    assert cost.per_million(waits, 1769) == whole
    assert cost.per_million(computes, 1769 / 2) == pytest.approx(whole, abs=0.01)


def test_what_memory_does_not_hold_has_no_price() -> None:
    work = cost.Work(seconds=1, cpu_seconds=0, peak_bytes=0.8 * 128 * 1024**2 + 1, gets=0, puts=0)

    assert cost.per_million(work, 128) is None
    assert cost.per_million(work, 256) is not None
