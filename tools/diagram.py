"""Draw docs/architecture.svg: the two accounts, who assumes what, and where each policy sits.

`python -m tools.diagram` draws it, `--check` only says whether the file is up to date. The picture is tall, with large
type and few words, because a page may show it 400 pixels wide.
"""

from __future__ import annotations

import argparse
import sys
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from tools.environments import ROOT

PICTURE = ROOT / "docs" / "architecture.svg"
SMALLEST = 22
_BODY, _HEADING = SMALLEST, 28
_WIDTH, _SHOWN_WIDTH = 720, 500
_MARGIN, _PADDING, _INSET, _RADIUS = 20, 20, 18, 10
_SPINE = 74  # where the file goes down; the roles stand aside of it
_ASSUMING = 436
_CHIP_WIDTH, _CHIP_HEIGHT = 136, 34
_LINE, _ROW, _HEADER = 30, 43, 58
_STEP_RADIUS = 18
_CODE_EMS = 0.6  # what a letter of a monospaced font takes
_ARROW_LENGTH, _ARROW_HALF = 16, 8

_SANS = "'Segoe UI',Roboto,'Helvetica Neue',Helvetica,Arial,'Liberation Sans',sans-serif"
_MONO = "ui-monospace,SFMono-Regular,Menlo,Consolas,'Liberation Mono','DejaVu Sans Mono',monospace"

_TITLE = "A Lambda function in one AWS account writes to a bucket in another"
_DESCRIPTION = (
    "In the Lambda account, an event reaches the function (1). It runs as its execution role and logs to its own log "
    "group; events that fail go to its own queue, whose policy asks for HTTPS. The role is trusted by Lambda only. Its "
    "policy assume allows one role, and only to this function; logs allows its log group, failures its queue, sources "
    "what it reads in its own account, if any is named, and tracing X-Ray, if that is switched on. It assumes the "
    "writer role in the S3 account, with the external ID if one is set (2). That role trusts exactly this execution "
    "role; its policy write allows PutObject below the prefixes, and its policy kms allows the key, through S3 only. "
    "As the writer role the function puts the object into the bucket, naming the bucket's owner and sending a CRC32, "
    "which S3 checks (3). The bucket is versioned, has no ACLs and no public access, and its policy asks for HTTPS "
    "with TLS 1.2 or newer. It encrypts under its own KMS key (4), which the account's IAM may administer, and let "
    "somebody use through S3 only."
)


class Kind(StrEnum):
    """What a policy is attached to, and thereby whose question it answers."""

    TRUST = "trust"
    IDENTITY = "identity"
    RESOURCE = "resource"


@dataclass(frozen=True)
class Paint:
    fill: str
    stroke: str = "none"

    def __str__(self) -> str:
        return f"fill:{self.fill};stroke:{self.stroke}"


# By class: on a light page, and on a dark one.
_PAINTS: Mapping[str, tuple[Paint, Paint]] = {
    "page": (Paint("#f6f8fa", "#d0d7de"), Paint("#0d1117", "#3d444d")),
    "lambda": (Paint("#fff3e0", "#d98a1f"), Paint("#271b0b", "#b9771c")),
    "s3": (Paint("#e6f6ec", "#3a9d62"), Paint("#0e2317", "#2f8f55")),
    "box": (Paint("#ffffff", "#8c959f"), Paint("#161b22", "#768390")),
    "ink": (Paint("#1f2328"), Paint("#f0f6fc")),
    "soft": (Paint("#3d444d"), Paint("#c9d1d9")),
    "lambda-title": (Paint("#7a4100"), Paint("#f5c27a")),
    "s3-title": (Paint("#0f5132"), Paint("#7ee2a8")),
    "flow": (Paint("none", "#0969da"), Paint("none", "#58a6ff")),
    "flow-head": (Paint("#0969da"), Paint("#58a6ff")),
    "step": (Paint("#ffffff"), Paint("#0d1117")),
    "aside": (Paint("none", "#57606a"), Paint("none", "#9da7b3")),
    "aside-head": (Paint("#57606a"), Paint("#9da7b3")),
    "trust": (Paint("#eee5ff", "#8250df"), Paint("#351d63", "#a371f7")),
    "trust-name": (Paint("#4c2889"), Paint("#e7d6ff")),
    "identity": (Paint("#ddf0ff", "#0969da"), Paint("#0c2d5e", "#58a6ff")),
    "identity-name": (Paint("#0a3069"), Paint("#cae8ff")),
    "resource": (Paint("#ffe4ef", "#bf3989"), Paint("#551138", "#f778ba")),
    "resource-name": (Paint("#6e0a3e"), Paint("#ffd3eb")),
}


