"""From document to facts: evidence that slices, the same answer each time, nothing out of nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest

from extract.events import Ranker
from extract.facts import evidence_span
from extract.gate import could_state_policy
from extract.pipeline import extract_facts, extract_many, extractor_version, score
from extract.reading import read
from extract.records import Action, Document, Extraction, Fact, Kind, Lang, PartialDate, Stage
from extract.scorer import load_models

ENGLISH = Document(
    "en-1", Lang.EN, Kind.NOTICE, date(2023, 5, 2), "Changes to links in comments",
    "From 1 June 2023, links to Etsy and eBay can no longer be posted in comments on TikTok.\n"
    "Links to Shopify stay allowed in live streams.",
    platform="tiktok",
)  # fmt: skip
CHINESE = Document(
    "zh-1", Lang.ZH, Kind.NOTICE, date(2023, 5, 2), "关于第三方链接的公告",
    "自2023年6月1日起，快手直播间购物车不再支持京东、拼多多商品链接。\n短视频购物车仍可添加淘宝链接。",
    platform="kuaishou",
)  # fmt: skip
SILENT = Document(
    "en-2", Lang.EN, Kind.NEWS, date(2023, 5, 2), "A bakery opens", "It sells bread from Monday."
)
DOCUMENTS = (ENGLISH, CHINESE, SILENT)


def cores(extraction: Extraction) -> set[tuple[str, str, str, str]]:
    return {(f.platform, f.surface, f.target, f.action.value) for f in extraction.facts}


def check_slices(document: Document, extraction: Extraction) -> None:
    for fact in extraction.facts:
        assert 0 <= fact.start < fact.end <= len(document.text)
        assert document.text[fact.start : fact.end] == fact.evidence
        assert fact.evidence == fact.evidence.strip()
        assert 0.0 <= fact.confidence <= 1.0
    for missed in extraction.missed:
        assert 0 <= missed.start < missed.end <= len(document.text)


def test_an_english_notice_is_read_with_dates_and_exceptions() -> None:
    extraction = extract_facts(ENGLISH)

    assert cores(extraction) == {
        ("tiktok", "comments", "etsy", "block"),
        ("tiktok", "comments", "ebay", "block"),
        ("tiktok", "live", "shopify", "allow"),
    }
    since = {f.target: f.effective_from for f in extraction.facts}
    assert since["etsy"] == since["ebay"] == PartialDate(2023, 6, 1)
    assert since["shopify"] is None


def test_a_chinese_notice_is_read_with_dates_and_exceptions() -> None:
    extraction = extract_facts(CHINESE)

    assert cores(extraction) == {
        ("kuaishou", "live", "jd", "block"),
        ("kuaishou", "live", "pinduoduo", "block"),
        ("kuaishou", "short_video", "taobao", "allow"),
    }
    since = {f.target: f.effective_from for f in extraction.facts}
    assert since["jd"] == since["pinduoduo"] == PartialDate(2023, 6, 1)
    assert since["taobao"] is None


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda d: d.id)
def test_evidence_slices_to_the_text(document: Document) -> None:
    check_slices(document, extract_facts(document))


def test_rules_behind_a_fact_are_named_without_repeats() -> None:
    for fact in extract_facts(ENGLISH).facts:
        assert fact.rules
        assert len(set(fact.rules)) == len(fact.rules)
        assert any(rule.startswith("en.action.") for rule in fact.rules)


def test_evidence_of_a_proposal_lies_in_the_text_never_in_the_title() -> None:
    reading = read(replace(ENGLISH, title="TikTok blocks links to Etsy in comments"))
    models = load_models(Lang.EN)
    _, scored = score(reading, Ranker(reading, models), models)

    assert scored
    for proposal, _ in scored:
        start, end = evidence_span(reading, proposal)
        assert 0 <= start <= end <= len(ENGLISH.text)


@pytest.mark.parametrize("text", ["", "\n", " ", "\n\n \n"])
def test_an_empty_text_gives_nothing(text: str) -> None:
    for lang in Lang:
        for title in ("", "TikTok blocks links to Etsy"):
            extraction = extract_facts(Document("e", lang, Kind.NEWS, None, title, text))
            assert (extraction.facts, extraction.missed) == ((), ())


def test_a_sentence_that_names_nothing_states_nothing() -> None:
    gossip = "The museum opens on Monday. Trains were suspended. The fair is permitted from 3 May."
    told = replace(ENGLISH, text=f"{ENGLISH.text}\n{gossip}")

    assert cores(extract_facts(told)) == cores(extract_facts(ENGLISH))
    events = Ranker(read(told), load_models(Lang.EN)).events()
    assert all(event.clause.start < len(f"{ENGLISH.title}\n{ENGLISH.text}") for event in events)


def test_extraction_is_the_same_each_time_and_in_any_order() -> None:
    def run(documents: Sequence[Document]) -> dict[str, Extraction]:
        return {e.document_id: e for e in extract_many(documents)}

    first = run(DOCUMENTS)
    assert run(DOCUMENTS[::-1]) == first
    assert run((CHINESE, ENGLISH, CHINESE, SILENT)) == first


def test_the_reference_day_is_given_or_worked_out_and_marked() -> None:
    given_ = extract_facts(CHINESE)
    assert (given_.reference, given_.reference_inferred) == (date(2023, 5, 2), False)

    inferred = extract_facts(replace(CHINESE, published=None))
    assert inferred.reference_inferred
    assert inferred.reference is not None
    assert inferred.reference.year == 2023


def test_facts_are_told_once_and_in_text_order() -> None:
    doubled = replace(ENGLISH, text=f"{ENGLISH.text}\n{ENGLISH.text}")
    facts: tuple[Fact, ...] = extract_facts(doubled).facts

    assert len(cores(Extraction("", facts))) == len(facts)
    assert [f.start for f in facts] == sorted(f.start for f in facts)


def test_a_higher_threshold_takes_facts_away_and_leaves_the_likeliest_of_a_clear_document() -> None:
    models = load_models(Lang.EN)
    given = extract_facts(ENGLISH, models).facts
    strict = extract_facts(ENGLISH, replace(models, threshold=1.01)).facts
    doubting = replace(models.judge, bias=-50.0)
    unsure = extract_facts(ENGLISH, replace(models, threshold=1.01, judge=doubting)).facts

    assert set(strict) < set(given)
    assert {f.confidence for f in strict} == {max(f.confidence for f in given)}
    assert unsure == ()
    assert extract_facts(ENGLISH, models) == extract_facts(ENGLISH)


def test_what_the_gate_drops_is_marked_as_unread() -> None:
    extraction = extract_facts(SILENT)

    assert not extraction.passed_gate
    assert extraction.facts == ()
    assert extract_facts(ENGLISH).passed_gate


@pytest.mark.parametrize(
    ("title", "text", "passes"),
    [
        ("Links end", "Nothing more.", True),
        ("", "The app made all URLs unclickable.", True),
        ("", "站外链接将不可点击。", True),
        ("", "關於外部連結的公告", True),
        ("", "ＬＩＮＫＳ to shops", True),
        ("", "The blinking lynx slept.", False),
        ("", "昨日股市收高。", False),
        ("", "", False),
    ],
)
def test_the_gate_lets_pass_what_speaks_of_links(title: str, text: str, passes: bool) -> None:
    assert could_state_policy(title, text) is passes


def test_the_version_names_code_rules_and_weights() -> None:
    assert len(extractor_version()) == 12
    assert int(extractor_version(), 16) >= 0
    assert extractor_version() == extractor_version()


def test_values_of_facts_are_those_of_the_records() -> None:
    for document in DOCUMENTS:
        for fact in extract_facts(document).facts:
            assert isinstance(fact.action, Action)
            assert isinstance(fact.stage, Stage)
            assert fact.platform != fact.target


def test_evidence_of_a_condition_shows_the_condition() -> None:
    text = "自3月15日起，知乎文章可以插入京东商品链接，须经编辑同意。评论里不得张贴淘宝链接，违者删除。"
    document = Document("zh-1", Lang.ZH, Kind.NOTICE, date(2024, 3, 1), "关于外链规则的通知", text)

    facts = extract_facts(document).facts
    evidence = {fact.action: fact.evidence for fact in facts}
    assert all(any(rule.startswith(f"zh.action.{f.action}.") for rule in f.rules) for f in facts)
    assert evidence[Action.RESTRICT] == "自3月15日起，知乎文章可以插入京东商品链接，须经编辑同意。"
    assert evidence[Action.BLOCK] == "评论里不得张贴淘宝链接"
