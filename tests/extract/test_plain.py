"""Plain statements in one sentence, as a newcomer would try them."""

import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from extract.pipeline import extract_facts
from extract.records import Document, Fact, Kind, Lang

CASES = tomllib.loads((Path(__file__).parent / "cases" / "plain.toml").read_text("utf-8"))["case"]


def told(fact: Fact, *, with_date: bool) -> str:
    core = f"{fact.platform} {fact.surface} {fact.target} {fact.action}"
    return f"{core} {fact.effective_from}" if with_date and fact.effective_from else core


def found(case: dict[str, Any], *, with_date: bool) -> set[str]:
    published: date = case["published"]
    document = Document("d", Lang(case["lang"]), Kind.NEWS, published, "", case["text"])
    return {told(f, with_date=with_date) for f in extract_facts(document).facts}


def test_most_plain_statements_are_read() -> None:
    """18 of 24 when the weights were trained; with those before them 13."""
    asked = [c for c in CASES if c["facts"]]
    read = [c for c in asked if set(c["facts"]) <= found(c, with_date=True)]
    assert len(read) >= 0.75 * len(asked), [c["text"] for c in asked if c not in read]


@pytest.mark.parametrize("case", [c for c in CASES if not c["facts"]], ids=lambda c: c["text"])
def test_plain_sentences_that_state_no_rule_give_none(case: dict[str, Any]) -> None:
    assert found(case, with_date=False) == set()
