"""Documents that state a policy are told from those that only speak of links."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extract.documents import document_row
from extract.events import find_events
from extract.judge import DOCUMENT_NAMES, Judge
from extract.pipeline import shipped_models
from extract.reading import read
from extract.records import Document, Kind, Lang

TEXT = (
    "Kuaishou will no longer allow links to Taobao in live rooms from 1 March 2022. Links to JD.com in live "
    "rooms are blocked too."
)


def row(text: str, chances: list[float]) -> dict[str, float]:
    reading = read(Document("d", Lang.EN, Kind.NOTICE, None, "", text))
    events, second = find_events(reading, shipped_models(reading.document.lang))
    return dict(zip(DOCUMENT_NAMES, document_row(reading, events, chances, second), strict=True))


def test_a_row_says_what_was_found() -> None:
    found = row(TEXT, [0.5, 0.9])

    assert found["fact_1"] == pytest.approx(math.log(9))
    assert found["fact_2"] == pytest.approx(0)
    assert found["fact_3"] == pytest.approx(math.log(0.001 / 0.999)), "there is no third"
    assert found["facts"] == pytest.approx(math.log1p(1.4))
    assert found["services"] == pytest.approx(math.log1p(3))
    assert found["statement_1"] > 0
    assert found["notice"] == 1


def test_nothing_found_is_a_row_too() -> None:
    assert row("Nothing.", [])["statements"] == 0


@settings(deadline=None)  # the first example reads the models
@given(st.lists(st.floats(0, 1), max_size=20))
def test_rows_are_finite_and_more_facts_mean_more(chances: list[float]) -> None:
    reading = read(Document("d", Lang.EN, Kind.NEWS, None, "", "Links."))
    before, after = (document_row(reading, [], c, 0.0) for c in (chances, [*chances, 0.5]))

    assert all(map(math.isfinite, before))
    assert after[DOCUMENT_NAMES.index("facts")] > before[DOCUMENT_NAMES.index("facts")]


def test_a_judge_weighs_its_features() -> None:
    judge = Judge(-1.0, (2.0, *(0.0,) * (len(DOCUMENT_NAMES) - 1)))

    assert judge.chance((0.5, *(0.0,) * (len(DOCUMENT_NAMES) - 1))) == pytest.approx(0.5)
    assert judge.chance((1e6, *(0.0,) * (len(DOCUMENT_NAMES) - 1))) == pytest.approx(1.0)


def test_the_shipped_judges_know_a_notice_from_a_remark() -> None:
    models = shipped_models(Lang.EN)
    remark = "Kuaishou and Taobao are both large. Live rooms with links are a big business, said an analyst."

    def chance(text: str) -> float:
        reading = read(Document("d", Lang.EN, Kind.NEWS, None, "", text))
        events, second = find_events(reading, models)
        return models.judge.chance(document_row(reading, events, [], second))

    assert chance(TEXT) > chance(remark)
