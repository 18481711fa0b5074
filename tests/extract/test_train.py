"""Training in stages: what judges a document has not seen it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from extract.clauses import gather_clauses
from extract.corrector import log_odds
from extract.data import DataError
from extract.events import gate_rows
from extract.excerpts import excerpts, origin
from extract.gold import Annotated, GoldFact
from extract.judge import DOCUMENT_NAMES, Judge
from extract.records import Action, Lang, Stage
from extract.samples import HIDDEN, Odds, Sample, odds_of, prepare
from extract.scorer import load_models
from extract.thresholds import Outcome
from extract.train import LEAST_LIKELY, Partial, Tutor, calibrated, corrected, cut
from extract.weights import Corrector
from tests.extract.test_corrector import DOCUMENT
from tests.extract.tiny import tiny_corrector

FACT = GoldFact(
    platform="tiktok", surface="comments", target="etsy", action=Action.BLOCK, effective_from=None,
    effective_to=None, region=None, stage=Stage.DECIDED, evidence="TikTok blocks links to Etsy in comments",
    optional=False,
)  # fmt: skip


def annotated(number: int) -> Annotated:
    return Annotated(replace(DOCUMENT, id=f"en-{number}"), (FACT,))


def judge() -> Partial:
    models = load_models(Lang.EN)
    return Partial(models.words, models.gate, models.slots)


class Memory:
    """Remembers whom it taught with what."""

    def __init__(self) -> None:
        self.taught: list[tuple[Corrector, set[str]]] = []

    def teach(self, samples: Sequence[Sample], odds: Sequence[Odds]) -> Corrector:
        assert len(samples) == len(odds)
        corrector = tiny_corrector()
        self.taught.append((corrector, {s.gold.document.id for s in samples}))
        return corrector


def test_no_corrector_judges_a_document_that_it_was_taught_with() -> None:
    whole = [annotated(number) for number in range(8)]
    samples = [prepare(a) for one in whole for a in (one, *excerpts(one))]
    memories = {"one": Memory(), "other": Memory()}
    tutors = {name: Tutor(frozenset(Lang), memory.teach) for name, memory in memories.items()}

    final, judges = corrected(samples, [judge()] * len(samples), tutors)

    everything = {a.document.id for a in whole}
    for name, memory in memories.items():
        seen = {id(corrector): ids for corrector, ids in memory.taught}
        assert seen[id(final[name])] == everything
        assert sorted(len(ids) < len(everything) for ids in seen.values()) == [False, True, True]
        for sample, found in zip(samples, judges, strict=True):
            assert origin(sample.gold.document.id) not in seen[id(found.correctors[name])]


def test_too_few_documents_for_two_halves_are_told() -> None:
    with pytest.raises(DataError, match="too few documents to train a corrector"):
        corrected([prepare(annotated(1))], [judge()], {"one": Tutor(frozenset(Lang), Memory().teach)})


def test_a_corrector_learns_and_judges_only_the_languages_that_it_reads() -> None:
    english = [prepare(annotated(number)) for number in range(8)]
    chinese = [
        prepare(Annotated(replace(a.gold.document, id=f"zh-{i}", lang=Lang.ZH), a.gold.facts))
        for i, a in enumerate(english)
    ]
    both, one = Memory(), Memory()
    tutors = {"both": Tutor(frozenset(Lang), both.teach), "one": Tutor(frozenset({Lang.EN}), one.teach)}

    _, judges = corrected([*english, *chinese], [judge()] * 16, tutors)

    assert {name[:2] for _, ids in one.taught for name in ids} == {"en"}
    assert {name[:2] for _, ids in both.taught for name in ids} == {"en", "zh"}
    assert [set(j.correctors) for j in judges] == [{"both", "one"}] * 8 + [{"both"}] * 8

    final, _ = corrected(chinese, [judge()] * 8, tutors)
    assert set(final) == {"both"}, "without a document that it reads there is nothing to learn"


def test_what_the_forests_say_in_training_is_what_they_say_of_a_text() -> None:
    sample, models = prepare(annotated(1)), judge()
    matrix = gate_rows(sample.reading, gather_clauses(sample.reading), sample.eligible, models.words)

    np.testing.assert_allclose(odds_of(sample, models).gate, log_odds(models.gate.probability(matrix)))


def outcome(states: float, needed: int, chance: float = 0.6) -> Outcome:
    row = (states, *(0.0,) * (len(DOCUMENT_NAMES) - 1))
    return Outcome(((chance, bool(needed)),), needed, 1.0, row)


def test_a_judge_tells_documents_by_what_their_features_say() -> None:
    outcomes = [*(outcome(i / 10, 1) for i in range(20, 40)), *(outcome(i / 10, 0) for i in range(20))]
    threshold, judge, sureness = cut(outcomes)

    chances = [judge.chance(o.row) for o in outcomes]
    assert min(chances[:20]) > 0.5 > max(chances[20:])
    assert LEAST_LIKELY <= threshold <= 0.6
    assert max(chances[20:]) < sureness <= sorted(chances[:20])[2]


def test_without_silent_documents_nothing_is_held_back() -> None:
    _, judge, sureness = cut([outcome(1.0, 1), outcome(2.0, 2)])

    assert judge == Judge(0.0, (0.0,) * len(DOCUMENT_NAMES))
    assert sureness == 0.0


def test_training_documents_are_read_without_some_services() -> None:
    texts = [
        f"Links to Etsy are blocked on TikTok, said Reuters in report {n}. So did Etsy." for n in range(60)
    ]
    documents = [replace(DOCUMENT, id=f"hidden-{n}", text=text) for n, text in enumerate(texts)]
    samples = [prepare(Annotated(document, ())) for document in documents]
    named = [m for s in samples for m in s.reading.mentions.services]
    share = sum(m.unknown for m in named) / len(named)

    assert HIDDEN / 3 < share < HIDDEN * 3
    assert {m.value for m in named} == {"etsy", "tiktok", "reuters"}
    again = prepare(samples[0].gold).reading.mentions
    assert again == samples[0].reading.mentions


def test_confidences_are_calibrated_on_what_would_be_given() -> None:
    """Of the facts at .6 a half is right, of those at .4 a quarter; what is not given is not looked at."""
    outcomes = [Outcome(((0.6, n % 2 == 0), (0.4, n % 4 == 0), (0.1, True)), 2, 1.0) for n in range(200)]
    line = calibrated(outcomes, 0.3)
    assert abs(line(0.6) - 0.5) < 0.02
    assert abs(line(0.4) - 0.25) < 0.02


def test_without_facts_to_judge_by_a_confidence_is_the_probability() -> None:
    assert calibrated([Outcome((), 0, 1.0)], 0.3)(0.7) == pytest.approx(0.7)
