"""Events: which of the ranked values of a detail comes first."""

from __future__ import annotations

import pytest

from extract.candidates import NONE, Candidate
from extract.events import Choice, dated


def ranked(*chances: tuple[str, float]) -> tuple[Choice, ...]:
    return tuple(
        Choice(Candidate(value, None, 9 if value == NONE else 0, (), ()), chance, rank)
        for rank, (value, chance) in enumerate(chances)
    )


@pytest.mark.parametrize(
    ("given", "first"),
    [
        ([("2023-06-01", 0.5), (NONE, 0.4)], "2023-06-01"),
        ([(NONE, 0.5), ("2023-06-01", 0.4)], "2023-06-01"),  # nearly as likely
        ([(NONE, 0.9), ("2023-06-01", 0.1)], NONE),
        ([(NONE, 0.9)], NONE),
    ],
)
def test_none_must_be_much_likelier_than_a_date(given: list[tuple[str, float]], first: str) -> None:
    found = dated(ranked(*given))

    assert found[0].candidate.value == first
    assert [choice.rank for choice in found] == list(range(len(given)))
    assert {(c.candidate.value, c.probability) for c in found} == set(given), "nothing is lost"
