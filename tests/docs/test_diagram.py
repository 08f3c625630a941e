"""The picture of the architecture: it is what its source draws, names every policy and can be read."""

from __future__ import annotations

import itertools
import re
import sys
import xml.etree.ElementTree as ET
from dataclasses import dataclass

import pytest

from tools import diagram
from tools.environments import ROOT

_SVG = "{http://www.w3.org/2000/svg}"
# In ems, of a wide font: DejaVu's.
_SANS, _BOLD, _CODE = 0.55, 0.65, 0.605


@dataclass(frozen=True)
class Extent:
    """The room that a text takes, in a wide font."""

    text: str
    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: Extent) -> bool:
        beside = self.right <= other.left or other.right <= self.left
        return not (beside or self.bottom <= other.top or other.bottom <= self.top)


@pytest.fixture(scope="module")
def picture() -> ET.Element:
    return ET.fromstring(diagram.PICTURE.read_text(encoding="utf-8"))  # noqa: S314 - our own file


def _extent(element: ET.Element) -> Extent:
    text, size, classes = element.text or "", float(element.attrib["font-size"]), element.attrib["class"].split()
    ems = _CODE if "code" in classes else _BOLD if "bold" in classes else _SANS
    width, x, baseline = len(text) * ems * size, float(element.attrib["x"]), float(element.attrib["y"])
    left = x - {"start": 0.0, "middle": width / 2, "end": width}[element.attrib["text-anchor"]]
    return Extent(text, left, baseline - 0.8 * size, left + width, baseline + 0.2 * size)


def _rendered_policies() -> list[str]:
    """The names in the `policies` outputs of both sides."""
    names: list[str] = []
    for side in ("lambda-account", "s3-account"):
        outputs = (ROOT / "modules" / side / "outputs.tf").read_text(encoding="utf-8")
        block = re.search(r'^output "policies" \{\n.*?^\}', outputs, re.DOTALL | re.MULTILINE)
        assert block is not None
        names += re.findall(r"^    (\w+) += ", block.group(), re.MULTILINE)
    return names


def test_the_file_is_what_the_source_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["diagram", "--check"])

    assert diagram.main() == 0


def test_another_file_is_refused_with_the_command_that_redraws_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["diagram", "--check"])
    monkeypatch.setattr(diagram, "draw", lambda: "another picture")

    assert diagram.main() == 1
    assert "make diagram" in capsys.readouterr().err


def test_every_rendered_policy_is_shown_once(picture: ET.Element) -> None:
    shown = [text.text for text in picture.iter(f"{_SVG}text") if "policy" in text.attrib["class"].split()]

    assert shown
    assert sorted(map(str, shown)) == sorted(_rendered_policies())


def test_it_can_be_read_aloud(picture: ET.Element) -> None:
    assert [element.tag for element in picture[:2]] == [f"{_SVG}title", f"{_SVG}desc"]
    assert all(element.text for element in picture[:2])


def test_nothing_is_fetched(picture: ET.Element) -> None:
    assert "url(" not in ET.tostring(picture, encoding="unicode")
    assert not [name for element in picture.iter() for name in element.attrib if name.endswith(("href", "src"))]


def test_no_text_is_small(picture: ET.Element) -> None:
    assert min(float(text.attrib["font-size"]) for text in picture.iter(f"{_SVG}text")) >= diagram.SMALLEST


def test_no_text_meets_another_or_leaves_the_picture(picture: ET.Element) -> None:
    _, _, width, height = map(float, picture.attrib["viewBox"].split())
    extents = [_extent(text) for text in picture.iter(f"{_SVG}text")]

    assert [(a.text, b.text) for a, b in itertools.combinations(extents, 2) if a.meets(b)] == []
    assert [e.text for e in extents if e.left < 0 or e.right > width or e.top < 0 or e.bottom > height] == []


def test_no_arrow_crosses_a_text(picture: ET.Element) -> None:
    # The numbers stand on the arrows.
    extents = [_extent(text) for text in picture.iter(f"{_SVG}text") if "step" not in text.attrib["class"].split()]
    ends = [[float(line.attrib[name]) for name in ("x1", "y1", "x2", "y2")] for line in picture.iter(f"{_SVG}line")]

    assert [e.text for e in extents for end in ends if e.meets(Extent("arrow", *end))] == []


def test_every_arrow_ends_at_the_edge_of_a_box(picture: ET.Element) -> None:
    boxes = [box.attrib for box in picture.iter(f"{_SVG}rect") if box.attrib["class"] == "box"]
    edges = {"x": [float(box["x"]) for box in boxes], "y": [float(box["y"]) for box in boxes]}
    tips = [head.attrib["points"].split()[0].split(",") for head in picture.iter(f"{_SVG}polygon")]

    assert len(tips) == 7
    assert [(x, y) for x, y in tips if float(x) not in edges["x"] and float(y) not in edges["y"]] == []
