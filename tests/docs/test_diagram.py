"""The two pictures of the architecture: one for pages, one for phones. Each can be read and says what the HCL says."""

from __future__ import annotations

import itertools
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tools.environments import ROOT

WIDE, NARROW = ROOT / "docs" / "architecture.svg", ROOT / "docs" / "architecture-narrow.svg"
PAGES = (ROOT / "README.md", ROOT / "docs" / "architecture.md")
# The room that GitHub gives a picture, on a desktop and on a phone.
ROOM = {WIDE: (916, 520), NARROW: (390, 1300)}
SMALLEST_TEXT = 12
LEAST_CONTRAST = 4.5  # WCAG 2, level AA
# A letter's width in ems, in a wide font: DejaVu's.
WORDS, BOLD, CODE = 0.55, 0.65, 0.605

# What lets the function begin, and what brings failed events back: no part of an object's way.
BESIDE = ("batch_job_trust", "batch_jobs", "function", "network", "replay_queue")

_SVG = "{http://www.w3.org/2000/svg}"
_DARK = "@media (prefers-color-scheme: dark) {"
_THEMES = ("light", "dark")
_KINDS = ("trust", "identity", "resource")


@dataclass(frozen=True)
class Extent:
    """A rectangle in the coordinates of the whole picture."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: Extent) -> bool:
        beside = self.right <= other.left or other.right <= self.left
        return not (beside or self.bottom <= other.top or other.bottom <= self.top)

    def grown(self, by: float) -> Extent:
        return Extent(self.left - by, self.top - by, self.right + by, self.bottom + by)

    def holds(self, other: Extent) -> bool:
        across = self.left <= other.left and other.right <= self.right
        return across and self.top <= other.top and other.bottom <= self.bottom


@dataclass(frozen=True)
class Placed:
    """An element, where its groups put it, and the rectangle that it stands in. The page stands in itself."""

    element: ET.Element
    x: float
    y: float
    within: Placed | None

    @property
    def around(self) -> Placed:
        return self.within or self

    @property
    def classes(self) -> list[str]:
        return self.element.get("class", "").split()

    @property
    def text(self) -> str:
        return self.element.text or ""


class Picture:
    """An SVG file whose groups are moved by `translate` and whose type and colors stand in its `style`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.source = path.read_text(encoding="utf-8")
        self.root = ET.fromstring(self.source)  # noqa: S314 - our own file
        self.placed = list(_place(self.root, 0, 0, None))
        light, _, dark = (self.root.findtext(f"{_SVG}style") or "").partition(_DARK)
        self.rules: Mapping[str, list[tuple[str, str]]] = {
            "light": _rules(light),
            "dark": [*_rules(light), *_rules(dark)],
        }
        self.dark_rules = dict(_rules(dark))

    def all(self, tag: str) -> list[Placed]:
        return [placed for placed in self.placed if placed.element.tag == _SVG + tag]

    def property(self, placed: Placed, name: str, theme: str) -> str:
        """What the style says of an element: a class wins over a tag, and the later rule over the earlier."""
        tag = placed.element.tag.removeprefix(_SVG)
        found = {selector == tag: value for selector, value in self._values(name, theme) if self._is(placed, selector)}
        return found.get(False) or found[True]

    def size(self, text: Placed) -> float:
        """In the units of the picture, as it is drawn."""
        return float(self.property(text, "font-size", "light").removesuffix("px"))

    def extent(self, text: Placed) -> Extent:
        size = self.size(text)
        ems = CODE if "code" in text.classes else BOLD if {"title", "number"} & set(text.classes) else WORDS
        width = len(text.text) * ems * size
        left = text.x - (width if "end" in text.classes else width / 2 if "center" in text.classes else 0)
        return Extent(left, text.y - 0.8 * size, left + width, text.y + 0.2 * size)

    def _values(self, name: str, theme: str) -> Iterator[tuple[str, str]]:
        for selector, declarations in self.rules[theme]:
            if found := re.search(rf"(?:^|;\s*){name}: ([^;]+)", declarations):
                yield selector, found.group(1)

    def _is(self, placed: Placed, selector: str) -> bool:
        return selector.removeprefix(".") in placed.classes or _SVG + selector == placed.element.tag


def _place(group: ET.Element, x: float, y: float, around: Placed | None) -> Iterator[Placed]:
    for element in group:
        if element.tag == f"{_SVG}g":
            dx, dy = map(float, re.findall(r"[\d.]+", element.get("transform", "translate(0 0)")))
            yield from _place(element, x + dx, y + dy, around)
        else:
            placed = Placed(element, x + float(element.get("x", 0)), y + float(element.get("y", 0)), around)
            if element.tag == f"{_SVG}rect":
                around = placed
            yield placed


def _rules(style: str) -> list[tuple[str, str]]:
    return [(selector, body.strip()) for selector, body in re.findall(r"([\w.-]+) \{([^{}]+)\}", style)]


def _box(rect: Placed) -> Extent:
    width, height = float(rect.element.attrib["width"]), float(rect.element.attrib["height"])
    return Extent(rect.x, rect.y, rect.x + width, rect.y + height)


