"""Which proposals become facts: all that are likely enough, or else the likeliest, if there surely is one."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from extract.facts import chosen
from extract.judge import DOCUMENT_NAMES, Judge
from extract.records import Action
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
