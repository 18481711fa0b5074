"""Training of a corrector: what is learnt is what the second reading then computes."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from extract.bases import Base
from extract.clauses import ACTIONS
from extract.corrector import CORRECTED, Marked, Opinion, log_odds, read_again
from extract.encoder import WINDOW
from extract.gold import Annotated, GoldFact
from extract.graph import Array
from extract.records import Action, Stage
from extract.samples import Odds, Sample, odds_of, prepare
from extract.scorer import load_models, sigmoid
from extract.spelling import Pieces
from extract.train import Partial
from extract.weights import Corrector, pack, unpack
from tests.extract.test_corrector import DOCUMENT
from tests.extract.tiny import HEADS, VOCABULARY, encoder_weights, tiny_corrector

pytest.importorskip("torch", reason="the extra `corrector` is not installed")

import torch

from extract.fit_corrector import (
    disguised,
    document_odds,
    fit_corrector,
    gate_odds,
    lesson,
    loss,
    slot_odds,
    states_of,
    views_of,
)

FACT = GoldFact(
    platform="tiktok", surface="comments", target="etsy", action=Action.BLOCK, effective_from=None,
    effective_to=None, region=None, stage=Stage.DECIDED, evidence="TikTok blocks links to Etsy in comments",
    optional=False,
)  # fmt: skip
BASE = Base(encoder_weights(), VOCABULARY, HEADS)


@pytest.fixture(scope="module")
def sample() -> Sample:
    return prepare(Annotated(DOCUMENT, (FACT,)))


@pytest.fixture(scope="module")
def odds(sample: Sample) -> Odds:
    models = load_models(sample.gold.document.lang)
    return odds_of(sample, Partial(models.words, models.gate, models.slots))


def reading_of(sample: Sample, corrector: Corrector) -> Opinion:
    second = read_again(sample.reading, [corrector], sample.eligible)
    assert second is not None
    return second.opinions[0]


def tensors(arrays: Mapping[str, Array]) -> dict[str, Any]:
    return {name: torch.tensor(array) for name, array in arrays.items()}


def test_the_slots_that_are_trained_are_the_slots_that_are_computed(sample: Sample, odds: Odds) -> None:
    corrector, one = tiny_corrector(), lesson(sample, odds, BASE.spelling)
    states = torch.tensor(corrector.encoder.states(one.marked.pieces.ids, one.marked.kinds))
    weights, second = tensors(corrector.heads), reading_of(sample, corrector)

    views, sums = views_of(weights, one, states)
    np.testing.assert_allclose(views.numpy(), second.views, atol=1e-4)
    for slot, found in one.slots.items():
        trained = sigmoid(slot_odds(weights, CORRECTED.index(slot), found, views, sums).numpy())
        given = sample.slots[slot]
        listed = list(zip(given.candidates, given.statements, strict=True))
        statements = sorted(set(given.statements))
        pools = [[candidate for candidate, at in listed if at == statement] for statement in statements]
        stated = [(sample.eligible[i], ACTIONS[j]) for i, j in statements]
        computed = second.slot(slot, stated, pools, log_odds(sigmoid(odds.slots[slot])))
        np.testing.assert_allclose(trained, sigmoid(computed), atol=2e-3)


def test_the_gate_that_is_trained_is_the_gate_that_is_computed(sample: Sample, odds: Odds) -> None:
    corrector, one = tiny_corrector(), lesson(sample, odds, BASE.spelling)
    second = reading_of(sample, corrector)

    trained = gate_odds(tensors(corrector.heads), one, torch.tensor(second.views)).numpy()
    computed = second.gate(log_odds(sigmoid(odds.gate)))
    np.testing.assert_allclose(sigmoid(trained).ravel(), sigmoid(computed), atol=2e-3)


def test_what_a_document_is_taken_for_in_training_is_what_is_computed(sample: Sample, odds: Odds) -> None:
    corrector, one = tiny_corrector(), lesson(sample, odds, BASE.spelling)
    states = torch.tensor(corrector.encoder.states(one.marked.pieces.ids, one.marked.kinds))

    trained = float(document_odds(tensors(corrector.heads), states))
    assert trained != 0
    assert reading_of(sample, corrector).document == pytest.approx(trained, abs=1e-4)
    assert one.states == 1
    silent = dataclasses.replace(sample, gold=Annotated(DOCUMENT, ()))
    assert lesson(silent, odds, BASE.spelling).states == 0


def test_the_encoder_that_is_trained_is_the_encoder_that_ships(
    sample: Sample, odds: Odds, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Together, padded and in windows, or one by one."""
    monkeypatch.setattr("extract.fit_corrector._dropped", lambda x: x)
    monkeypatch.setattr("extract.fit_corrector._NAMELESS", 0.0)
    relative = np.random.default_rng(3).normal(size=(32, HEADS))
    whole = unpacked(tiny_corrector()) | {"relative": np.asarray(relative, np.float32)}
    corrector = unpack(pack(whole, VOCABULARY, HEADS))
    short = lesson(sample, odds, BASE.spelling)
    repeated = 8 * WINDOW // (5 * len(short.marked.kinds)) + 1
    given = short.marked.pieces
    pieces = Pieces(given.ids * repeated, given.starts * repeated, given.ends * repeated)
    long = dataclasses.replace(short, marked=Marked(pieces, short.marked.kinds * repeated), names=())

    found = list(states_of(tensors(unpacked(corrector)), HEADS, [short, long], BASE.spelling, {}))
    for one, states in zip((short, long), found, strict=True):
        shipped = corrector.encoder.states(one.marked.pieces.ids, one.marked.kinds)
        np.testing.assert_allclose(states.numpy(), shipped, atol=5e-3)


def test_services_go_by_another_name_of_as_many_pieces_or_by_none(
    sample: Sample, odds: Odds, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = lesson(sample, odds, BASE.spelling)
    given, places = (
        list(one.marked.pieces.ids),
        {i for spans in one.names for a, b in spans for i in range(a, b)},
    )
    names = {(one.lang, end - start): [(7,) * (end - start)] for spans in one.names for start, end in spans}

    monkeypatch.setattr("extract.fit_corrector._NAMELESS", 0.0)
    monkeypatch.setattr("extract.fit_corrector._RENAMED", 1.0)
    assert disguised(one, 0, names) == [7 if i in places else piece for i, piece in enumerate(given)]
    assert disguised(one, 0, {}) == given, "no other name is known"
    monkeypatch.setattr("extract.fit_corrector._NAMELESS", 1.0)
    assert disguised(one, 0, names) == [0 if i in places else piece for i, piece in enumerate(given)]


def unpacked(corrector: Corrector) -> dict[str, Array]:
    """The weights in full, by the names that training uses."""
    stored = corrector.packed
    return {
        name: np.asarray(array, np.float32)
        * (np.asarray(stored[f"{name}/scale"], np.float32)[..., None] if f"{name}/scale" in stored else 1)
        for name, array in stored.items()
        if name not in {"vocabulary", "heads"} and not name.endswith("/scale")
    }


def test_lessons_are_learnt(sample: Sample, odds: Odds) -> None:
    flat = dataclasses.replace(odds, gate=np.zeros_like(odds.gate))
    one = lesson(sample, flat, BASE.spelling)

    def error(corrector: Corrector) -> float:
        states = torch.tensor(corrector.encoder.states(one.marked.pieces.ids, one.marked.kinds))
        return float(loss(tensors(corrector.heads), one, states))

    taught = fit_corrector([one] * 4000, BASE)
    assert error(taught) < 0.7 * error(tiny_corrector(0.0))
