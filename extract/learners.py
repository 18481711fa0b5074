"""The learners behind the scorer: scikit-learn fits them, `extract.scorer` runs them without it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

from extract.judge import DOCUMENT_NAMES, Judge
from extract.scorer import Calibration, Floats, Forest, Linear

_LEAST_WEIGHT = 0.3  # of a token: those below are most of them and change no score in cross-validation


@dataclass(frozen=True, slots=True)
class Growth:
    """How a forest is grown; the values were chosen by cross-validation on the work and cv parts."""

    trees: int
    leaves: int
    rate: float
    least: int = 20
    l2: float = 2.0
    depth: int = 6


def fit_forest(x: Floats, y: Floats, weight: Floats, growth: Growth) -> Forest:
    """Boosted trees for labels y in {0, 1}, shape (n,), of rows x, shape (n, features)."""
    model = HistGradientBoostingClassifier(
        learning_rate=growth.rate, max_iter=growth.trees, max_leaf_nodes=growth.leaves,
        max_depth=growth.depth, min_samples_leaf=growth.least, l2_regularization=growth.l2,
        early_stopping=False, random_state=0, max_features=0.5,
    )  # fmt: skip
    model.fit(x, y, sample_weight=weight)
    return export_forest(model)


def export_forest(model: HistGradientBoostingClassifier) -> Forest:
    """Turn a fitted binary classifier into plain arrays."""
    feature: list[int] = []
    threshold: list[float] = []
    left: list[int] = []
    right: list[int] = []
    value: list[float] = []
    roots: list[int] = []
    depth = 0
    for (tree,) in model._predictors:  # noqa: SLF001 -- scikit-learn has no public way
        base = len(feature)
        roots.append(base)
        for i, node in enumerate(tree.nodes):
            leaf = bool(node["is_leaf"])
            feature.append(0 if leaf else int(node["feature_idx"]))
            threshold.append(0.0 if leaf else float(node["num_threshold"]))
            left.append(base + (i if leaf else int(node["left"])))
            right.append(base + (i if leaf else int(node["right"])))
            value.append(float(node["value"]) if leaf else 0.0)
            depth = max(depth, int(node["depth"]))
    return Forest(
        baseline=float(model._baseline_prediction.ravel()[0]),  # noqa: SLF001 -- scikit-learn has no public way
        feature=np.asarray(feature, dtype=np.int32),
        threshold=np.asarray(threshold, dtype=np.float64),
        left=np.asarray(left, dtype=np.int32),
        right=np.asarray(right, dtype=np.int32),
        value=np.asarray(value, dtype=np.float64),
        roots=np.asarray(roots, dtype=np.int32),
        depth=depth,
    )


def fit_linear(
    bags: Sequence[Sequence[str]], labels: Sequence[float], least: int, strength: float
) -> Linear | None:
    """Logistic model over bags of tokens that occur at least `least` times; None if a class is missing."""
    counts: Counter[str] = Counter(t for bag in bags for t in bag)
    vocabulary = {t: i for i, t in enumerate(sorted(t for t, n in counts.items() if n >= least))}
    if not vocabulary or len(set(labels)) < 2:
        return None
    data: list[float] = []
    columns: list[int] = []
    pointer = [0]
    for bag in bags:
        own = [vocabulary[t] for t in bag if t in vocabulary]
        columns += own
        data += [1 / math.sqrt(max(1, len(bag)))] * len(own)
        pointer.append(len(columns))
    x = csr_matrix((data, columns, pointer), shape=(len(labels), len(vocabulary)))
    model = LogisticRegression(C=strength, max_iter=300, class_weight={0: 1, 1: 2}).fit(x, labels)
    weights = {
        t: round(float(model.coef_[0][i]), 3)
        for t, i in vocabulary.items()
        if abs(model.coef_[0][i]) >= _LEAST_WEIGHT
    }
    return Linear(round(float(model.intercept_[0]), 3), weights)


def fit_judge(rows: Sequence[Sequence[float]], labels: Sequence[bool], weight: Sequence[float]) -> Judge:
    """Logistic model of documents that state something; one that knows nothing if a class is missing."""
    if len(set(labels)) < 2:
        return Judge(0.0, (0.0,) * len(DOCUMENT_NAMES))
    x = np.asarray(rows)
    middle, spread = x.mean(axis=0), x.std(axis=0) + 1e-9
    model = LogisticRegression(C=0.3, max_iter=2000).fit(
        (x - middle) / spread, np.asarray(labels), sample_weight=np.asarray(weight)
    )
    weights = model.coef_[0] / spread
    return Judge(
        round(float(model.intercept_[0] - weights @ middle), 5), tuple(round(float(w), 5) for w in weights)
    )


def fit_line(chances: Sequence[float], labels: Sequence[bool], weight: Sequence[float]) -> Calibration:
    """Platt's line between the log-odds of probabilities in (0, 1) and of being right.

    As they are if a class is missing.
    """
    if len(set(labels)) < 2:
        return Calibration()
    p = np.asarray(chances)
    model = LogisticRegression(C=1e6).fit(
        np.log(p / (1 - p))[:, None], np.asarray(labels), sample_weight=np.asarray(weight)
    )
    return Calibration(float(model.coef_[0][0]), float(model.intercept_[0]))
