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
from extract.train import LEAST_LIKELY, Partial, corrected, cut
from extract.weights import Corrector
from tests.extract.test_corrector import DOCUMENT
from tests.extract.tiny import tiny_corrector

FACT = GoldFact(
    platform="tiktok", surface="comments", target="etsy", action=Action.BLOCK, effective_from=None,
    effective_to=None, region=None, stage=Stage.DECIDED, evidence="TikTok blocks links to Etsy in comments",
    optional=False,
)  # fmt: skip


def annotated(number: int, lang: Lang = Lang.EN) -> Annotated:
    return Annotated(replace(DOCUMENT, id=f"{lang}-{number}", lang=lang), (FACT,))


def judge() -> Partial:
    models = load_models()
    return Partial(models.words, models.gate, models.slots)


class Tutor:
    """Remembers whom it taught with what."""

    def __init__(self) -> None:
        self.taught: list[tuple[Corrector, set[str]]] = []

    def __call__(self, samples: Sequence[Sample], odds: Sequence[Odds]) -> Corrector:
        assert len(samples) == len(odds)
        corrector = tiny_corrector()
        self.taught.append((corrector, {s.gold.document.id for s in samples}))
        return corrector


def test_no_corrector_judges_a_document_that_it_was_taught_with() -> None:
    whole = [annotated(number) for number in range(8)]
    samples = [prepare(a) for one in whole for a in (one, *excerpts(one))]
    samples += [prepare(annotated(1, Lang.ZH))]
    tutor = Tutor()

    final, judges = corrected(samples, [judge()] * len(samples), Lang.EN, tutor)

    seen = {id(corrector): ids for corrector, ids in tutor.taught}
    everything = {a.document.id for a in whole}
    assert seen[id(final)] == everything
    assert sorted(len(ids) < len(everything) for ids in seen.values()) == [False, True, True]
    for sample, found in zip(samples[:-1], judges[:-1], strict=True):
        assert origin(sample.gold.document.id) not in seen[id(found.correctors[Lang.EN])]
    assert judges[-1].correctors == {}


def test_too_few_documents_for_two_halves_are_told() -> None:
    with pytest.raises(DataError, match="too few documents in 'en' to train a corrector"):
        corrected([prepare(annotated(1))], [judge()], Lang.EN, Tutor())


def test_what_the_forests_say_in_training_is_what_they_say_of_a_text() -> None:
    sample, models = prepare(annotated(1)), judge()
    matrix = gate_rows(sample.reading, gather_clauses(sample.reading), sample.eligible, models.words)

    np.testing.assert_allclose(odds_of(sample, models).gate, log_odds(models.gate.probability(matrix)))


def outcome(states: float, needed: int, chance: float = 0.6) -> Outcome:
    row = (states, *(0.0,) * (len(DOCUMENT_NAMES) - 1))
    return Outcome(((chance, bool(needed)),), needed, 1.0, row)


def test_a_judge_tells_documents_by_what_their_features_say() -> None:
    outcomes = [*(outcome(i / 10, 1) for i in range(20, 40)), *(outcome(i / 10, 0) for i in range(20))]
    cuts = cut({"en": outcomes, "zh": []})

    assert set(cuts.judges) == {"en"}
    chances = [cuts.judges["en"].chance(o.row) for o in outcomes]
    assert min(chances[:20]) > 0.5 > max(chances[20:])
    assert LEAST_LIKELY <= cuts.thresholds["en"] <= 0.6
    assert max(chances[20:]) < cuts.sureness["en"] <= sorted(chances[:20])[2]


def test_without_silent_documents_nothing_is_held_back() -> None:
    cuts = cut({"en": [outcome(1.0, 1), outcome(2.0, 2)]})

    assert cuts.judges["en"] == Judge(0.0, (0.0,) * len(DOCUMENT_NAMES))
    assert cuts.sureness["en"] == 0.0


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
