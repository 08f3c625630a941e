#!/usr/bin/env python3
"""Write the tables of requirements, modules, resources, inputs and outputs into the READMEs, read from the HCL.

They have the sections and columns of terraform-docs. Required inputs come first, each with one sentence; what else
there is to say of an input stands below the table. `--check` only says which README is stale.
"""

from __future__ import annotations

import argparse
import itertools
import re
import sys
import textwrap
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hcl2 import SerializationOptions

# Not hcl2.query(): the function is hidden by the package of its own name once that is imported.
from hcl2.query import AttributeView, BlockView, DocumentView

from tools.environments import ROOT

BEGIN, END = "<!-- BEGIN_TABLES -->", "<!-- END_TABLES -->"
REFRESH = "make tables"
_KINDS = {"resource": "resource", "data": "data source"}
_VALUES = SerializationOptions(strip_string_quotes=True, preserve_heredocs=False, with_comments=False)


class MarkersError(Exception):
    """A README does not have the two markers; the text says which."""


@dataclass(frozen=True)
class Requirement:
    name: str
    version: str
    source: str | None = None


@dataclass(frozen=True)
class Call:
    """A module that this one calls."""

    name: str
    source: str
    version: str | None


@dataclass(frozen=True)
class Resource:
    kind: str
    type: str
    name: str
    provider: str

    @property
    def page(self) -> str:
        """Where its documentation is."""
        local_name, _, name = self.type.partition("_")
        if local_name == "terraform":  # built into Terraform, so the Registry has no page of it
            return f"https://developer.hashicorp.com/terraform/language/resources/terraform-{name}"
        folder = "resources" if self.kind == "resource" else "data-sources"
        return f"https://registry.terraform.io/providers/{self.provider}/latest/docs/{folder}/{name}"


@dataclass(frozen=True)
class Input:
    name: str
    description: str
    type: str
    default: str | None
    """As it is written; None where there is none, "null" where it is null."""

    @property
    def required(self) -> bool:
        return self.default is None


@dataclass(frozen=True)
class Output:
    name: str
    description: str


@dataclass(frozen=True)
class Module:
    requirements: tuple[Requirement, ...]
    calls: tuple[Call, ...]
    resources: tuple[Resource, ...]
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]


@dataclass(frozen=True)
class _Block:
    """A block of HCL, and the text of the file that it stands in."""

    view: BlockView
    source: str

    def value(self, name: str) -> Any:
        attribute = self._attribute(name)
        return None if attribute is None else attribute.value_node.to_dict(_VALUES)

    def as_written(self, name: str) -> str | None:
        """An expression in the words and lines of its source, without the indent of the block around it."""
        attribute = self._attribute(name)
        if attribute is None:
            return None
        # Not to_hcl(): it moves what stands beside a comment.
        place = attribute.value_node.raw.to_lark().meta
        first, newline, rest = self.source[place.start_pos : place.end_pos].strip().partition("\n")
        return first + newline + textwrap.dedent(rest)

    def _attribute(self, name: str) -> AttributeView | None:
        return next(_attributes(self.view, name), None)


def read(folder: Path) -> Module:
    """What a folder's HCL declares, each kind in the order of its table."""
    blocks: defaultdict[str, list[_Block]] = defaultdict(list)
    for file in sorted(folder.glob("*.tf")):
        source = file.read_text(encoding="utf-8")
        for view in _blocks(DocumentView.parse(source)):
            blocks[view.block_type].append(_Block(view, source))
    requirements = [found for block in blocks["terraform"] for found in _requirements(block)]
    sources = {requirement.name: requirement.source for requirement in requirements if requirement.source}
    resources = [_resource(block, sources) for kind in _KINDS for block in blocks[kind]]
    return Module(
        requirements=tuple(requirements),
        calls=tuple(sorted(map(_call, blocks["module"]), key=lambda one: one.name)),
        resources=tuple(sorted(resources, key=lambda one: (one.kind != "resource", one.type, one.name))),
        inputs=tuple(sorted(map(_input, blocks["variable"]), key=lambda one: one.name)),
        outputs=tuple(sorted(map(_output, blocks["output"]), key=lambda one: one.name)),
    )


def _requirements(terraform: _Block) -> Iterator[Requirement]:
    if version := terraform.value("required_version"):
        yield Requirement("terraform", version)
    for providers in _blocks(terraform.view, "required_providers"):
        for provider in _attributes(providers):
            asked: Mapping[str, Any] = provider.value_node.to_dict(_VALUES)
            yield Requirement(provider.name, asked.get("version", ""), asked.get("source"))


def _call(block: _Block) -> Call:
    return Call(block.view.name_labels[0], block.value("source"), block.value("version"))


def _resource(block: _Block, sources: Mapping[str, str]) -> Resource:
    kind, name = block.view.name_labels
    local_name = kind.partition("_")[0]
    return Resource(_KINDS[block.view.block_type], kind, name, sources.get(local_name, f"hashicorp/{local_name}"))


def _input(block: _Block) -> Input:
    return Input(
        name=block.view.name_labels[0],
        description=block.value("description") or "",
        type=block.as_written("type") or "any",
        default=block.as_written("default"),
    )


def _output(block: _Block) -> Output:
    return Output(block.view.name_labels[0], block.value("description") or "")


def _blocks(view: DocumentView | BlockView, kind: str | None = None) -> Iterator[BlockView]:
    return (block for block in view.blocks(kind) if isinstance(block, BlockView))


def _attributes(block: BlockView, name: str | None = None) -> Iterator[AttributeView]:
    return (attribute for attribute in block.attributes(name) if isinstance(attribute, AttributeView))


