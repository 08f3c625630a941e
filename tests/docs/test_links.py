"""Every link between the pages leads somewhere: to a file, and to a heading or an anchor in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.environments import ROOT

PAGES = [path for path in sorted(ROOT.rglob("*.md")) if not {".cache", "node_modules"} & set(path.parts)]
_LINK = re.compile(r"\]\(([^)\s]+)\)|(?:href|src|srcset)=\"([^\"]+)\"")
_CODE = re.compile(r"^```.*?^```$|`[^`]*`", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    assert [link for link in _links(page) if not _leads_somewhere(page, link)] == []


def test_a_link_to_nowhere_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# A heading: `x`\n[a](#a-heading-x) [b](#another) [c](none.md) [d](page.md#a-heading-x)")

    assert [link for link in _links(page) if not _leads_somewhere(page, link)] == ["#another", "none.md"]


def _links(page: Path) -> Iterator[str]:
    for found in _LINK.finditer(_CODE.sub("", page.read_text())):
        link = found[1] or found[2]
        if not link.startswith(("http://", "https://", "mailto:")):
            yield link


def _leads_somewhere(page: Path, link: str) -> bool:
    name, _, anchor = link.partition("#")
    target = (page.parent / name).resolve() if name else page
    if not target.exists() or not anchor:
        return target.exists()
    text = target.read_text()
    return f'name="{anchor}"' in text or anchor in map(_slug, re.findall(r"^#+ (.+)$", text, re.MULTILINE))


def _slug(heading: str) -> str:
    """The anchor that GitHub gives a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
