"""Where to cut: the least probability of a fact, and of the likeliest fact of a document that has any."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

SHARE_OF_BEST = 0.99  # F1 is flat around its best cut; a higher one gives fewer facts, more of them right
# What may be given up of documents found for fewer that state nothing and give a fact: a false alert is worse
# than a late one.
SHARE_OF_DOCUMENTS = 0.985


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was predicted for a document that the models had not seen.

    Attributes:
        chances: probability of each proposal, and whether it is a required fact.
        needed: number of required facts.
        weight: of the document.
    """

    chances: tuple[tuple[float, bool], ...]
    needed: int
    weight: float

    @property
    def best(self) -> float:
        """Probability of the likeliest proposal, 0 if there is none."""
        return max((chance for chance, _ in self.chances), default=0.0)


def best_threshold(pairs: Sequence[tuple[float, bool, float]], needed: float) -> tuple[float, float]:
    """The highest threshold whose F1 is within one per cent of the best, with its F1.

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
    """The least probability that the likeliest fact of a document must have for it to give any.

    It is raised as long as neither the F1 of facts nor that of documents falls below its share of what it is
    without: documents that state nothing rarely give a sure fact, and a false alert is worse than a late one.

    Args:
        outcomes: of documents with and without required facts.
        threshold: of a single fact.
    """
    cuts = sorted({threshold, *(o.best for o in outcomes if o.best > threshold)})
    scores = [_scores(outcomes, threshold, cut) for cut in cuts]
    least_facts, least_documents = SHARE_OF_BEST * scores[0][0], SHARE_OF_DOCUMENTS * scores[0][1]
    fits = [facts >= least_facts and documents >= least_documents for facts, documents in scores]
    return cuts[(fits.index(False) if False in fits else len(cuts)) - 1]


def _scores(outcomes: Sequence[Outcome], threshold: float, cut: float) -> tuple[float, float]:
    """F1 of facts and of documents."""
    right = taken = found = told = 0.0
    for o in outcomes:
        chosen = [ok for chance, ok in o.chances if chance >= threshold and o.best >= cut]
        right += o.weight * sum(chosen)
        taken += o.weight * len(chosen)
        told += o.weight * bool(chosen)
        found += o.weight * bool(chosen and o.needed)
    needed = sum(o.weight * o.needed for o in outcomes)
    stating = sum(o.weight * bool(o.needed) for o in outcomes)
    return 2 * right / max(1e-9, taken + needed), 2 * found / max(1e-9, told + stating)
