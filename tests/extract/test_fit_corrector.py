"""Training of a corrector: what is learnt is what the second reading then computes."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from extract.clauses import ACTIONS
from extract.corrector import CORRECTED, Marked, read_again
from extract.encoder import WINDOW, Array
from extract.gold import Annotated, GoldFact
from extract.records import Action, Stage
from extract.samples import odds_of, prepare
from extract.scorer import load_models, sigmoid
from extract.train import Partial
from extract.weights import Corrector
from extract.wordpieces import Pieces
from tests.extract.test_corrector import DOCUMENT
from tests.extract.tiny import HEADS, VOCABULARY, encoder_weights, tiny_corrector

pytest.importorskip("torch", reason="the extra `corrector` is not installed")

import torch

from extract.fit_corrector import Base, fit_corrector, gate_odds, lesson, loss, slot_odds, states_of, views_of

FACT = GoldFact(
    platform="tiktok", surface="comments", target="etsy", action=Action.BLOCK, effective_from=None,
    effective_to=None, region=None, stage=Stage.DECIDED, evidence="TikTok blocks links to Etsy in comments",
    optional=False,
)  # fmt: skip
BASE = Base(encoder_weights(), VOCABULARY, HEADS)


def test_what_is_trained_is_what_is_computed() -> None:
    sample = prepare(Annotated(DOCUMENT, (FACT,)))
    models = load_models()
    odds = odds_of(sample, Partial(models.words, models.gate, models.slots))
    corrector = tiny_corrector()
    one = lesson(sample, odds, BASE.spelling)
    states = torch.tensor(corrector.encoder.states(one.marked.pieces.ids, one.marked.kinds))
    weights = {name: torch.tensor(array) for name, array in corrector.heads.items()}
    second = read_again(sample.reading, corrector, sample.eligible)
    assert second is not None

    views, sums = views_of(weights, one, states)
    np.testing.assert_allclose(views.numpy(), second.views, atol=1e-4)
    for slot, found in one.slots.items():
        trained = sigmoid(slot_odds(weights, CORRECTED.index(slot), found, views, sums).numpy())
        statements = sorted(set(sample.slots[slot].statements))
        pools = [
            [
                c
                for c, at in zip(sample.slots[slot].candidates, sample.slots[slot].statements, strict=True)
                if at == s
            ]
            for s in statements
        ]
        stated = [(sample.eligible[i], ACTIONS[j]) for i, j in statements]
        computed = second.slot(slot, stated, pools, sigmoid(odds.slots[slot]))
        np.testing.assert_allclose(trained, computed, atol=2e-3)


def test_the_gate_that_is_trained_is_the_gate_that_is_computed() -> None:
    sample = prepare(Annotated(DOCUMENT, (FACT,)))
    models = load_models()
    odds = odds_of(sample, Partial(models.words, models.gate, models.slots))
    corrector = tiny_corrector()
    one = lesson(sample, odds, BASE.spelling)
    weights = {name: torch.tensor(array) for name, array in corrector.heads.items()}
    second = read_again(sample.reading, corrector, sample.eligible)
    assert second is not None

    trained = sigmoid(gate_odds(weights, one, torch.tensor(second.views)).numpy()).ravel()
    np.testing.assert_allclose(trained, second.gate(sigmoid(odds.gate)), atol=2e-3)


def test_the_encoder_that_is_trained_is_the_encoder_that_ships(monkeypatch: pytest.MonkeyPatch) -> None:
    """Together, padded and in windows, or one by one."""
    monkeypatch.setattr("extract.fit_corrector._dropped", lambda x: x)
    monkeypatch.setattr("extract.fit_corrector._NAMELESS", 0.0)
    corrector = tiny_corrector()
    sample = prepare(Annotated(DOCUMENT, (FACT,)))
    models = load_models()
    short = lesson(sample, odds_of(sample, Partial(models.words, models.gate, models.slots)), BASE.spelling)
    repeated = 8 * WINDOW // (5 * len(short.marked.kinds)) + 1
    given = short.marked.pieces
    pieces = Pieces(given.ids * repeated, given.starts * repeated, given.ends * repeated)
    long = dataclasses.replace(short, marked=Marked(pieces, short.marked.kinds * repeated), names=())
    weights = {n: torch.tensor(a) for n, a in unpacked(corrector).items()}

    found = list(states_of(weights, HEADS, [short, long], BASE.spelling))
    for one, states in zip((short, long), found, strict=True):
        shipped = corrector.encoder.states(one.marked.pieces.ids, one.marked.kinds)
        np.testing.assert_allclose(states.numpy(), shipped, atol=5e-3)


def unpacked(corrector: Corrector) -> dict[str, Array]:
    """The weights in full, by the names that training uses."""
    stored = corrector.packed
    return {
        name: np.asarray(array, np.float32)
        * (np.asarray(stored[f"{name}/scale"], np.float32)[..., None] if f"{name}/scale" in stored else 1)
        for name, array in stored.items()
        if name not in {"vocabulary", "heads"} and not name.endswith("/scale")
    }


def test_lessons_are_learnt() -> None:
    sample = prepare(Annotated(DOCUMENT, (FACT,)))
    models = load_models()
    odds = odds_of(sample, Partial(models.words, models.gate, models.slots))
    flat = dataclasses.replace(odds, gate=np.zeros_like(odds.gate))
    one = lesson(sample, flat, BASE.spelling)

    def error(corrector: Corrector) -> float:
        states = torch.tensor(corrector.encoder.states(one.marked.pieces.ids, one.marked.kinds))
        weights = {name: torch.tensor(a) for name, a in corrector.heads.items()}
        return float(loss(weights, one, states))

    taught = fit_corrector([one] * 4000, BASE)
    assert error(taught) < 0.7 * error(tiny_corrector(0.0))
