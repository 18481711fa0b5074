"""Which proposals become facts: all that are likely enough, or else the likeliest, if there surely is one."""

from __future__ import annotations

import math
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.facts import chosen
from extract.judge import DOCUMENT_NAMES, Judge
from extract.pipeline import extract_facts
from extract.records import Action, Document, Kind, Lang
from extract.scorer import ALONE, CERTAIN, Forest, Least, Models
from tests.extract.test_rivals import scored

SILENT = Forest.from_json(
    {
        "baseline": 0,
        "depth": 0,
        "roots": [],
        "feature": [],
        "threshold": [],
        "left": [],
        "right": [],
        "value": [],
    }
)


def test_all_that_reach_the_usual_probability_are_taken() -> None:
    found = [scored(0.5, clause=0), scored(0.3, clause=1), scored(0.2, clause=2)]

    assert chosen(found, Least(0.3, 0.1)) == found[:2]


def test_only_the_likeliest_is_taken_where_none_reaches_it() -> None:
    found = [scored(0.15, clause=0), scored(0.18, clause=1), scored(0.11, clause=2)]

    assert chosen(found, Least(0.22, 0.12)) == [found[1]]
    assert chosen(found, Least(0.22, 0.19)) == []


@given(st.lists(st.floats(0.01, 1), max_size=9), st.floats(0.01, 1), st.floats(0.01, 1))
def test_a_lower_second_probability_never_takes_away_nor_adds_more_than_one(
    chances: list[float], usual: float, alone: float
) -> None:
    found = [scored(c, clause=5 * i, action=Action.BLOCK) for i, c in enumerate(chances)]
    strict = chosen(found, Least(usual, usual))
    mild = chosen(found, Least(usual, min(usual, alone)))

    assert [p for p, c in strict] == [p for p, c in found if c >= usual]
    assert strict in (mild, [])
    assert strict or len({c for _, c in mild}) <= 1


def test_a_document_is_silent_doubtful_or_certain() -> None:
    judge = Judge(0.0, (1.0, *(0.0,) * (len(DOCUMENT_NAMES) - 1)))
    models = Models({}, SILENT, {}, SILENT, 0.3, judge, 0.8)

    def least(chance: float) -> Least:
        return models.least((math.log(chance / (1 - chance)), *(0.0,) * (len(DOCUMENT_NAMES) - 1)))

    assert least(0.7) == Least(math.inf, math.inf)
    assert least(0.9) == Least(0.3, 0.3)
    assert least((1 + CERTAIN) / 2) == Least(0.3, ALONE)


def test_a_brief_text_need_not_be_as_sure_as_a_long_one() -> None:
    judge = Judge(0.0, (1.0, *(0.0,) * (len(DOCUMENT_NAMES) - 1)))
    models = Models({}, SILENT, {}, SILENT, 0.3, judge, 0.999)

    def sure(length: int) -> float:
        row = [0.0] * len(DOCUMENT_NAMES)
        row[DOCUMENT_NAMES.index("length")] = math.log1p(length)
        return models.sure(row)

    assert (sure(399), sure(400)) == (0.99, 0.999)


@pytest.mark.parametrize(
    ("text", "days"),
    [
        (
            "TikTok will block links to Amazon in bios until the end of the year.",
            ("None", "2024-12-31"),
        ),
        ("Instagram blocked links to Temu from 1 May until 31 August 2023.", ("2023-05-01", "2023-08-31")),
        ("截至2024年6月30日，小红书笔记允许发布淘宝链接。", ("None", "2024-06-30")),
    ],
)
def test_the_day_until_which_a_rule_holds_is_its_end(text: str, days: tuple[str, str]) -> None:
    lang = Lang.EN if text.isascii() else Lang.ZH
    [fact] = extract_facts(Document("d", lang, Kind.NEWS, date(2024, 5, 6), "", text)).facts
    assert (str(fact.effective_from), str(fact.effective_to)) == days


def test_two_clauses_do_not_borrow_the_places_that_they_tell_apart() -> None:
    text = "YouTube blocks links in Shorts comments; links in descriptions of long videos stay clickable."
    found = extract_facts(Document("d", Lang.EN, Kind.NEWS, date(2024, 5, 6), "", text)).facts
    assert {(f.surface, str(f.action)) for f in found} == {("comments", "block"), ("description", "allow")}