@dataclass(frozen=True)
class Box:
    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height

    @property
    def middle(self) -> float:
        return self.y + self.height / 2


@dataclass(frozen=True)
class Line:
    """A line of text; ``code`` is set like a name in a program."""

    text: str
    code: bool = False


@dataclass(frozen=True)
class Setting:
    """How a text is set: its class, its size, and which of its ends is where it is put."""

    paint: str
    size: int = _BODY
    anchor: str = "start"


@dataclass(frozen=True)
class Policy:
    name: str
    kind: Kind
    says: tuple[Line, ...]

    @property
    def height(self) -> float:
        return _ROW + (len(self.says) - 1) * _LINE

    @property
    def chip_width(self) -> float:
        return max(_CHIP_WIDTH, round(len(self.name) * _CODE_EMS * _BODY) + 26)


@dataclass(frozen=True)
class Card:
    """Something that has policies."""

    title: str
    note: Line
    policies: tuple[Policy, ...]

    @property
    def height(self) -> float:
        return _HEADER + sum(policy.height for policy in self.policies) + 12


_EXECUTION_ROLE = Card(
    "Execution role",
    Line("<name>-lambda", code=True),
    (
        Policy("trust", Kind.TRUST, (Line("Lambda only"),)),
        Policy(
            "assume",
            Kind.IDENTITY,
            (Line("one role, only as this function"), Line("lambda:SourceFunctionArn", code=True)),
        ),
        Policy("logs", Kind.IDENTITY, (Line("its own log group"),)),
        Policy("failures", Kind.IDENTITY, (Line("its own queue"),)),
        Policy("sources", Kind.IDENTITY, (Line("what it reads, if named"),)),
        Policy("tracing", Kind.IDENTITY, (Line("X-Ray, if switched on"),)),
    ),
)
_QUEUE = Card(
    "Queue",
    Line("<name>-failures", code=True),
    (Policy("failure_queue", Kind.RESOURCE, (Line("HTTPS only"),)),),
)
_WRITER_ROLE = Card(
    "Writer role",
    Line("<name>-s3-writer", code=True),
    (
        Policy("trust", Kind.TRUST, (Line("that execution role, external ID"),)),
        Policy("write", Kind.IDENTITY, (Line("PutObject below the prefixes"),)),
        Policy("kms", Kind.IDENTITY, (Line("that key, through S3 only"),)),
    ),
)
_BUCKET = Card(
    "Bucket",
    Line("versioned, no ACLs, no public access"),
    (Policy("bucket", Kind.RESOURCE, (Line("HTTPS only, TLS 1.2 or newer"),)),),
)
_KEY = Card(
    "KMS key",
    Line("this bucket's own, rotates"),
    (Policy("key", Kind.RESOURCE, (Line("administered here, used through S3"),)),),
)


