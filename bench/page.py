"""Write docs/performance.md's figures and charts from bench/results.json, which `make bench` writes.

`python -m bench.page` writes them, `--check` only says whether they are up to date.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench import charts, cost
from bench.charts import Axis, Bar, Line
from bench.measure import GIB, KIB, MIB, WRITER, figure, quartiles, size_text
from tools.environments import ROOT

RESULTS = ROOT / "bench" / "results.json"
PAGE = ROOT / "docs" / "performance.md"
CHARTS = ROOT / "docs" / "charts"
REFRESH = "python3 tools/environments.py run dev -m bench.page"
_BLOCK = re.compile(r"<!-- BEGIN_RESULTS (?P<name>\S+) -->\n.*?<!-- END_RESULTS -->", re.DOTALL)

Results = Mapping[str, Any]


def write(results: Results, root: Path = ROOT) -> list[Path]:
    """Write what is not up to date; which files that were."""
    found = stale(results, root)
    for path, text in found.items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return [*found]


def stale(results: Results, root: Path = ROOT) -> Mapping[Path, str]:
    """What the page and the charts should be, where they are something else."""
    page = root / PAGE.relative_to(ROOT)
    wanted = {page: _BLOCK.sub(lambda block: _filled(block["name"], results), page.read_text(encoding="utf-8"))}
    for name, draw in _CHARTS.items():
        wanted[root / CHARTS.relative_to(ROOT) / f"{name}.svg"] = draw(results)
    return {
        path: text for path, text in wanted.items() if not path.exists() or path.read_text(encoding="utf-8") != text
    }


def _filled(name: str, results: Results) -> str:
    text = _TABLES[name](results) if name in _TABLES else _row(results["rows"][name]["series"])
    return f"<!-- BEGIN_RESULTS {name} -->\n\n{text}\n\n<!-- END_RESULTS -->"


# Numbers


def _duration(seconds: float) -> str:
    return f"{figure(1000 * seconds)} ms" if seconds < 1 else f"{figure(seconds)} s"


def _dollars(dollars: float) -> str:
    return f"${dollars:,.2f}" if dollars < 100 else f"${dollars:,.0f}"


# Tables


def _run(results: Results) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in results["versions"].items())
    return (
        f"Measured on {results['date']} by `{results['command']}` in {results['took_seconds']} s, "
        f"on {results['system']} with {results['cores']} cores and a load of {results['load_before']} before it. "
        f"{versions}."
    )


def _gates(results: Results) -> str:
    rows = [
        (
            gate["what"],
            gate["target"],
            f"{figure(gate['got'])}{gate['unit']}",
            " to ".join(map(figure, gate["spread"])) if gate["spread"] else "",
            "kept" if gate["kept"] else "**missed**",
        )
        for row in results["rows"].values()
        for gate in row["gates"]
    ]
    return _table(("Gate", "Target", "Got", "Quartiles", "Verdict"), rows)


_QUANTITIES: Mapping[str, tuple[str, Callable[[float], str]]] = {
    "seconds": ("time", _duration),
    "process_seconds": ("whole process", _duration),
    "cpu_seconds": ("CPU", _duration),
    "bytes_a_second": ("throughput", lambda value: f"{value / 1e6:.0f} MB/s"),
    "peak_bytes": ("peak memory", lambda value: f"{value / 1e6:.0f} MB"),
    "sts_calls": ("calls of STS", figure),
    "resources": ("resources", figure),
    "gets": ("GETs", figure),
    "puts": ("PUTs", figure),
}
_HIDDEN = ("size", "messages", "workers")


def _row(series: Sequence[Mapping[str, Any]]) -> str:
    """Medians, and quartiles of times; how many times what the first contender takes, round by round."""
    quantities = [name for name in dict.fromkeys(q for one in series for q in one["samples"]) if name not in _HIDDEN]
    order = [*_QUANTITIES]
    quantities.sort(key=lambda name: order.index(name) if name in order else len(order))
    several = len({one["contender"] for one in series}) > 1
    compared = several and "seconds" in quantities
    heads = [_QUANTITIES.get(name, (name, figure))[0] for name in quantities]
    firsts: dict[str, Mapping[str, Any]] = {}
    rows = []
    for one in series:
        first = firsts.setdefault(one["condition"], one)
        cells = [_cell(name, one["samples"].get(name, [])) for name in quantities]
        ratio = [_against(one, first)] if compared else []
        rows.append((one["condition"], *([one["contender"]] if several else []), *cells, *ratio))
    return _table(("", *([""] if several else []), *heads, *(["against the first"] if compared else [])), rows)


def _cell(quantity: str, values: Sequence[float]) -> str:
    if not values:
        return "0"
    _, write_value = _QUANTITIES.get(quantity, (quantity, figure))
    median = write_value(statistics.median(values))
    if quantity == "seconds" and len(values) > 2:
        return f"{median} ({' to '.join(map(write_value, quartiles(values)))})"
    return median


def _against(one: Mapping[str, Any], first: Mapping[str, Any]) -> str:
    theirs, ours = one["samples"]["seconds"], first["samples"]["seconds"]
    if one is first:
        return "1"
    found = [a / b for a, b in zip(theirs, ours, strict=False)]
    return f"{statistics.median(found):.2f}"


def _works(results: Results) -> Mapping[str, Mapping[int, cost.Work]]:
    """What an object took, by contender and by size."""
    works: dict[str, dict[int, cost.Work]] = {}
    for one in results["rows"]["scale-objects"]["series"]:
        samples = {name: statistics.median(values) for name, values in one["samples"].items()}
        size = int(samples.pop("size"))
        works.setdefault(one["contender"], {})[size] = cost.Work(**samples)
    return works


def _cost(results: Results) -> str:
    rows = []
    for contender, by_size in _works(results).items():
        for size in (KIB, MIB, GIB):
            if size not in by_size:
                continue
            sums = (cost.per_million(by_size[size], memory) for memory in cost.MEMORIES)
            cells = ["too small" if dollars is None else _dollars(dollars) for dollars in sums]
            rows.append((size_text(size), contender, *cells, _dollars(cost.requests_per_million(by_size[size]))))
    rows.sort(key=lambda row: ("KiB", "MiB", "GiB").index(row[0].split()[1]))
    return _table(("", "", *(f"{memory} MB" for memory in cost.MEMORIES), "of it S3's requests"), rows)


def _prices(results: Results) -> str:
    rows = [(price.what, f"${price.dollars:.10f}".rstrip("0"), price.source) for price in cost.PRICES]
    return _table((f"{cost.REGION}, listed in {cost.LISTED}", "", "from"), rows)


_TABLES: Mapping[str, Callable[[Results], str]] = {"run": _run, "gates": _gates, "cost": _cost, "prices": _prices}


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


# Charts


def _cold_chart(results: Results) -> str:
    groups = _bars(results["rows"]["cold"]["series"], "seconds", _duration)
    return charts.bars("From the import to the first answer", "A cold start's time, for each contender.", groups)


def _copy_chart(results: Results) -> str:
    groups = _bars(results["rows"]["copy"]["series"], "bytes_a_second", lambda value: f"{value / 1e6:.0f} MB/s")
    return charts.bars("Throughput of a copy", "Megabytes a second, for each contender.", groups)


def _bars(
    series: Iterable[Mapping[str, Any]], quantity: str, write_value: Callable[[float], str]
) -> Mapping[str, Sequence[Bar]]:
    groups: dict[str, list[Bar]] = {}
    for one in series:
        value = statistics.median(one["samples"][quantity])
        bar = Bar(one["contender"], value, write_value(value), one["contender"] == WRITER)
        groups.setdefault(one["condition"], []).append(bar)
    return groups


def _objects_chart(results: Results) -> str:
    found = [
        Line(name, [(size, work.seconds) for size, work in by_size.items()])
        for name, by_size in _works(results).items()
    ]
    sizes = Axis("size of the object", (KIB, 64 * KIB, MIB, 8 * MIB, 64 * MIB, 512 * MIB, 5 * GIB), size_text)
    times = Axis("time", (0.01, 0.1, 1, 10, 100), _duration)
    return charts.lines(
        "Time by the object's size, at a network's pace", "Both axes are logarithmic.", sizes, times, found
    )


def _memory_chart(results: Results) -> str:
    found = [
        Line(name, [(size, work.peak_bytes / 1e6) for size, work in by_size.items()])
        for name, by_size in _works(results).items()
    ]
    sizes = Axis("size of the object", (KIB, 64 * KIB, MIB, 8 * MIB, 64 * MIB, 512 * MIB, 5 * GIB), size_text)
    memory = Axis("peak memory, MB", (0, 50, 100, 150, 200), figure, logarithmic=False)
    return charts.lines("Memory by the object's size", "The size's axis is logarithmic.", sizes, memory, found)


def _workers_chart(results: Results) -> str:
    series = results["rows"]["scale-concurrency"]["series"]
    points = [(one["samples"]["workers"][0], one["samples"]["seconds"][0]) for one in series]
    messages = series[0]["samples"]["messages"][0]
    workers = Axis("messages at once", [workers for workers, _ in points], figure)
    times = Axis("time", (0.1, 1, 10), _duration)
    title = f"Time of a batch of {figure(messages)} messages, 30 ms a request"
    return charts.lines(title, "Both axes are logarithmic.", workers, times, [Line(WRITER, points)])


_CHARTS: Mapping[str, Callable[[Results], str]] = {
    "cold": _cold_chart,
    "copy": _copy_chart,
    "objects": _objects_chart,
    "memory": _memory_chart,
    "workers": _workers_chart,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--check", action="store_true", help="write nothing; exit code 1 if something is stale")
    check = parser.parse_args().check
    results = json.loads(RESULTS.read_text(encoding="utf-8"))
    if check:
        names = [str(path.relative_to(ROOT)) for path in stale(results)]
        if names:
            print(f"{', '.join(names)}: not what bench/results.json says: run `{REFRESH}`", file=sys.stderr)
        return 1 if names else 0
    for path in write(results):
        print(f"{path.relative_to(ROOT)} written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
