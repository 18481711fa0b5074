"""Clauses that qualify another one: which they are, and what the gate is told of them."""

from __future__ import annotations

from extract.clauses import ACTIONS, Clause, gather_clauses
from extract.events import text_clauses
from extract.qualifiers import QUALIFIER_NAMES, Qualifiers
from extract.reading import Reading, read
from extract.records import Action, Document, Kind, Lang


def read_text(text: str, lang: Lang = Lang.ZH) -> tuple[Reading, list[Clause], Qualifiers]:
    reading = read(Document("one", lang, Kind.NOTICE, None, "通知", text))
    clauses = gather_clauses(reading)
    return reading, text_clauses(reading, clauses), Qualifiers(reading, clauses)


def said(reading: Reading, clauses: list[Clause]) -> list[str]:
    return [reading.plain[c.start : c.end].strip("，。, ") for c in clauses]


def row(qualifiers: Qualifiers, clause: Clause, action: Action) -> dict[str, float]:
    values = qualifiers.rows(clause)[ACTIONS.index(action)]
    return dict(zip(QUALIFIER_NAMES, values, strict=True))


def test_a_condition_that_names_nothing_belongs_to_the_clause_before_it() -> None:
    reading, clauses, qualifiers = read_text("知乎专栏文章可以插入京东商品链接，须事先申请。")
    first, second = clauses

    assert said(reading, qualifiers.beside(first, 1)) == ["须事先申请"]
    assert qualifiers.beside(first, -1) == []
    assert said(reading, qualifiers.beside(second, -1)) == [], "what names something qualifies nothing"
    assert row(qualifiers, first, Action.RESTRICT)["behind_same"] > 0
    assert row(qualifiers, first, Action.ALLOW)["behind_other"] > 0
    assert {"+须", "+@must"} <= set(qualifiers.tokens(first))


def test_a_condition_may_stand_ahead() -> None:
    reading, clauses, qualifiers = read_text("注册未满14天的，微博评论里不得张贴外部链接。")

    assert said(reading, qualifiers.beside(clauses[1], -1)) == ["注册未满14天的"]
    assert any(token.startswith("-@") for token in qualifiers.tokens(clauses[1]))


def test_a_statement_of_its_own_is_no_condition_but_is_known_of() -> None:
    _, clauses, qualifiers = read_text("微博评论不得张贴淘宝链接，知乎文章须申请才能插入京东链接。")
    first = clauses[0]

    assert qualifiers.beside(first, 1) == []
    assert row(qualifiers, first, Action.RESTRICT)["following_same"] > 0
    assert any(token.startswith(">@") for token in qualifiers.tokens(first))


def test_nothing_is_looked_for_in_other_sentences() -> None:
    _, clauses, qualifiers = read_text("微博评论可以张贴淘宝链接。须事先申请。")

    assert qualifiers.beside(clauses[0], 1) == []
    assert qualifiers.tokens(clauses[0]) == []
    assert row(qualifiers, clauses[0], Action.RESTRICT)["following_same"] == -1


def test_a_sentence_of_many_clauses_is_looked_at_in_part() -> None:
    _, clauses, qualifiers = read_text("微博评论可以张贴淘宝链接，" + "须事先申请，" * 50 + "完。")

    assert len(qualifiers.beside(clauses[0], 1)) == 3
