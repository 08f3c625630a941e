"""That the rows together would notice a change of any policy."""

from __future__ import annotations

from tests.access.score import Score


def test_every_mutant_turns_a_row_or_is_listed_with_a_reason(mutation: Score) -> None:
    assert mutation.complaints == set()
    assert sorted(mutation.survived - mutation.listed) == []


def test_what_is_listed_survives(mutation: Score) -> None:
    assert mutation.wrongly_listed() == set()
