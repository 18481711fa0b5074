"""Explanations name the rules, the ranked values and the scores behind each fact, and why there was none."""

from __future__ import annotations

from datetime import date

import pytest

from extract.explain import explain, page
from extract.pipeline import extract_facts
from extract.records import Document, Kind, Lang

DOCUMENT = Document(
    "n-1", Lang.EN, Kind.NOTICE, date(2023, 5, 2), "Changes to <links>",
    "From 1 June 2023, links to Etsy and eBay can no longer be posted in comments on TikTok.",
    platform="tiktok",
)  # fmt: skip


def test_statements_name_cues_rules_and_scores() -> None:
    explanation = explain(DOCUMENT)
    statement = max(explanation.statements, key=lambda s: s.probability)

    assert explanation.passed_gate
    assert 0 < explanation.alone < explanation.threshold < 1, "the document surely states something"
    assert statement.action == "block"
    assert statement.text in DOCUMENT.text
    assert any(rule.startswith("en.action.block") and text for rule, text, _ in statement.cues)
    best = statement.slots["surface"][0]
    assert (best.value, best.text) == ("comments", "comments")
    assert best.rule.startswith("en.surface.")
    assert 0 <= best.probability <= 1


def test_verdicts_are_the_facts() -> None:
    explanation = explain(DOCUMENT)
    told = {v.key for s in explanation.statements for v in s.verdicts if v.fact}
    facts = extract_facts(DOCUMENT).facts

    assert {(k.platform, k.surface, k.target, k.action) for k in told} == {
        (f.platform, f.surface, f.target, f.action) for f in facts
    }
    for statement in explanation.statements:
        for verdict in statement.verdicts:
            assert verdict.fact is (verdict.probability >= explanation.threshold)


def test_what_the_gate_dropped_is_said_so() -> None:
    silent = Document("n-2", Lang.EN, Kind.NEWS, None, "", "The blinking lynx slept.")

    assert not explain(silent).passed_gate
    assert explain(silent).statements == ()


@pytest.mark.xdist_group("spacy")  # which one process loads for all
def test_the_page_shows_facts_and_mentions_and_escapes_the_text() -> None:
    html = page(DOCUMENT)

    assert html.startswith("<!doctype html>")
    assert "tiktok comments etsy block" in html
    assert "surface:comments" in html
    assert "<links>" not in html
    assert "&lt;links&gt;" in html
