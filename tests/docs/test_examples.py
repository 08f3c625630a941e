"""The page of every example says when to choose it, what to change, what it costs and how to take it away."""

from __future__ import annotations

import pytest

from tools.environments import ROOT
from tools.example import EXAMPLES

README = (ROOT / "README.md").read_text()


@pytest.mark.parametrize("name", EXAMPLES)
def test_its_page_answers_what_a_reader_asks(name: str) -> None:
    page = (ROOT / "examples" / name / "README.md").read_text()

    asked = ("Choose it ", "**What you change**: ", "**What it costs a month**: ", "**To take it away**: ")
    assert [words for words in asked if page.count(words) != 1] == []


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_readme_says_for_whom_it_is(name: str) -> None:
    rows = [line for line in README.splitlines() if line.startswith('| "') and f"(examples/{name})" in line]

    assert len(rows) == 1
