"""The tables: who asks for what, and what becomes of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

import yaml

from tools.environments import ROOT
from tools.example import EXAMPLES as _SPECS
from tools.example import WRITERS, writers_of

_HERE = Path(__file__).parent
# The writers of the examples, with what the rows must know of them and their outputs do not say.
EXAMPLES: Mapping[str, Mapping[str, Any]] = {name: spec["access"] for name, spec in WRITERS.items()}
_TABLES = (
    "every-example",
    "writes-only",
    "trust",
    "permissions",
    "encryption",
    "guards",
    "sources",
    "triggers",
    "jobs",
    "network",
)


@dataclass(frozen=True)
class Case:
    """A row of a table, for one of the variants that it holds for."""

    variant: str
    principal: str
    action: str
    resource: str
    context: str
    result: str
    by: str

    def __str__(self) -> str:
        context = "" if self.context == "-" else f" ({self.context})"
        return f"{self.variant}: {self.principal}, {self.action}, {self.resource}{context} -> {self.result}"

    @property
    def sids(self) -> set[str]:
        return set() if self.by == "-" else set(self.by.split(" + "))

    @property
    def request(self) -> tuple[str, ...]:
        """Everything but what comes of it."""
        return astuple(self)[:5]


def read() -> list[Case]:
    tables = [case for name in _TABLES for case in _cases(_HERE / f"{name}.yaml")]
    own = [(list(writers_of(name)), ROOT / "examples" / name / "access.yaml") for name in _SPECS]
    return tables + [case for writers, path in own if path.is_file() for case in _cases(path, own=writers)]


def traits() -> set[str]:
    """The traits that the tables have rows for."""
    documents = (document for name in _TABLES for document in yaml.safe_load_all((_HERE / f"{name}.yaml").read_text()))
    return {trait for document in documents for trait in document.get("traits", ())}


def _cases(path: Path, own: list[str] | None = None) -> Iterator[Case]:
    """A table is one document or several, each with the variants that its rows hold for.

    `examples` are all of them, and a trait stands for the examples that have it. The table of an example holds for each
    of its writers.
    """
    for document in yaml.safe_load_all(path.read_text()):
        variants = own or list(_variants(document))
        for rows in document["cases"].values():
            for row in rows:
                for variant in variants:
                    yield Case(variant, *row)


def _variants(document: Mapping[str, Any]) -> Iterator[str]:
    for name in document.get("variants", ()):
        yield from EXAMPLES if name == "examples" else [name]
    for trait in document.get("traits", ()):
        yield from (name for name, example in EXAMPLES.items() if trait in example["traits"])
