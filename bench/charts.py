"""Charts of the results as SVG, for light and for dark pages: bars that lie, and lines on logarithmic axes."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

_WIDTH = 760
_MARGIN = 20
_TITLE, _TEXT = 20, 15
_BAR, _BAR_STEP, _GROUP = 22, 30, 40
_LABELS, _VALUES = 190, 150  # what names and numbers take beside the bars
_PLOT = (82, 84, 710, 350)  # left, top, right, bottom of the lines
_LEGEND_STEP = 150
_FONT = "'Segoe UI',Roboto,'Helvetica Neue',Helvetica,Arial,'Liberation Sans',sans-serif"

# By class: on a light page, and on a dark one.
_PAINTS: Mapping[str, tuple[str, str]] = {
    "page": ("fill:#ffffff;stroke:#d0d7de", "fill:#0d1117;stroke:#3d444d"),
    "ink": ("fill:#1f2328", "fill:#f0f6fc"),
    "soft": ("fill:#57606a", "fill:#9da7b3"),
    "grid": ("stroke:#d8dee4", "stroke:#2b323b"),
    "fill-0": ("fill:#0969da", "fill:#58a6ff"),
    "fill-1": ("fill:#bc4c00", "fill:#f0883e"),
    "fill-2": ("fill:#8250df", "fill:#a371f7"),
    "other": ("fill:#afb8c1", "fill:#57606a"),
    "line-0": ("stroke:#0969da", "stroke:#58a6ff"),
    "line-1": ("stroke:#bc4c00", "stroke:#f0883e"),
    "line-2": ("stroke:#8250df", "stroke:#a371f7"),
}


@dataclass(frozen=True)
class Bar:
    """``ours`` is drawn in colour."""

    name: str
    value: float
    text: str
    ours: bool = False


@dataclass(frozen=True)
class Line:
    name: str
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Axis:
    """``name`` says what it has and in which unit; ``mark`` writes a value at one of its ticks."""

    name: str
    ticks: Sequence[float]
    mark: Callable[[float], str]
    logarithmic: bool = True

    def place(self, value: float) -> float:
        """Where a value is: 0 at the first tick, 1 at the last."""
        scale = math.log if self.logarithmic else float
        first, last = scale(self.ticks[0]), scale(self.ticks[-1])
        return (scale(value) - first) / (last - first)


def bars(title: str, description: str, groups: Mapping[str, Sequence[Bar]]) -> str:
    """Bars in groups, each group on a scale of its own."""
    height = 2 * _MARGIN + _TITLE + sum(_GROUP + _BAR_STEP * len(group) for group in groups.values())
    drawing = _Drawing(title, description, height)
    y = _MARGIN + _TITLE
    for name, group in groups.items():
        y += _GROUP
        drawing.text(_MARGIN, y - 12, name, "soft")
        longest = max(bar.value for bar in group)
        for bar in group:
            width = (_WIDTH - 2 * _MARGIN - _LABELS - _VALUES) * bar.value / longest
            x = _MARGIN + _LABELS
            paint = "fill-0" if bar.ours else "other"
            weight = " bold" if bar.ours else ""
            drawing.text(x - 12, y + 16, bar.name, f"ink{weight}", "end")
            drawing.add("rect", paint, x=x, y=y, width=round(width, 1), height=_BAR, rx=3)
            drawing.text(x + width + 10, y + 16, bar.text, f"ink{weight}")
            y += _BAR_STEP
    return drawing.finish()


def lines(title: str, description: str, x_axis: Axis, y_axis: Axis, found: Sequence[Line]) -> str:
    """Up to three lines."""
    left, top, right, bottom = _PLOT
    drawing = _Drawing(title, description, bottom + 70)
    for tick in y_axis.ticks:
        y = bottom - (bottom - top) * y_axis.place(tick)
        drawing.add("line", "grid", x1=left, y1=round(y, 1), x2=right, y2=round(y, 1))
        drawing.text(left - 10, y + 5, y_axis.mark(tick), "soft", "end")
    for tick in x_axis.ticks:
        x = left + (right - left) * x_axis.place(tick)
        drawing.add("line", "grid", x1=round(x, 1), y1=top, x2=round(x, 1), y2=bottom)
        drawing.text(x, bottom + 22, x_axis.mark(tick), "soft", "middle")
    drawing.text((left + right) / 2, bottom + 48, x_axis.name, "ink", "middle")
    drawing.text(_MARGIN, top - 16, y_axis.name, "ink")
    for number, line in reversed([*enumerate(found)]):  # the first one on top
        points = [
            (left + (right - left) * x_axis.place(x), bottom - (bottom - top) * y_axis.place(y)) for x, y in line.points
        ]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        drawing.add("polyline", f"line line-{number}", points=path)
        for x, y in points:
            drawing.add("circle", f"fill-{number}", cx=round(x, 1), cy=round(y, 1), r=4)
        legend = right - _LEGEND_STEP * (len(found) - number) + 40
        drawing.add("rect", f"fill-{number}", x=legend, y=top - 28, width=14, height=14, rx=3)
        drawing.text(legend + 22, top - 16, line.name, "ink")
    return drawing.finish()


class _Drawing:
    def __init__(self, title: str, description: str, height: float) -> None:
        self._root = ET.Element(
            "svg",
            {
                "xmlns": "http://www.w3.org/2000/svg",
                "role": "img",
                "aria-labelledby": "title description",
                "viewBox": f"0 0 {_WIDTH} {height:g}",
                "width": str(_WIDTH),
                "height": f"{height:g}",
            },
        )
        ET.SubElement(self._root, "title", {"id": "title"}).text = title
        ET.SubElement(self._root, "desc", {"id": "description"}).text = description
        ET.SubElement(self._root, "style").text = _style()
        self.add("rect", "page", x=1, y=1, width=_WIDTH - 2, height=height - 2, rx=12)
        self.text(_MARGIN, _MARGIN + _TITLE - 4, title, "ink bold title")

    def add(self, tag: str, classes: str, **attributes: float | str) -> ET.Element:
        values = {name: value if isinstance(value, str) else f"{value:g}" for name, value in attributes.items()}
        return ET.SubElement(self._root, tag, {"class": classes, **values})

    def text(self, x: float, y: float, text: str, classes: str, anchor: str = "start") -> None:
        element = self.add("text", classes, x=round(x, 1), y=round(y, 1))
        element.set("text-anchor", anchor)
        element.text = text

    def finish(self) -> str:
        ET.indent(self._root)
        return ET.tostring(self._root, encoding="unicode") + "\n"


def _style() -> str:
    light = [f".{name}{{{paint}}}" for name, (paint, _) in _PAINTS.items()]
    dark = [f".{name}{{{paint}}}" for name, (_, paint) in _PAINTS.items()]
    fixed = [
        f"text{{font-family:{_FONT};font-size:{_TEXT}px}}",
        f".title{{font-size:{_TITLE}px}}",
        ".bold{font-weight:700}",
        ".line{fill:none;stroke-width:2.5}",
    ]
    return "\n" + "\n".join([*fixed, *light, "@media (prefers-color-scheme:dark){", *dark, "}"]) + "\n"