def _contrast(color: str, other: str) -> float:
    brighter, darker = sorted((_luminance(color), _luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def _luminance(color: str) -> float:
    parts = [int(color[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _rendered_policies() -> list[str]:
    """The names in the `policies` outputs of both sides, but for those of roles that no object passes."""
    names: list[str] = []
    for side in ("lambda-account", "s3-account"):
        outputs = (ROOT / "modules" / side / "outputs.tf").read_text(encoding="utf-8")
        block = re.search(r'^output "policies" \{\n.*?^\}', outputs, re.DOTALL | re.MULTILINE)
        assert block is not None
        names += re.findall(r"^    (\w+) += ", block.group(), re.MULTILINE)
    return [name for name in names if name not in BESIDE]


def _hcl() -> str:
    sources = sorted([*ROOT.glob("*.tf"), *ROOT.glob("modules/*/*.tf")])
    return "\n".join(source.read_text(encoding="utf-8") for source in sources)


def _resources(picture: Picture) -> list[str]:
    return [element.attrib["data-resource"] for element in picture.root.iter() if "data-resource" in element.attrib]


def _policies(picture: Picture) -> list[tuple[str, str]]:
    """The policies that are shown, each with the kind that its color tells; the legend is not set as code."""
    return [
        (text.text, kind)
        for text in picture.all("text")
        for kind in _KINDS
        if "code" in text.classes and kind in text.around.classes
    ]


@pytest.fixture(scope="module", params=[WIDE, NARROW], ids=["wide", "narrow"])
def picture(request: pytest.FixtureRequest) -> Picture:
    return Picture(request.param)


def test_it_fits_where_it_is_shown(picture: Picture) -> None:
    width, height = (int(picture.root.attrib[name]) for name in ("width", "height"))
    _, _, drawn_width, drawn_height = map(float, picture.root.attrib["viewBox"].split())
    room_across, room_down = ROOM[picture.path]

    assert (width, height <= room_down) == (room_across, True)
    assert height == round(drawn_height * width / drawn_width)


def test_no_text_is_small(picture: Picture) -> None:
    drawn_width = float(picture.root.attrib["viewBox"].split()[2])
    scale = int(picture.root.attrib["width"]) / drawn_width

    assert min(picture.size(text) for text in picture.all("text")) * scale >= SMALLEST_TEXT


def test_no_text_leaves_its_box_or_the_picture(picture: Picture) -> None:
    _, _, width, height = map(float, picture.root.attrib["viewBox"].split())
    whole = Extent(0, 0, width, height)
    texts = picture.all("text")

    assert [t.text for t in texts if not whole.holds(picture.extent(t))] == []
    assert [t.text for t in texts if not _box(t.around).holds(picture.extent(t))] == []


def test_no_text_meets_another(picture: Picture) -> None:
    extents = [(text.text, picture.extent(text)) for text in picture.all("text")]

    assert [(a, b) for (a, one), (b, other) in itertools.combinations(extents, 2) if one.meets(other)] == []


def test_no_text_meets_the_edge_of_a_box(picture: Picture) -> None:
    """A text is in a box or beside it."""
    boxes = [_box(rect) for rect in picture.all("rect")]
    texts = [(text.text, picture.extent(text)) for text in picture.all("text")]

    assert [text for text, extent in texts for box in boxes if box.meets(extent) and not box.holds(extent)] == []


def test_no_arrow_crosses_a_text(picture: Picture) -> None:
    # The numbers stand on the arrows.
    texts = [(text.text, picture.extent(text)) for text in picture.all("text") if "number" not in text.classes]

    assert [text for text, extent in texts for arrow in _arrows(picture) if extent.meets(arrow.grown(3))] == []


def test_every_arrow_joins_the_edges_of_two_boxes_and_crosses_none(picture: Picture) -> None:
    boxes = [_box(rect) for rect in picture.all("rect") if "card" in rect.classes]
    arrows = _arrows(picture)

    assert len(arrows) == 7
    for arrow in arrows:
        touched = [box for box in boxes if _touches(arrow, box)]
        assert len(touched) == 2, arrow
        assert [box for box in boxes if box.meets(arrow)] == [], arrow


def _arrows(picture: Picture) -> list[Extent]:
    """The arrows, as wide as a hair; all of them are upright or level."""
    arrows = []
    for line in picture.all("line"):
        offset = {"x": line.x, "y": line.y}
        ends = {name: float(line.element.attrib[name]) + offset[name[0]] for name in ("x1", "y1", "x2", "y2")}
        left, right = sorted((ends["x1"], ends["x2"]))
        top, bottom = sorted((ends["y1"], ends["y2"]))
        assert left == right or top == bottom
        arrows.append(Extent(left, top, right, bottom))
    return arrows


def _touches(arrow: Extent, box: Extent) -> bool:
    """Whether an arrow begins or ends at the edge of a box."""
    if arrow.top == arrow.bottom:
        return box.top < arrow.top < box.bottom and (arrow.left == box.right or arrow.right == box.left)
    return box.left < arrow.left < box.right and (arrow.top == box.bottom or arrow.bottom == box.top)


@pytest.mark.parametrize("theme", _THEMES)
def test_every_text_stands_out_from_what_is_behind_it(picture: Picture, theme: str) -> None:
    [disc] = {circle.element.attrib["class"]: circle for circle in picture.all("circle")}.values()
    faint = {}
    for text in picture.all("text"):
        behind = disc if "number" in text.classes else text.around
        contrast = _contrast(picture.property(text, "fill", theme), picture.property(behind, "fill", theme))
        if contrast < LEAST_CONTRAST:
            faint[text.text] = contrast

    assert faint == {}


def test_every_color_has_one_for_dark_pages(picture: Picture) -> None:
    light = {selector for selector, body in picture.rules["light"] if "#" in body.replace("url(#", "")}

    assert light == set(picture.dark_rules)
    assert re.findall(r'(?:fill|stroke|style)="', picture.source) == []


def test_the_style_has_the_classes_that_are_used(picture: Picture) -> None:
    styled = {selector.removeprefix(".") for selector, _ in picture.rules["light"]}
    used = {name for element in picture.root.iter() for name in element.get("class", "").split()}

    assert used == styled - {"text"}


def test_every_rendered_policy_is_shown_once(picture: Picture) -> None:
    assert sorted(name for name, _ in _policies(picture)) == sorted(_rendered_policies())


def test_every_other_policy_is_named_in_the_page() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")

    assert [name for name in BESIDE if f"`{name}`" not in page] == []


def test_a_policy_has_the_color_of_its_kind(picture: Picture) -> None:
    kinds = {"trust": "trust", "failure_queue": "resource", "bucket": "resource", "key": "resource"}

    assert [(name, kind) for name, kind in _policies(picture) if kind != kinds.get(name, "identity")] == []


def test_every_resource_that_is_shown_is_in_the_hcl(picture: Picture) -> None:
    made = {".".join(pair) for pair in re.findall(r'^resource "(\w+)" "(\w+)"', _hcl(), re.MULTILINE)}
    shown = _resources(picture)

    assert len(shown) == len(set(shown)) == 7
    assert set(shown) <= made


def test_every_name_that_is_shown_is_in_the_hcl(picture: Picture) -> None:
    hcl = _hcl()
    names = [text.text.replace("<name>", "${var.name}") for text in picture.all("text") if "code" in text.classes]

    assert {"sts:AssumeRole", "s3:PutObject", "lambda:SourceFunctionArn", "${var.name}-lambda"} <= set(names)
    assert [name for name in names if name not in hcl] == []


def test_it_can_be_read_aloud(picture: Picture) -> None:
    title, description = picture.root[:2]

    assert [title.tag, description.tag] == [f"{_SVG}title", f"{_SVG}desc"]
    assert title.text
    assert description.text
    assert picture.root.attrib["role"] == "img"
    assert picture.root.attrib["aria-labelledby"].split() == [title.attrib["id"], description.attrib["id"]]


def test_nothing_is_fetched_and_nothing_runs(picture: Picture) -> None:
    names = [name for element in picture.root.iter() for name in element.attrib]
    tags = {element.tag.removeprefix(_SVG) for element in picture.root.iter()}

    assert re.findall(r"url\((?!#)|@import|https?://(?!www\.w3\.org/2000/svg)|file:", picture.source) == []
    assert [name for name in names if name.endswith(("href", "src")) or name.startswith("on")] == []
    assert not tags & {"script", "image", "use", "foreignObject", "a"}


def test_its_source_can_be_read_and_edited(picture: Picture) -> None:
    lines = picture.source.splitlines()

    assert [line for line in lines if len(line) > 120] == []
    assert [line for line in lines if line != line.rstrip() or "\t" in line] == []
    assert picture.source.endswith("</svg>\n")


def test_both_pictures_say_the_same() -> None:
    wide, narrow = Picture(WIDE), Picture(NARROW)

    assert _said(wide) == _said(narrow)
    assert sorted(_resources(wide)) == sorted(_resources(narrow))
    for tag in ("title", "desc", "style"):
        assert wide.root.findtext(_SVG + tag) == narrow.root.findtext(_SVG + tag)


def _said(picture: Picture) -> list[str]:
    """Every word, once for each time that it is there: the pictures break their lines in different places."""
    return sorted(word for text in picture.all("text") for word in text.text.split())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_shows_the_one_that_fits_and_says_it_in_words(page: Path) -> None:
    [shown] = re.findall(r"<picture>.*?</picture>", page.read_text(encoding="utf-8"), re.DOTALL)
    [(media, narrow)] = re.findall(r'<source media="([^"]+)" srcset="([^"]+)">', shown)
    [(alternative, wide)] = re.findall(r'<img alt="([^"]+)" src="([^"]+)">', shown)

    assert [(page.parent / name).resolve() for name in (wide, narrow)] == [WIDE, NARROW]
    assert media == "(max-width: 767px)"
    assert len(alternative.split()) > 8
