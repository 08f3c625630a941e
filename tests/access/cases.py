"""The tables: who asks for what, and what becomes of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import astuple, dataclass
from pathlib import Path

import yaml

_HERE = Path(__file__).parent
# The examples, with what their outputs do not say.
EXAMPLES: Mapping[str, Mapping[str, str]] = yaml.safe_load((_HERE / "examples.yaml").read_text())
_TABLES = ("every-example", *EXAMPLES, "trust", "permissions", "encryption", "guards", "sources")


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
    return [case for name in _TABLES for case in _cases(_HERE / f"{name}.yaml")]


def _cases(path: Path) -> Iterator[Case]:
    """A table is one document or several, each with the variants that its rows hold for; `examples` are all of them."""
    for document in yaml.safe_load_all(path.read_text()):
        variants = [one for named in document["variants"] for one in (EXAMPLES if named == "examples" else [named])]
        for rows in document["cases"].values():
            for row in rows:
                for variant in variants:
                    yield Case(variant, *row)
