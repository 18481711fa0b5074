"""Where to cut: the least probability of a fact, and the least that a document states any."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

SHARE_OF_BEST = 0.998  # F1 is flat around its best cut; a higher one gives fewer facts, more of them right
# Share of documents without a fact that may give one: a false alert is worse than a late one.
MOST_TELLING = 0.03
LEAST_KEPT = 0.9  # share of documents with facts that must still give some, whatever the silent ones do
_JUST_ABOVE = 1e-6


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was predicted for a document that the models had not seen.

    Attributes:
        chances: probability of each proposal, and whether it is a required fact.
        needed: number of required facts.
        weight: of the document.
        row: the document's features.
        states: probability that it states anything.
        doubtful: whether it has only facts on which careful readers differ.
    """

    chances: tuple[tuple[float, bool], ...]
    needed: int
    weight: float
    row: tuple[float, ...] = ()
    states: float = 1.0
    doubtful: bool = False

    def tells(self, threshold: float) -> bool:
        """Whether any proposal is likely enough."""
        return any(chance >= threshold for chance, _ in self.chances)


def best_threshold(pairs: Sequence[tuple[float, bool, float]], needed: float) -> tuple[float, float]:
    """The highest threshold whose F1 is all but the best, with its F1.

    Args:
        pairs: (probability, right, weight) of each proposal.
        needed: weight of all required facts.
    """
    cuts: list[tuple[float, float]] = []
    right = taken = 0.0
    ordered = sorted(pairs, key=lambda p: -p[0])
    for n, (chance, ok, weight) in enumerate(ordered, start=1):
        right += weight * ok
        taken += weight
        if n == len(ordered) or ordered[n][0] < chance:
            cuts.append((chance, 2 * right / (taken + needed)))
    best = max((f1 for _, f1 in cuts), default=0.0)
    return next(((chance, f1) for chance, f1 in cuts if f1 >= SHARE_OF_BEST * best), (0.5, 0.0))


def fact_threshold(outcomes: Sequence[Outcome]) -> float:
    """The least probability of a fact, see `best_threshold`."""
    pairs = [(chance, right, o.weight) for o in outcomes for chance, right in o.chances]
    return best_threshold(pairs, sum(o.needed * o.weight for o in outcomes))[0]


def document_threshold(outcomes: Sequence[Outcome], threshold: float) -> float:
    """The least probability of stating anything at which few documents without a fact give one.

    Args:
        outcomes: of documents with and without required facts.
        threshold: of a single fact.
    """
    silent = [o for o in outcomes if not o.needed and not o.doubtful]
    telling = sorted((o.states for o in silent if o.tells(threshold)), reverse=True)
    allowed = int(MOST_TELLING * len(silent))
    if len(telling) <= allowed:
        return 0.0
    stating = sorted(o.states for o in outcomes if o.needed and o.tells(threshold))
    most = stating[int((1 - LEAST_KEPT) * len(stating))] if stating else 1.0
    return min(telling[allowed] + _JUST_ABOVE, most)
