"""Events: which of the ranked values of a detail comes first."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from extract.candidates import NONE, Candidate
from extract.events import Choice, dated
from extract.pipeline import extract_facts
from extract.records import Document, Kind, Lang


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


def test_from_today_without_a_publication_date_has_no_day() -> None:
    text = "即日起，知乎评论区不再支持插入淘宝口令。自2027年1月1日起，私信中的外链需经审核。"
    document = Document("d", Lang.ZH, Kind.NOTICE, None, "", text)
    known = replace(document, published=date(2026, 12, 1))

    def begins(document: Document) -> list[str]:
        facts = sorted(extract_facts(document).facts, key=lambda fact: fact.start)
        return [str(fact.effective_from) for fact in facts]

    assert begins(document) == ["None", "2027-01-01"]
    assert begins(known) == ["2026-12-01", "2027-01-01"]