def render(module: Module) -> str:
    """The sections in Markdown; one that would be empty is left out."""
    sections = (
        _section(
            "Requirements",
            ("Name", "Version"),
            ((_anchored("requirement", one.name), _code(one.version)) for one in module.requirements),
        ),
        _section(
            "Modules",
            ("Name", "Source", "Version"),
            ((_anchored("module", one.name), _source(one), _code(one.version)) for one in module.calls),
        ),
        _section(
            "Resources",
            ("Name", "Type"),
            ((f"[{one.type}.{one.name}]({one.page})", one.kind) for one in module.resources),
        ),
        _section("Inputs", ("Name", "Description", "Type", "Default", "Required"), map(_input_row, _ordered(module))),
        "\n\n".join(["## Input attributes", *details]) if (details := list(_details(module))) else "",
        _section(
            "Outputs",
            ("Name", "Description"),
            ((_anchored("output", one.name), _prose(one.description)) for one in module.outputs),
        ),
    )
    return "\n\n".join(filter(None, sections))


def _section(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [_row(row) for row in rows]
    return "\n".join((f"## {title}", "", _row(columns), "|---" * len(columns) + "|", *lines)) if lines else ""


def _row(cells: Sequence[str]) -> str:
    # A table is cut into cells before anything else is read, even code.
    return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"


def _ordered(module: Module) -> list[Input]:
    return sorted(module.inputs, key=lambda one: (not one.required, one.name))


def _input_row(one: Input) -> Sequence[str]:
    required = "yes" if one.required else "no"
    description = _first_sentence(one.description)
    return _anchored("input", one.name), description, _code(_outline(one.type)), _code(one.default), required


def _details(module: Module) -> Iterator[str]:
    """What the table leaves out: of each input, its whole description and its type."""
    for one in _ordered(module):
        text = one.description.strip()
        if text != _first_sentence(text) or "\n" in one.type:
            yield f"### `{one.name}`\n\n{_apart(text)}"
        if "\n" in one.type:
            yield f"```text\n{one.type}\n```"


def _first_sentence(text: str) -> str:
    found = re.match(r".*?(?:[.](?=\s|$)|:(?=\n|$))", text.strip(), re.DOTALL)
    sentence = " ".join((found.group() if found else text).split())
    return sentence.removesuffix(":") + "." if sentence.endswith(":") else sentence


def _apart(text: str) -> str:
    """A list in Markdown needs an empty line above it."""
    return re.sub(r"(?m)^(?![-*\s])(.+)\n(?=[-*] )", r"\1\n\n", text)


def _outline(text: str) -> str:
    """A type without the attributes of its objects."""
    return re.sub(r"object\(\{.*\}\)", "object({...})", text, flags=re.DOTALL)


def _anchored(kind: str, name: str) -> str:
    """A name that can be linked to, under the anchor that terraform-docs gives it."""
    return f'<a name="{kind}_{name}"></a> [{name}](#{kind}_{name})'


def _source(call: Call) -> str:
    return f"[{call.source}]({call.source})" if call.source.startswith(".") else _code(call.source)


def _code(text: str | None) -> str:
    if not text:
        return "n/a"
    return f"`{' '.join(text.split())}`"


def _prose(text: str) -> str:
    """A description on one line: a list in Markdown needs lines of its own, one in HTML does not."""
    joined = re.sub(r"\n[ \t]+(?![-*\s])", " ", text.strip())  # a line that goes on with the item above it
    joined = re.sub(r"\n\s*\n(?=\s*[-*] )", "\n", joined)  # a list may stand apart from what is above it
    runs = itertools.groupby(joined.splitlines(), key=lambda line: line.lstrip().startswith(("- ", "* ")))
    return "".join(_list(lines) if is_list else _paragraphs(lines) for is_list, lines in runs)


def _list(lines: Iterable[str]) -> str:
    return "<ul>" + "".join(f"<li>{line.lstrip()[2:].strip()}</li>" for line in lines) + "</ul>"


def _paragraphs(lines: Iterable[str]) -> str:
    paragraphs = re.split(r"\n{2,}", "\n".join(map(str.strip, lines)).strip())
    return "<br><br>".join(paragraph.replace("\n", " ") for paragraph in paragraphs)


def stale(root: Path = ROOT) -> Mapping[Path, str]:
    """What the READMEs should say whose tables are not those of the HCL.

    Raises:
        MarkersError: a README has no place for the tables.
    """
    readmes = [root / "README.md", *sorted(root.glob("modules/*/README.md"))]
    refreshed = {readme: _insert(readme, render(read(readme.parent))) for readme in readmes}
    return {readme: text for readme, text in refreshed.items() if text != readme.read_text(encoding="utf-8")}


def _insert(readme: Path, tables: str) -> str:
    before, begin, rest = readme.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise MarkersError(f"{readme} must have the lines {BEGIN} and {END}, in this order.")
    return f"{before}{BEGIN}\n\n{tables}\n\n{END}{after}"


def main(arguments: Sequence[str] | None = None, root: Path = ROOT) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a table is stale")
    chosen = parser.parse_args(arguments)
    try:
        found = stale(root)
    except MarkersError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    for readme, text in found.items():
        name = readme.relative_to(root)
        if chosen.check:
            print(f"{name}: its tables are not those of the HCL", file=sys.stderr)
        else:
            readme.write_text(text, encoding="utf-8")
            print(f"{name}: tables rewritten")
    if chosen.check and found:
        print(f"Run `{REFRESH}`.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
