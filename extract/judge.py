"""The judge of documents: a logistic model over features that `extract.documents` computes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

BEST = 3  # facts and statements whose probabilities count by themselves
DOCUMENT_NAMES = (
    *(f"fact_{n + 1}" for n in range(BEST)), "facts", *(f"statement_{n + 1}" for n in range(BEST)),
    "statements", "events", "length", "services", "links", "cues", "notice", "second",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Judge:
    """A logistic model over the features of a document, in the order of DOCUMENT_NAMES."""

    bias: float
    weights: tuple[float, ...]

    def chance(self, row: Sequence[float]) -> float:
        """Probability that the document states a policy."""
        odds = self.bias + sum(w * x for w, x in zip(self.weights, row, strict=True))
        return 1 / (1 + math.exp(-max(-50.0, min(50.0, odds))))