class Drawing:
    """An SVG that grows, element by element; what comes later lies on top."""

    def __init__(self) -> None:
        self.root = ET.Element(
            "svg", {"xmlns": "http://www.w3.org/2000/svg", "role": "img", "aria-labelledby": "title description"}
        )
        ET.SubElement(self.root, "title", {"id": "title"}).text = _TITLE
        ET.SubElement(self.root, "desc", {"id": "description"}).text = _DESCRIPTION
        ET.SubElement(self.root, "style").text = _style()

    def rect(self, box: Box, paint: str, radius: float = _RADIUS, stroke_width: float = 1.5) -> None:
        shape = {"x": box.x, "y": box.y, "width": box.width, "height": box.height, "rx": radius}
        self._add("rect", {**shape, "stroke-width": stroke_width}, paint)

    def text(self, x: float, middle: float, line: Line, setting: Setting) -> None:
        # Not `dominant-baseline`, which not every renderer knows: a third of the size lies above the middle of a line.
        baseline = middle + round(setting.size * 0.35, 1)
        place = {"x": x, "y": baseline, "font-size": setting.size}
        family, weight = "code" if line.code else "words", " bold" if setting.size == _HEADING else ""
        element = self._add("text", place, f"{setting.paint} {family}{weight}")
        element.set("text-anchor", setting.anchor)
        element.text = line.text

    def arrow(self, start: tuple[float, float], end: tuple[float, float], paint: str, stroke_width: float) -> None:
        """A straight arrow, down or to the right, whose tip touches the end."""
        (x, y), (to_x, to_y) = start, end
        down = to_x == x
        neck = (to_x, to_y - _ARROW_LENGTH) if down else (to_x - _ARROW_LENGTH, to_y)
        shaft = {"x1": x, "y1": y, "x2": neck[0], "y2": neck[1], "stroke-width": stroke_width}
        self._add("line", shaft, paint)
        across = (_ARROW_HALF, 0) if down else (0, _ARROW_HALF)
        corners = (end, *((neck[0] + side * across[0], neck[1] + side * across[1]) for side in (-1, 1)))
        points = " ".join(f"{_number(px)},{_number(py)}" for px, py in corners)
        self._add("polygon", {}, f"{paint}-head").set("points", points)

    def dot(self, x: float, y: float) -> None:
        self._add("circle", {"cx": x, "cy": y, "r": 7}, "flow-head")

    def step(self, number: int, x: float, y: float, lines: Sequence[Line]) -> None:
        """A numbered disc on an arrow, and what happens there beside it."""
        self._add("circle", {"cx": x, "cy": y, "r": _STEP_RADIUS}, "flow-head")
        self.text(x, y, Line(str(number)), Setting("step bold", anchor="middle"))
        for index, line in enumerate(lines):
            self.text(x + 32, y + index * _LINE, line, Setting("ink bold" if index == 0 else "soft"))

    def policy(self, x: float, y: float, policy: Policy) -> None:
        chip = Box(x, y, policy.chip_width, _CHIP_HEIGHT)
        self.rect(chip, policy.kind, radius=_CHIP_HEIGHT / 2)
        name = Line(policy.name, code=True)
        setting = Setting(f"policy {policy.kind}-name bold", anchor="middle")
        self.text(x + chip.width / 2, chip.middle, name, setting)
        for index, line in enumerate(policy.says):
            self.text(chip.right + 14, chip.middle + index * _LINE, line, Setting("soft"))

    def card(self, box: Box, card: Card) -> None:
        self.rect(box, "box")
        self.text(box.x + _INSET, box.y + 32, Line(card.title), Setting("ink", _HEADING))
        self.text(box.right - _INSET, box.y + 32, card.note, Setting("soft", anchor="end"))
        below = box.y + _HEADER
        for policy in card.policies:
            self.policy(box.x + _INSET, below, policy)
            below += policy.height

    def plain_box(self, box: Box, title: str, note: Line) -> None:
        self.rect(box, "box")
        self.text(box.x + _INSET, box.y + 30, Line(title), Setting("ink", _HEADING))
        self.text(box.x + _INSET, box.y + 62, note, Setting("soft"))

    def finish(self, height: float) -> str:
        shown = {"width": _SHOWN_WIDTH, "height": round(height * _SHOWN_WIDTH / _WIDTH)}
        for name, value in {"viewBox": f"0 0 {_WIDTH} {_number(height)}", **shown}.items():
            self.root.set(name, str(value))
        ET.indent(self.root)
        return ET.tostring(self.root, encoding="unicode") + "\n"

    def _add(self, tag: str, numbers: Mapping[str, float], classes: str) -> ET.Element:
        values = {name: _number(value) for name, value in numbers.items()}
        return ET.SubElement(self.root, tag, {"class": classes, **values})


def draw() -> str:
    """The picture, as text: the same on every machine."""
    layout = _lay_out()
    drawing = Drawing()
    drawing.rect(Box(1, 1, _WIDTH - 2, layout.height - 2), "page", radius=16)
    _draw_account(drawing, layout.lambda_account, "Lambda account", "lambda")
    _draw_account(drawing, layout.s3_account, "S3 account", "s3")
    _draw_boxes(drawing, layout)
    _draw_asides(drawing, layout)
    _draw_steps(drawing, layout)
    _draw_legend(drawing, layout.s3_account.bottom + 32)
    return drawing.finish(layout.height)


@dataclass(frozen=True)
class Layout:
    lambda_account: Box
    function: Box
    log_group: Box
    queue: Box
    execution_role: Box
    s3_account: Box
    writer_role: Box
    bucket: Box
    key: Box

    @property
    def height(self) -> float:
        return self.s3_account.bottom + 64


def _lay_out() -> Layout:
    """Everything's place, from top to bottom."""
    left, aside, right = _MARGIN + _PADDING, 112, _WIDTH - _MARGIN - _PADDING
    across = _WIDTH - 2 * _MARGIN
    first = 96
    log_group = Box(right - 384, first + 58, 384, 88)
    queue = Box(log_group.x, log_group.bottom + 16, log_group.width, _QUEUE.height)
    function = Box(left, log_group.y, 206, queue.bottom - log_group.y)
    execution_role = Box(aside, function.bottom + 64, right - aside, _EXECUTION_ROLE.height)
    lambda_account = Box(_MARGIN, first, across, execution_role.bottom + _PADDING - first)
    second = lambda_account.bottom + 138
    writer_role = Box(aside, second + 58, right - aside, _WRITER_ROLE.height)
    bucket = Box(left, writer_role.bottom + 40, right - left, _BUCKET.height)
    key = Box(left, bucket.bottom + 80, right - left, _KEY.height)
    s3_account = Box(_MARGIN, second, across, key.bottom + _PADDING - second)
    return Layout(lambda_account, function, log_group, queue, execution_role, s3_account, writer_role, bucket, key)


