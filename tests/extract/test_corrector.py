"""The second reading: heads that say nothing change nothing, others change it, long texts are left alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from extract.clauses import ACTIONS, gather_clauses
from extract.corrector import (
    CORRECTED,
    KINDS,
    LEAST,
    MOST_PIECES,
    OTHERS,
    gelu,
    log_odds,
    mark,
    places_of,
    read_again,
    spans_of,
)
from extract.events import Ranker, text_clauses
from extract.pipeline import extract_facts
from extract.reading import Reading, read
from extract.records import Action, Document, Kind, Lang
from extract.scorer import Floats, Models, load_models
from extract.slots import SlotFeatures
from extract.weights import Corrector
from tests.extract.tiny import tiny_corrector

DOCUMENT = Document(
    "en-1", Lang.EN, Kind.NEWS, date(2023, 5, 2), "TikTok and Etsy",
    "TikTok blocks links to Etsy in comments. From 1 June 2023 links to eBay are allowed in Germany.\n"
    "Etsy said on Monday that TikTok had told it in April.",
)  # fmt: skip
CHINESE = Document(
    "zh-1", Lang.ZH, Kind.NEWS, date(2023, 5, 2), "抖音与淘宝",
    "自6月1日起，抖音直播间不再支持淘宝商品链接。快手评论区的京东链接仍可打开。",
)  # fmt: skip
SILENT, LOUD = tiny_corrector(0.0), tiny_corrector()


@pytest.fixture(scope="module")
def reading() -> Reading:
    return read(DOCUMENT)


def test_mentions_are_marked_by_their_kind(reading: Reading) -> None:
    marked = mark(reading, LOUD.encoder.spelling)

    def kinds(word: str) -> set[str]:
        start = reading.plain.index(word, reading.offset)
        first, last = marked.span(start, start + len(word))
        return {KINDS[k - 1] if k else "" for k in marked.kinds[first:last]}

    assert kinds("tiktok") == kinds("etsy") == {"service"}
    assert kinds("blocks") == {"block"}
    assert kinds("comments") == {"surface"}
    assert kinds("1 june 2023") == {"date"}
    assert kinds("germany") == {"region"}
    assert kinds("that") == {""}


def test_a_value_is_looked_at_where_it_stands_nearest_first(reading: Reading) -> None:
    clauses = gather_clauses(reading)
    marked, clause = mark(reading, LOUD.encoder.spelling), text_clauses(reading, clauses)[0]
    pool = SlotFeatures(reading, clauses).slot(clause, Action.BLOCK, "target")
    places = places_of(reading, "target")
    spans = {c.value: spans_of(marked, places, clause.anchor[0], c) for c in pool}

    assert spans["external"] == []  # the default stands nowhere
    texts = {
        reading.plain[marked.pieces.starts[s.first] : marked.pieces.ends[s.last - 1]] for s in spans["etsy"]
    }
    assert texts == {"etsy"}
    assert 1 < len(spans["etsy"]) <= OTHERS + 1


@pytest.mark.parametrize("action", ACTIONS)
def test_heads_that_say_nothing_leave_the_chances_as_they_are(reading: Reading, action: Action) -> None:
    clauses = gather_clauses(reading)
    eligible = text_clauses(reading, clauses)
    rng = np.random.default_rng(3)
    gate = rng.uniform(LEAST, 1 - LEAST, len(eligible) * len(ACTIONS))
    silent, loud = read_again(reading, [SILENT], eligible), read_again(reading, [LOUD], eligible)
    assert silent is not None
    assert loud is not None

    np.testing.assert_allclose(silent.gate(gate), gate, atol=5e-4)
    assert not np.allclose(loud.gate(gate), gate, atol=1e-3)
    statements, features = [(clause, action) for clause in eligible], SlotFeatures(reading, clauses)
    for slot in CORRECTED:
        pools = [features.slot(clause, action, slot) for clause in eligible]
        chances = rng.uniform(LEAST, 1 - LEAST, sum(map(len, pools)))
        np.testing.assert_allclose(silent.slot(slot, statements, pools, chances), chances, atol=5e-4)
        assert not np.allclose(loud.slot(slot, statements, pools, chances), chances, atol=1e-3)


def test_what_stands_nowhere_is_told_apart_by_what_it_is(reading: Reading) -> None:
    clauses = gather_clauses(reading)
    eligible = text_clauses(reading, clauses)
    second = read_again(reading, [LOUD], eligible)
    assert second is not None
    pool = SlotFeatures(reading, clauses).slot(eligible[0], Action.BLOCK, "surface")
    default = next(candidate for candidate in pool if candidate.value == "all")
    assert default.place is None
    others = [replace(default, value=value) for value in ("live", "nobody", "no one")]

    chances = second.slot("surface", [(eligible[0], Action.BLOCK)], [[default, *others]], np.full(4, 0.4))
    assert len(set(chances.tolist())) == 3, "names that are on no list look alike"
    assert chances[2] == chances[3]


def test_statements_are_judged_one_by_one_as_together(reading: Reading) -> None:
    clauses = gather_clauses(reading)
    eligible = text_clauses(reading, clauses)
    second = read_again(reading, [LOUD], eligible)
    assert second is not None
    statements, features = [(clause, Action.BLOCK) for clause in eligible], SlotFeatures(reading, clauses)
    pools = [features.slot(clause, Action.BLOCK, "target") for clause in eligible]
    chances = np.full(sum(map(len, pools)), 0.4)
    together = second.slot("target", statements, pools, chances)

    alone = [
        second.slot("target", [s], [pool], np.full(len(pool), 0.4))
        for s, pool in zip(statements, pools, strict=True)
    ]
    np.testing.assert_allclose(np.concatenate(alone), together, atol=1e-5)
    assert second.slot("target", [], [], np.zeros(0)).shape == (0,)


def test_who_is_sure_that_a_text_states_nothing_asks_nobody_else(reading: Reading) -> None:
    eligible = text_clauses(reading, gather_clauses(reading))

    def asked(first: Corrector) -> int:
        second = read_again(reading, [first, LOUD], eligible)
        assert second is not None
        return len(second.opinions)

    assert asked(LOUD) == 2
    assert asked(replace(LOUD, heads={**LOUD.heads, "document_outer_bias": np.array([-99], np.float32)})) == 1
    assert asked(replace(LOUD, heads={**LOUD.heads, "document_outer_bias": np.array([99], np.float32)})) == 2


def test_the_mean_of_several_counts_by_their_shares(reading: Reading) -> None:
    eligible = text_clauses(reading, gather_clauses(reading))
    chances = np.full(len(eligible) * len(ACTIONS), 0.4)

    def heard(*correctors: Corrector) -> Floats:
        second = read_again(reading, correctors, eligible)
        assert second is not None
        return log_odds(second.gate(chances))

    np.testing.assert_allclose(heard(LOUD, SILENT), (heard(LOUD) + heard(SILENT)) / 2, atol=2e-3)
    assert not np.allclose(heard(LOUD, SILENT), heard(LOUD), atol=1e-2)
    louder = heard(replace(LOUD, share=3.0), SILENT)
    np.testing.assert_allclose(louder, heard(LOUD) * 0.75 + heard(SILENT) * 0.25, atol=2e-3)
    assert read_again(reading, [], eligible) is None


def test_a_very_long_text_is_read_by_the_forests_alone() -> None:
    long = read(replace(DOCUMENT, text=DOCUMENT.text + " And so on." * (MOST_PIECES // 4 + 1)))

    assert read_again(long, [LOUD], text_clauses(long, gather_clauses(long))) is None
    assert read_again(read(replace(DOCUMENT, title="", text="")), [LOUD], ()) is None


@pytest.mark.parametrize("document", [DOCUMENT, CHINESE], ids=lambda d: d.lang)
def test_the_shipped_correctors_have_a_say(document: Document) -> None:
    models = load_models(document.lang)

    def chances(models: Models) -> list[float]:
        return [event.probability for event in Ranker(read(document), models).events()]

    for name in models.correctors:
        fewer = {n: c for n, c in models.correctors.items() if n != name}
        assert chances(models) != chances(replace(models, correctors=fewer)) != []
    assert models.correctors


def test_a_text_without_a_space_is_not_spelt_for_ever() -> None:
    long = read(replace(CHINESE, text="链" * (16 * MOST_PIECES + 1)))

    assert read_again(long, load_models(Lang.ZH).correctors.values(), ()) is None


def test_the_same_text_gives_the_same_facts() -> None:
    models = replace(load_models(Lang.EN), correctors={"loud": LOUD})

    assert extract_facts(DOCUMENT, models) == extract_facts(DOCUMENT, models)


def test_gelu_is_zero_at_zero_and_the_identity_far_above() -> None:
    values = gelu(np.array([-9.0, 0.0, 1.0, 9.0], dtype=np.float32))

    np.testing.assert_allclose(values, [0.0, 0.0, 0.8413, 9.0], atol=1e-3)
