"""Inference of the learned scorer in numpy: boosted trees and a sparse linear model, read from JSON."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import orjson  # half the time of the standard library's, at every start
from numpy.typing import NDArray

from extract.data import ROOT, DataError
from extract.judge import DOCUMENT_NAMES, Judge
from extract.records import Lang
from extract.weights import Corrector, read_corrector

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]

# Where a document certainly states a policy and no fact is likely enough, the likeliest one counts from here.
CERTAIN, ALONE = 0.9995, 0.12
_BRIEF, _SURE_OF_BRIEF = 400, 0.99  # code points of a brief text with its title; see `Models.sure`
_LENGTH = DOCUMENT_NAMES.index("length")


def sigmoid(x: Floats) -> Floats:
    """Logistic function."""
    return 1.0 / (1.0 + np.exp(-np.clip(x, -30, 30)))


@dataclass(frozen=True, slots=True)
class Forest:
    """Gradient-boosted binary trees.

    Attributes:
        baseline: log-odds before the first tree.
        feature, threshold, left, right, value: one entry per node of all trees, children as absolute
            node numbers; a leaf is its own child.
        roots: node number of each tree's root.
        depth: longest path from a root to a leaf.
    """

    baseline: float
    feature: Ints
    threshold: Floats
    left: Ints
    right: Ints
    value: Floats
    roots: Ints
    depth: int

    def probability(self, rows: Floats) -> Floats:
        """Probabilities, shape (n,), for feature rows of shape (n, features)."""
        if not len(rows):
            return np.zeros(0)
        node = np.repeat(self.roots[None, :], len(rows), axis=0)
        flat, first = rows.ravel(), np.arange(0, rows.size, rows.shape[1])[:, None]
        for _ in range(self.depth):  # `take` from flat arrays costs half of indexing by two
            go_left = flat.take(first + self.feature.take(node)) <= self.threshold.take(node)
            node = np.where(go_left, self.left.take(node), self.right.take(node))
        return sigmoid(self.baseline + self.value.take(node).sum(axis=1))

    def to_json(self) -> dict[str, Any]:
        """Plain lists, thresholds and values rounded to six significant digits."""
        return {
            "baseline": round(self.baseline, 6),
            "depth": self.depth,
            "roots": self.roots.tolist(),
            "feature": self.feature.tolist(),
            "left": self.left.tolist(),
            "right": self.right.tolist(),
            "threshold": [float(f"{x:.6g}") for x in self.threshold],
            "value": [float(f"{x:.4g}") for x in self.value],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Forest:
        """Read what `to_json` wrote."""

        def ints(key: str) -> Ints:
            return np.asarray(data[key], dtype=np.int32)

        def floats(key: str) -> Floats:
            return np.asarray(data[key], dtype=np.float64)

        return cls(
            baseline=float(data["baseline"]),
            feature=ints("feature"),
            threshold=floats("threshold"),
            left=ints("left"),
            right=ints("right"),
            value=floats("value"),
            roots=ints("roots"),
            depth=int(data["depth"]),
        )


@dataclass(frozen=True, slots=True)
class Linear:
    """Logistic model over a bag of tokens, each weighing 1/sqrt(bag size)."""

    bias: float
    weights: Mapping[str, float]

    def score(self, bag: Sequence[str]) -> float:
        """Log-odds of a bag."""
        known = filter(None, map(self.weights.get, bag))  # few tokens have a weight
        return self.bias + sum(known) / math.sqrt(max(1, len(bag)))


@dataclass(frozen=True, slots=True)
class Calibration:
    """Turns the probability of a fact into its confidence: a line between their log-odds."""

    slope: float = 1.0
    offset: float = 0.0

    def __call__(self, chance: float) -> float:
        """The confidence of a fact, in (0, 1); 0 and 1 are taken for the nearest that has log-odds."""
        kept = min(max(chance, 1e-9), 1 - 1e-9)
        return 1 / (1 + math.exp(-self.slope * math.log(kept / (1 - kept)) - self.offset))


@dataclass(frozen=True, slots=True)
class Least:
    """Least probabilities of the facts of one document.

    Attributes:
        usual: of a fact.
        alone: of the likeliest one, where no fact reaches `usual`.
    """

    usual: float
    alone: float


@dataclass(frozen=True, slots=True)
class Models:
    """All that is learned of a language.

    Attributes:
        words: action or slot -> linear model over the tokens of a clause or candidate.
        gate: does a clause state an action? One forest for all actions.
        slots: slot -> forest over its candidates.
        tuples: is a combination of slots a fact of the document?
        threshold: least probability of a fact.
        judge: does a document state anything?
        sureness: least probability of that.
        calibration: what a fact's probability is worth, see `extract.train.calibrated`.
        features: fingerprint of the features that the forests were grown on.
        correctors: second readers of the texts, by the names of what they began as; kept in files.
    """

    words: Mapping[str, Linear]
    gate: Forest
    slots: Mapping[str, Forest]
    tuples: Forest
    threshold: float
    judge: Judge
    sureness: float
    calibration: Calibration = Calibration()
    features: str = ""
    correctors: Mapping[str, Corrector] = field(default_factory=dict)

    def sure(self, document: Sequence[float]) -> float:
        """Least probability that a document with these features states anything; a brief one needs less.

        Its one or two statements do not make the judge as sure as a page's do: of 177 annotated English texts
        of less than 400 code points those without a fact have at most .985, all but six of the others more
        than .99.
        """
        brief = document[_LENGTH] < math.log1p(_BRIEF)
        return min(self.sureness, _SURE_OF_BRIEF) if brief else self.sureness

    def least(self, document: Sequence[float]) -> Least:
        """Least probabilities of facts in a document with these features.

        Infinite if it is not likely enough that the document states anything.
        """
        chance = self.judge.chance(document)
        if chance < self.sure(document):
            return Least(math.inf, math.inf)
        return Least(self.threshold, min(ALONE, self.threshold) if chance >= CERTAIN else self.threshold)

    def to_json(self, correctors: Mapping[str, str]) -> dict[str, Any]:
        """As plain JSON values; `correctors` are the digests of their files."""
        return {
            "features": self.features,
            "correctors": {
                name: {"digest": digest, "share": self.correctors[name].share}
                for name, digest in correctors.items()
            },
            "threshold": self.threshold,
            "judge": {"bias": self.judge.bias, "weights": list(self.judge.weights)},
            "sureness": self.sureness,
            "calibration": [self.calibration.slope, self.calibration.offset],
            "gate": self.gate.to_json(),
            "slots": {k: v.to_json() for k, v in self.slots.items()},
            "tuples": self.tuples.to_json(),
            "words": {
                k: {"bias": v.bias, "weights": dict(sorted(v.weights.items()))} for k, v in self.words.items()
            },
        }


def _read_judge(given: Mapping[str, Any]) -> Judge:
    weights = tuple(map(float, given["weights"]))
    if len(weights) != len(DOCUMENT_NAMES):
        raise ValueError(f"a judge of documents has {len(DOCUMENT_NAMES)} weights, not {len(weights)}")
    return Judge(float(given["bias"]), weights)


def _read_share(given: Mapping[str, Any]) -> float:
    if not 0 < (share := float(given["share"])) < math.inf:
        raise ValueError(f"a corrector's share is positive, not {share}")
    return share


def scorer_path(directory: Path, lang: Lang) -> Path:
    """Where the models of a language stand, save their correctors."""
    return directory / f"scorer_{lang}.json"


def corrector_path(directory: Path, name: str) -> Path:
    """Where a corrector stands; languages may share it."""
    return directory / f"corrector_{name}.npz"


def read_models(directory: Path, lang: Lang) -> Models:
    """Read the models of a language.

    Raises:
        DataError: a file is missing or not what `linkpolicy train` writes.
    """
    path = scorer_path(directory, lang)
    try:
        data = orjson.loads(path.read_bytes())
        return Models(
            words={k: Linear(v["bias"], v["weights"]) for k, v in data["words"].items()},
            gate=Forest.from_json(data["gate"]),
            slots={k: Forest.from_json(v) for k, v in data["slots"].items()},
            tuples=Forest.from_json(data["tuples"]),
            threshold=float(data["threshold"]),
            judge=_read_judge(data["judge"]),
            sureness=float(data["sureness"]),
            calibration=Calibration(*map(float, data["calibration"])),
            features=data["features"],
            correctors={
                name: read_corrector(corrector_path(directory, name), one["digest"], _read_share(one))
                for name, one in data["correctors"].items()
            },
        )
    except DataError:
        raise
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{path}: not a model file ({error})") from error


@functools.cache
def load_models(lang: Lang) -> Models:
    """The weights of a language that ship with the package, read once: most nights read one language."""
    return read_models(ROOT / "models", lang)


def rows(values: Iterable[Sequence[float]], width: int) -> Floats:
    """Stack feature rows into shape (n, width), n may be 0."""
    array = np.asarray(list(values), dtype=np.float64)
    return array.reshape(-1, width)
