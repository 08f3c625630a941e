"""The golden events of tests/lambda/golden: events as each source sends them, and what they ask for."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

_FOLDER = Path(__file__).parent / "lambda" / "golden"


class _Loader(yaml.SafeLoader):
    """YAML in which `!json` stands for a text that is JSON: what an event looks like in a message."""


def _json(loader: yaml.SafeLoader, node: yaml.MappingNode) -> str:
    return json.dumps(loader.construct_mapping(node, deep=True))


_Loader.add_constructor("!json", _json)


def cases() -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each case with its name."""
    for path in sorted(_FOLDER.glob("*.yaml")):
        for number, case in enumerate(yaml.load(path.read_text(), _Loader)):  # noqa: S506 (a SafeLoader with one tag)
            yield f"{path.stem}: {case.get('name', number)}", case