def _draw_account(drawing: Drawing, box: Box, title: str, paint: str) -> None:
    drawing.rect(box, paint, radius=14, stroke_width=2)
    drawing.text(box.right - _PADDING, box.y + 30, Line(title), Setting(f"{paint}-title", _HEADING, "end"))


def _draw_boxes(drawing: Drawing, layout: Layout) -> None:
    drawing.plain_box(layout.function, "Function", Line("<name>", code=True))
    drawing.plain_box(layout.log_group, "Log group", Line("/aws/lambda/<name>", code=True))
    for box, card in (
        (layout.queue, _QUEUE),
        (layout.execution_role, _EXECUTION_ROLE),
        (layout.writer_role, _WRITER_ROLE),
        (layout.bucket, _BUCKET),
        (layout.key, _KEY),
    ):
        drawing.card(box, card)


def _draw_asides(drawing: Drawing, layout: Layout) -> None:
    function, role = layout.function, layout.execution_role
    for box in (layout.log_group, layout.queue):
        drawing.arrow((function.right, box.middle), (box.x, box.middle), "aside", 2.5)
    drawing.text(function.right - 14, layout.queue.middle, Line("failed events"), Setting("soft", anchor="end"))
    drawing.arrow((190, function.bottom), (190, role.y), "aside", 2.5)
    drawing.text(208, (function.bottom + role.y) / 2, Line("runs as"), Setting("soft"))


def _draw_steps(drawing: Drawing, layout: Layout) -> None:
    """The path of a file: its arrows, and on each its number."""
    function, bucket, key = layout.function, layout.bucket, layout.key
    between = layout.lambda_account.bottom + 38
    for x, start, end in (
        (_SPINE, 22, function.y),
        (_ASSUMING, layout.execution_role.bottom, layout.writer_role.y),
        (_SPINE, function.bottom, bucket.y),
        (_SPINE, bucket.bottom, key.y),
    ):
        drawing.arrow((x, start), (x, end), "flow", 4)
    drawing.dot(_SPINE, 22)
    drawing.step(1, _SPINE, 58, (Line("event"),))
    drawing.step(2, _ASSUMING, between, (Line("sts:AssumeRole", code=True), Line("external ID, if set")))
    put = (Line("s3:PutObject", code=True), Line("as the writer role;"), Line("owner and CRC32 checked"))
    drawing.step(3, _SPINE, between, put)
    drawing.step(4, _SPINE, bucket.bottom + 32, (Line("encrypts under"),))


def _draw_legend(drawing: Drawing, middle: float) -> None:
    for x, kind in zip((_MARGIN + _PADDING, 244, 478), Kind, strict=True):
        drawing.rect(Box(x, middle - 10, 32, 20), kind, radius=10)
        drawing.text(x + 44, middle, Line(f"{kind} policy"), Setting("soft"))


def _style() -> str:
    """The colours, once for each kind of page, and the type."""
    light = [f".{name}{{{on_light}}}" for name, (on_light, _) in _PAINTS.items()]
    dark = [f".{name}{{{on_dark}}}" for name, (_, on_dark) in _PAINTS.items()]
    fonts = [f".words{{font-family:{_SANS}}}", f".code{{font-family:{_MONO}}}", ".bold{font-weight:700}"]
    rules = [*fonts, *light, "@media (prefers-color-scheme:dark){", *dark, "}"]
    return "\n" + "\n".join(rules) + "\n"


def _number(value: float) -> str:
    return f"{value:g}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument(
        "--check", action="store_true", help="only say whether the picture is up to date; exit code 1 if not"
    )
    check = parser.parse_args().check
    picture, name = draw(), PICTURE.relative_to(ROOT)
    if PICTURE.exists() and PICTURE.read_text(encoding="utf-8") == picture:
        print(f"{name} is up to date")
        return 0
    if check:
        print(f"{name} is not what its source draws: run `make diagram`", file=sys.stderr)
        return 1
    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.write_text(picture, encoding="utf-8")
    print(f"{name} written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
