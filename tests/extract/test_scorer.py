"""The learned scorer: what JSON keeps, what a forest says, and what happens to a damaged file."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from extract.data import DataError
from extract.events import GATE_WIDTH, SLOT_WIDTH
from extract.judge import DOCUMENT_NAMES, Judge
from extract.proposals import TUPLE_NAMES
from extract.records import Lang
from extract.scorer import Forest, Linear, Models, load_models, read_models, rows, scorer_path

STUMPS = Forest(
    baseline=0.5,
    feature=np.array([0, 0, 0, 1, 0, 0], dtype=np.int32),
    threshold=np.array([1.0, 0, 0, -2.0, 0, 0]),
    left=np.array([1, 1, 2, 4, 4, 5], dtype=np.int32),
    right=np.array([2, 1, 2, 5, 4, 5], dtype=np.int32),
    value=np.array([0, -1.0, 2.0, 0, 0.25, -0.25]),
    roots=np.array([0, 3], dtype=np.int32),
    depth=1,
)


@pytest.mark.parametrize(
    ("row", "log_odds"),
    [((1.0, -2.0), -0.25), ((1.1, -2.0), 2.75), ((1.1, 0.0), 2.25), ((-9.0, 0.0), -0.75)],
)
def test_a_forest_adds_the_leaves_of_its_trees(row: tuple[float, float], log_odds: float) -> None:
    (chance,) = STUMPS.probability(rows([row], 2))

    assert chance == pytest.approx(1 / (1 + np.exp(-log_odds)))


def test_no_rows_give_no_probabilities() -> None:
    assert STUMPS.probability(rows([], 2)).shape == (0,)


def test_rows_are_scored_one_by_one_as_in_a_batch() -> None:
    values = np.random.default_rng(0).normal(size=(50, GATE_WIDTH)).tolist()
    gate = load_models(Lang.EN).gate

    batch = gate.probability(rows(values, GATE_WIDTH))
    single = [float(gate.probability(rows([v], GATE_WIDTH))[0]) for v in values]
    assert batch.tolist() == single


def test_a_linear_model_weighs_known_tokens_by_the_size_of_the_bag() -> None:
    model = Linear(0.5, {"a": 2.0, "b": -1.0})

    assert model.score(["a", "b", "c", "d"]) == pytest.approx(0.5 + 1.0 / 2)
    assert model.score([]) == 0.5


def test_json_keeps_every_probability(tmp_path: Path) -> None:
    models = load_models(Lang.ZH)
    scorer_path(tmp_path, Lang.ZH).write_text(json.dumps(models.to_json({})), encoding="utf-8")
    again = read_models(tmp_path, Lang.ZH)

    rng = np.random.default_rng(1)
    pairs = [(models.gate, again.gate, GATE_WIDTH), (models.tuples, again.tuples, len(TUPLE_NAMES))]
    pairs += [(models.slots[slot], again.slots[slot], SLOT_WIDTH) for slot in models.slots]
    for before, after, width in pairs:
        sample = rows((rng.normal(size=(40, width)) * 5).tolist(), width)
        assert before.probability(sample).tolist() == after.probability(sample).tolist()
    assert (again.threshold, again.judge, again.sureness) == (models.threshold, models.judge, models.sureness)
    assert again.calibration == models.calibration
    assert {k: (v.bias, dict(v.weights)) for k, v in again.words.items()} == {
        k: (v.bias, dict(v.weights)) for k, v in models.words.items()
    }


@pytest.mark.parametrize("lang", Lang)
def test_the_shipped_weights_fit_the_features(lang: Lang) -> None:
    models = load_models(lang)

    assert 0 < models.threshold < 1
    assert 0 <= models.sureness < 1
    for forest, width in [
        (models.gate, GATE_WIDTH),
        (models.tuples, len(TUPLE_NAMES)),
        *((forest, SLOT_WIDTH) for forest in models.slots.values()),
    ]:
        assert forest.feature.max() < width
        nodes = len(forest.feature)
        assert max(forest.left.max(), forest.right.max(), forest.roots.max()) < nodes


def without(key: str) -> Callable[[dict[str, Any]], object]:
    return lambda data: {k: v for k, v in data.items() if k != key}


@pytest.mark.parametrize(
    "damage",
    [
        *(
            pytest.param(without(key), id=f"no {key}")
            for key in (
                "gate",
                "slots",
                "tuples",
                "words",
                "threshold",
                "judge",
                "sureness",
                "calibration",
                "correctors",
            )
        ),
        pytest.param(lambda data: [data], id="a list"),
        pytest.param(lambda data: {**data, "judge": {"bias": 0, "weights": [1]}}, id="a short judge"),
        pytest.param(
            lambda data: {**data, "correctors": {"tiny": {"digest": "", "share": 0}}}, id="a share of nothing"
        ),
        pytest.param(lambda data: {**data, "calibration": [1, 0, 2]}, id="a calibration of three numbers"),
        pytest.param(lambda data: {**data, "words": {"block": 3}}, id="a word model that is a number"),
        pytest.param(
            lambda data: {**data, "gate": {**data["gate"], "left": None}}, id="a forest without nodes"
        ),
    ],
)
def test_a_damaged_model_is_refused_by_name(
    tmp_path: Path, damage: Callable[[dict[str, Any]], object]
) -> None:
    judge = Judge(0.0, (0.0,) * len(DOCUMENT_NAMES))
    tiny = Models({}, STUMPS, {"platform": STUMPS}, STUMPS, 0.5, judge, 0.5).to_json({})
    scorer_path(tmp_path, Lang.EN).write_text(json.dumps(damage(tiny)), encoding="utf-8")

    with pytest.raises(DataError, match=r"scorer_en\.json: not a model file"):
        read_models(tmp_path, Lang.EN)


def test_half_a_file_and_no_file_are_refused_by_name(tmp_path: Path) -> None:
    scorer_path(tmp_path, Lang.EN).write_text('{"gate": {"base', encoding="utf-8")

    with pytest.raises(DataError, match=r"scorer_en\.json: not a model file"):
        read_models(tmp_path, Lang.EN)
    with pytest.raises(DataError, match=r"scorer_zh\.json: not a model file"):
        read_models(tmp_path, Lang.ZH)
