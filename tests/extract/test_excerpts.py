from dataclasses import replace
from pathlib import Path

import pytest

from extract.excerpts import EXCERPTS, WEIGHT, excerpts, fold_of, is_whole, origin
from extract.gold import Annotated, GoldFact, read_gold
from extract.records import Action, Document, Kind, Lang, Stage

GOLD = Path(__file__).parents[1] / "gold"
WHOLE = [a for name in ("train_en3", "train_zh4") for a in read_gold(GOLD / f"{name}.jsonl")][:60]


@pytest.fixture(scope="module")
def cuts() -> list[tuple[Annotated, list[Annotated]]]:
    """Documents with their excerpts."""
    return [(whole, excerpts(whole)) for whole in WHOLE]


def test_excerpts_are_passages_of_their_document_with_what_it_says_there(
    cuts: list[tuple[Annotated, list[Annotated]]],
) -> None:
    cut = [(whole, part) for whole, parts in cuts for part in parts]
    assert len(cut) >= len(WHOLE) / 2
    for whole, part in cut:
        assert part.document.text in whole.document.text
        assert len(part.document.text) < len(whole.document.text)
        assert part.document.title in ("", whole.document.title)
        required = [f for f in part.facts if not f.optional]
        assert bool(required) == bool(whole.facts)
        assert all(f.evidence in part.document.text for f in required)
        assert len(part.facts) == len(whole.facts)
        assert part.weight == WEIGHT * whole.weight
    assert {bool(part.document.title) for whole, part in cut if whole.document.title} == {True, False}


def test_excerpts_are_few_always_the_same_and_know_where_they_come_from(
    cuts: list[tuple[Annotated, list[Annotated]]],
) -> None:
    for whole, parts in cuts:
        assert parts == excerpts(whole)
        assert len(parts) <= EXCERPTS
        assert is_whole(whole)
        for part in parts:
            assert not is_whole(part)
            assert origin(part.document.id) == whole.document.id
            assert fold_of(part.document.id, 3) == fold_of(whole.document.id, 3)


_FILLER = "It rained in the morning. The canteen served soup. Nobody could say why. "


def _annotated(opening: str, statement: str) -> Annotated:
    text = f"{opening} {_FILLER}{statement} {_FILLER}"
    document = Document("d", Lang.EN, Kind.NEWS, None, "", text)
    fact = GoldFact(
        "murmur",
        "comments",
        "external",
        Action.BLOCK,
        "2024-05-01",
        None,
        None,
        Stage.DECIDED,
        statement,
        False,
    )
    return Annotated(document, (fact,))


def test_a_passage_that_does_not_name_the_platform_is_not_asked_for_it() -> None:
    far = _annotated("Murmur changes its rules.", "Outside links in comments are blocked from May 1, 2024.")
    near = _annotated("The rules change.", "Murmur blocks outside links in comments from May 1, 2024.")
    assert excerpts(far) == []
    (passage,) = excerpts(near)
    assert passage.facts == near.facts


def test_a_document_of_one_sentence_gives_none() -> None:
    gold = _annotated("", "Murmur blocks outside links in comments from May 1, 2024.")
    assert excerpts(replace(gold, document=replace(gold.document, text=gold.facts[0].evidence))) == []


def test_documents_without_facts_give_passages_too() -> None:
    silent = [a for a in read_gold(GOLD / "train_en10.jsonl") if not a.facts][:20]
    parts = [(whole, part) for whole in silent for part in excerpts(whole)]

    assert len(parts) >= len(silent) / 2
    for whole, part in parts:
        assert part.facts == ()
        assert part.document.text in whole.document.text


def test_documents_that_do_not_speak_of_links_give_none() -> None:
    gold = _annotated("It rained.", "The canteen was closed from May 1, 2024.")
    assert excerpts(replace(gold, facts=())) == []
