"""Where to cut: the least probability of a fact, the least that a document states any, and what is sure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from extract.scorer import Calibration

SHARE_OF_BEST = 0.998  # F1 is flat around its best cut; a higher one gives fewer facts, more of them right
# What silence may cost: a false alert is worse than a late one.
SHARE_OF_BEST_DOCUMENTS = 0.99
MOST_TELLING = 0.06  # share of documents without a fact that may give one, whatever it costs
LEAST_KEPT = 0.9  # share of documents with facts that must still give some, whatever the silent ones do
_JUST_ABOVE = 1e-6
# Whoever acts on facts of this confidence alone may count on so many of them. What is exactly as sure as it
# says is right .87 of the time above .8, for most of it is little above.
SURE = 0.8
RIGHT_IF_SURE = 0.91


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


def best_threshold(
    pairs: Sequence[tuple[float, bool, float]], needed: float, share: float = SHARE_OF_BEST
) -> tuple[float, float]:
    """The highest threshold whose F1 is all but the best, with its F1.

    Args:
        pairs: (probability, right, weight) of each proposal or document.
        needed: weight of all required facts, or of the documents that state some.
        share: of the best F1 that is enough.
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
    return next(((chance, f1) for chance, f1 in cuts if f1 >= share * best), (0.5, 0.0))


def fact_threshold(outcomes: Sequence[Outcome]) -> float:
    """The least probability of a fact, see `best_threshold`."""
    pairs = [(chance, right, o.weight) for o in outcomes for chance, right in o.chances]
    return best_threshold(pairs, sum(o.needed * o.weight for o in outcomes))[0]


def document_threshold(outcomes: Sequence[Outcome], threshold: float) -> float:
    """The least probability of stating anything of a document that gives facts.

    It is the highest whose document F1 is all but the best, and so high that few silent documents tell.

    Args:
        outcomes: of documents with and without required facts.
        threshold: of a single fact.
    """
    clear = [o for o in outcomes if not o.doubtful]
    silent = sum(not o.needed for o in clear)
    telling = sorted((o.states for o in clear if not o.needed and o.tells(threshold)), reverse=True)
    allowed = int(MOST_TELLING * silent)
    if not telling:
        return 0.0
    stating = sorted(o.states for o in outcomes if o.needed and o.tells(threshold))
    most = stating[int((1 - LEAST_KEPT) * len(stating))] if stating else 1.0
    pairs = [(o.states, o.needed > 0, 1.0) for o in clear if o.tells(threshold)]
    best, _ = best_threshold(pairs, len(clear) - silent, SHARE_OF_BEST_DOCUMENTS)
    quiet = telling[allowed] + _JUST_ABOVE if len(telling) > allowed else 0.0
    return min(max(quiet, best), most)


def on_the_safe_side(line: Calibration, facts: Sequence[tuple[float, bool]]) -> Calibration:
    """A line made flatter, until enough of the facts that it is sure of are right.

    Args:
        line: from probabilities to confidences.
        facts: probability of each fact, and whether it is right.
    """
    right, cut = 0, 1.0 if facts else 0.0
    for n, (chance, ok) in enumerate(sorted(facts, key=lambda f: -f[0]), start=1):
        right += ok
        if right >= RIGHT_IF_SURE * n:
            cut = chance
    if cut <= 0.5 or line(cut) <= SURE:
        return line
    cut = min(cut, 1 - 1e-9)
    slope = (math.log(SURE / (1 - SURE)) - line.offset) / math.log(cut / (1 - cut))
    return replace(line, slope=max(0.0, slope))
