"""Scores: known tallies, and the guidelines' scoring rules stated a second time as an oracle."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extract.evaluate import DOCUMENT, LEVELS, Tally, evaluate, grouped, interval, score_document, total
from extract.gold import Annotated, GoldFact
from extract.records import Action, Document, Extraction, Fact, Kind, Lang, PartialDate, Stage

TEXT = "Links to eBay are gone."


def document(doc_id: str = "d", lang: Lang = Lang.EN) -> Document:
    return Document(doc_id, lang, Kind.NEWS, date(2023, 4, 1), "", TEXT)


def gold(
    target: str = "ebay",
    *,
    since: str | None = None,
    region: str | None = None,
    stage: Stage = Stage.DECIDED,
    optional: bool = False,
) -> GoldFact:
    return GoldFact("tiktok", "all", target, Action.BLOCK, since, None, region, stage, TEXT, optional)


def predicted(
    target: str = "ebay", *, since: str | None = None, region: str | None = None, stage: Stage = Stage.DECIDED
) -> Fact:
    begin = PartialDate.parse(since) if since else None
    return Fact(
        "tiktok", "all", target, Action.BLOCK, begin, None, region, stage, TEXT, 0, len(TEXT), ("r",), 0.9
    )


def tallies(required: Sequence[GoldFact], found: Sequence[Fact]) -> dict[str, Tally]:
    return dict(score_document(Annotated(document(), tuple(required)), Extraction("d", tuple(found))).tallies)


def test_right_spurious_and_missed_are_counted_by_level() -> None:
    found = tallies([gold("ebay", since="2023-04"), gold("etsy")], [predicted("ebay"), predicted("depop")])

    assert found["core"] == Tally(right=1, spurious=1, missed=1)
    assert found["card"] == Tally(right=1, spurious=0, missed=1)  # both share the undated card
    assert found["full"] == Tally(right=0, spurious=2, missed=2)
    assert found[DOCUMENT] == Tally(right=1)


def test_optional_facts_count_neither_way() -> None:
    assert tallies([gold(optional=True)], [])["core"] == Tally()
    assert tallies([gold(optional=True)], [predicted()])["core"] == Tally()
    assert tallies([gold(optional=True)], [predicted()])[DOCUMENT] == Tally()
    assert tallies([gold(optional=True), gold()], [])["core"] == Tally(missed=1)


def test_proposed_facts_are_left_out_on_both_sides() -> None:
    assert tallies([gold(stage=Stage.PROPOSED)], [])[DOCUMENT] == Tally()
    assert tallies([gold(stage=Stage.PROPOSED)], [predicted()])["core"] == Tally(spurious=1)
    assert tallies([], [predicted(stage=Stage.PROPOSED)])["core"] == Tally()


def test_a_fact_said_twice_counts_once() -> None:
    assert tallies([gold(), gold()], [predicted(), predicted()])["core"] == Tally(right=1)


def test_a_document_without_facts_is_wrong_only_if_something_is_found() -> None:
    assert tallies([], [])[DOCUMENT] == Tally()
    assert tallies([], [predicted()])[DOCUMENT] == Tally(spurious=1)


def test_ratios_of_tallies() -> None:
    tally = Tally(right=3, spurious=1, missed=2)

    assert (tally.precision, tally.recall) == (0.75, 0.6)
    assert tally.f1 == pytest.approx(2 / 3)
    assert Tally().f1 == 0.0


def test_errors_name_what_differs_and_the_rules_behind_it() -> None:
    annotated = Annotated(document(), (gold(since="2023-04"),))
    score = score_document(annotated, Extraction("d", (predicted(since="2023-05"),)))

    assert [(e.sort, e.wrong) for e in score.errors] == [
        ("missed", ("effective_from",)),
        ("spurious", ("effective_from",)),
    ]
    assert score.errors[1].rules == ("r",)
    assert score.errors[1].confidence == 0.9


def test_scores_are_grouped_by_language_and_kind_and_have_intervals() -> None:
    documents = [
        Annotated(document("a"), (gold(),)),
        Annotated(document("b", Lang.ZH), (gold(),)),
        Annotated(document("c"), ()),
    ]
    scores = evaluate(documents, lambda d: Extraction(d.id, (predicted(),) if d.id == "a" else ()))
    groups = grouped(documents, scores)

    assert {name: len(members) for name, members in groups.items()} == {
        "all": 3, "lang=en": 2, "lang=zh": 1, "kind=news": 3,
    }  # fmt: skip
    assert total(groups["lang=en"])["core"].f1 == 1.0
    low, high = interval(scores, "core", draws=200)
    assert 0.0 <= low <= total(scores)["core"].f1 <= high <= 1.0
    assert interval(scores, "core", draws=200) == (low, high)
    assert interval([], "core") == (0.0, 0.0)


def oracle(required: Sequence[GoldFact], found: Sequence[Fact]) -> dict[str, Tally]:
    """The guidelines' scoring, written without the evaluated code's helpers."""

    def key(fact: Any, level: str) -> tuple[Any, ...]:
        values = (getattr(fact, name) for name in LEVELS[level])
        return tuple(None if v is None else str(v) for v in values)

    kept = [f for f in required if f.stage != "proposed"]
    given_ = [f for f in found if f.stage != "proposed"]
    result = {}
    for level in LEVELS:
        allowed: dict[tuple[Any, ...], bool] = {}
        for fact in kept:
            allowed[key(fact, level)] = allowed.get(key(fact, level), True) and fact.optional
        needed = {k for k, optional in allowed.items() if not optional}
        keys = {key(f, level) for f in given_}
        result[level] = Tally(len(needed & keys), len(keys - allowed.keys()), len(needed - keys))
    needs = any(not f.optional for f in kept)
    counted = needs or not kept
    result[DOCUMENT] = Tally(
        int(counted and needs and bool(given_)),
        int(counted and not needs and bool(given_)),
        int(counted and needs and not given_),
    )
    return result


_SINCE = st.sampled_from([None, "2023", "2023-04"])
_FIELDS = {
    "target": st.sampled_from(["ebay", "etsy"]),
    "since": _SINCE,
    "region": st.sampled_from([None, "US"]),
    "stage": st.sampled_from(list(Stage)),
}
_GOLD = st.lists(st.builds(gold, optional=st.booleans(), **_FIELDS), max_size=5)
_PREDICTED = st.lists(st.builds(predicted, **_FIELDS), max_size=5)


@settings(max_examples=200, deadline=None)
@given(_GOLD, _PREDICTED)
def test_scores_follow_the_guidelines(required: list[GoldFact], found: list[Fact]) -> None:
    assert tallies(required, found) == oracle(required, found)
