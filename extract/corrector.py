"""A second reading of a text, which corrects what the forests think of it.

The forests judge a clause and the candidates of its slots by features that rules compute; what a sentence
means beyond them they cannot see. A small transformer reads the whole text, with the kinds of its mentions
marked, and adds to their log-odds: for each clause and action how much the wording speaks for it, for each
candidate how much it fits the clause. It also says whether the text states any policy at all. It was
trained on what forests said of documents they had not seen, so it only learns what they lack. A language
may have several of them, which began as different encoders: they err in different places, and what counts
is the mean of what they say, weighted by their shares. A language without any is read by the forests alone.
"""

from __future__ import annotations

import hashlib
import math
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from extract.candidates import DETAILS, SLOTS, Candidate
from extract.clauses import ACTIONS, Clause
from extract.graph import Array
from extract.reading import Place, Reading
from extract.records import Action
from extract.scorer import Floats, sigmoid
from extract.spelling import Pieces, Spelling
from extract.vocabulary import closed_values
from extract.weights import Corrector

CORRECTED = (*SLOTS, *DETAILS)
KINDS = ("service", "unknown", "surface", "target", "link", "block", "restrict", "allow", "context", "region",
         "reference", "date")  # fmt: skip
OTHERS = 5  # occurrences of a value looked at, besides the one that speaks for it
FARTHEST = 9  # location code
BUCKETS = 12  # of distance, before the clause's anchor and as many behind it
NOWHERE = 2 * BUCKETS  # bucket of what stands nowhere
KNOWN = closed_values()  # what is read by what it is, besides where it stands
UNKNOWN = len(KNOWN)  # number of all other values: services, dates, regions
# What the weights were trained with; others are refused.
CONVENTIONS = hashlib.sha256(
    repr((KINDS, CORRECTED, tuple(ACTIONS), BUCKETS, FARTHEST, OTHERS, KNOWN)).encode()
).hexdigest()[:12]
MOST_PIECES = 4000  # a longer text (some 16,000 characters) is read by the forests alone
_MOST_CHARACTERS = 16 * MOST_PIECES  # a longer one is not even spelt
LEAST = 1e-4  # probability that log-odds are taken of
SILENT = -5.0  # log-odds that a text states any policy; docs/decisions/extraction.md, point 83
_NUMBERS = {slot_and_value: number for number, slot_and_value in enumerate(KNOWN)}
_ROOT, _CUBE = np.float32(np.sqrt(2 / np.pi)), np.float32(0.044715)


@dataclass(frozen=True, slots=True)
class Span:
    """An occurrence of a candidate: its pieces and how far from the clause's anchor it stands."""

    first: int
    last: int
    bucket: int


@dataclass(frozen=True, slots=True)
class Marked:
    """A text as the encoder reads it: its pieces, and the kind of mention each is part of (0 for none)."""

    pieces: Pieces
    kinds: tuple[int, ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Pieces that touch [start, end) in code points; at least one."""
        first = bisect_right(self.pieces.ends, start)
        last = bisect_left(self.pieces.starts, end)
        if last <= first:
            first = min(first, len(self.pieces.starts) - 1)
            last = first + 1
        return first, last


def mark(reading: Reading, spelling: Spelling) -> Marked:
    """Spell a text and mark the pieces of its mentions; where mentions meet, the later kind counts."""
    pieces = spelling.spell(reading.plain)
    m = reading.mentions
    spans = [(x.start, x.end, "unknown" if x.unknown else "service") for x in m.services]
    for kind, found in (
        ("surface", m.surfaces), ("target", m.targets), ("link", m.links), ("context", m.contexts),
        ("region", m.regions), ("reference", m.references),
    ):  # fmt: skip
        spans += [(x.start, x.end, kind) for x in found]
    spans += [(x.start, x.end, x.value) for x in m.actions if x.value in KINDS]
    spans += [(d.start, d.end, "date") for d in reading.dates.values()]
    marked = Marked(pieces, ())
    kinds = [0] * len(pieces.ids)
    for start, end, kind in spans if kinds else ():
        first, last = marked.span(start, end)
        kinds[first:last] = [KINDS.index(kind) + 1] * (last - first)
    return Marked(pieces, tuple(kinds))


def spans_of(
    marked: Marked, places: Mapping[str, Sequence[Place]], anchor: float, candidate: Candidate
) -> list[Span]:
    """Where a candidate's value stands: the occurrence that speaks for it, then the nearest others."""
    if candidate.place is None:
        return []
    own = candidate.place.mention
    others = sorted(
        (abs(p.mention.middle - anchor), p.mention.start, p.mention.end)
        for p in places.get(candidate.value, ())
        if p.mention.start != own.start
    )
    found = [(own.start, own.end), *((start, end) for _, start, end in others[:OTHERS])]
    return [Span(*marked.span(a, b), _bucket((a + b) / 2 - anchor)) for a, b in found]


def number_of(slot: str, value: str) -> int:
    """Number of a slot's value among KNOWN, or UNKNOWN."""
    return _NUMBERS.get((slot, value), UNKNOWN)


def places_of(reading: Reading, slot: str) -> Mapping[str, Sequence[Place]]:
    """Every occurrence of the values that a slot may take."""
    match slot:
        case "platform":
            return reading.services
        case "surface":
            return reading.surfaces
        case "target":
            return {**reading.targets, **reading.services}
        case "date":
            return reading.starts
        case "until":
            return reading.ends
        case _:
            return reading.regions


def _bucket(distance: float) -> int:
    far = min(BUCKETS - 1, int(math.log2(1 + abs(distance) / 8) * 1.5))
    return far + BUCKETS * (distance > 0)


def read_again(
    reading: Reading, correctors: Collection[Corrector], clauses: Sequence[Clause]
) -> SecondReading | None:
    """Read a text a second time; None if nobody does or it is too long for that.

    If the first corrector is sure that the text states nothing, the others, which take longer, are not asked.
    """
    if not correctors or len(reading.plain) > _MOST_CHARACTERS:
        return None
    spelt = [(mark(reading, corrector.encoder.spelling), corrector) for corrector in correctors]
    if not all(0 < len(marked.kinds) <= MOST_PIECES for marked, _ in spelt):
        return None
    (marked, corrector), *others = spelt
    first = Opinion(reading, marked, corrector, clauses)
    if first.document < SILENT:
        return SecondReading([first])
    return SecondReading([first, *(Opinion(reading, m, c, clauses) for m, c in others)])


def log_odds(chances: Floats) -> Floats:
    """Of probabilities, cut off at LEAST and 1 - LEAST."""
    kept = np.clip(chances, LEAST, 1 - LEAST)
    return np.asarray(np.log(kept / (1 - kept)), dtype=np.float64)


def gelu(x: Array) -> Array:
    """Gaussian error linear unit, by its tanh form (within .001 of the exact one)."""
    return np.asarray(x * (1 + np.tanh(_ROOT * (x + _CUBE * x * x * x))) * np.float32(0.5), np.float32)


class Opinion:
    """What one corrector makes of one text."""

    def __init__(
        self, reading: Reading, marked: Marked, corrector: Corrector, clauses: Sequence[Clause]
    ) -> None:
        self.reading, self.marked = reading, marked
        self.heads, self.share = corrector.heads, corrector.share
        states = corrector.encoder.states(marked.pieces.ids, marked.kinds)
        sums = states.cumsum(axis=0, dtype=np.float64)
        self.sums = np.concatenate([np.zeros((1, states.shape[1])), sums])
        self.of_clause = {c.index: i for i, c in enumerate(clauses)}
        attention = states @ self.heads["query"].T
        views = []
        for clause in clauses:
            first, last = self.marked.span(clause.start, clause.end)
            weights = np.exp(_from_the_highest(attention[first:last]))
            focus = (weights / weights.sum(axis=0)).T @ states[first:last]
            views.append(np.concatenate([focus, np.tile(self._mean(first, last), (len(ACTIONS), 1))], axis=1))
        self.views = np.asarray(views, dtype=np.float32)  # (clauses, actions, 2 * width)
        self.document = self._document(states)

    def _mean(self, first: int, last: int) -> Array:
        return np.asarray((self.sums[last] - self.sums[first]) / (last - first), dtype=np.float32)

    def _document(self, states: Array) -> float:
        """Log-odds that the text, shape (n, width), states any policy."""
        h = self.heads
        weights = np.exp(_from_the_highest(states @ h["document_query"].T))
        focus = (weights / weights.sum(axis=0)).T @ states
        seen = np.concatenate([focus.ravel(), states.mean(axis=0)])
        inner = gelu(h["document_inner"] @ seen + h["document_inner_bias"])
        return float(inner @ h["document_outer"] + h["document_outer_bias"][0])

    def gate(self, odds: Floats) -> Floats:
        """Log-odds of every clause and action, corrected; shape (clauses * actions,) both."""
        h = self.heads
        inner = gelu(self.views @ h["gate_inner"].T + h["gate_inner_bias"] + h["gate_action"])
        added = (inner * h["gate_outer"]).sum(axis=-1) + h["gate_outer_bias"]
        return np.asarray(odds.reshape(-1, len(ACTIONS)) * h["gate_trust"] + added, np.float64).ravel()

    def slot(
        self,
        slot: str,
        statements: Sequence[tuple[Clause, Action]],
        pools: Sequence[Sequence[Candidate]],
        odds: Floats,
    ) -> Floats:
        """Log-odds of all candidates of a slot, statement after statement, corrected; shape (n,) both."""
        k, h = CORRECTED.index(slot), self.heads
        values: dict[tuple[tuple[int, int] | None, int], int] = {}  # occurrence and value -> its row
        pairs: list[tuple[int, int, int, int]] = []  # statement, row of the value, bucket, candidate
        places: list[int] = []
        named = places_of(self.reading, slot)
        for i, ((clause, action), pool) in enumerate(zip(statements, pools, strict=True)):
            anchor = clause.anchor[ACTIONS.index(action)]
            for candidate in pool:
                value = number_of(slot, candidate.value)
                spans: Sequence[Span | None] = spans_of(self.marked, named, anchor, candidate) or [None]
                for found in spans:
                    span = None if found is None else (found.first, found.last)
                    row = values.setdefault((span, value), len(values))
                    pairs.append((i, row, NOWHERE if found is None else found.bucket, len(places)))
                places.append(min(candidate.loc, FARTHEST))
        if not places:
            return odds
        at, row_of, bucket_of, owner = np.asarray(pairs).T
        views = np.asarray([self.views[self.of_clause[c.index], ACTIONS.index(a)] for c, a in statements])
        actions = [ACTIONS.index(action) for _, action in statements]
        clear = views @ h["slot_clause"][k] + h["slot_bias"][k] + h["slot_action"][k, actions]
        means = [h["slot_default"][k] if span is None else self._mean(*span) for span, _ in values]
        states = np.asarray(means) + _and_zeros(h["slot_known"])[[value for _, value in values]]
        distances = _and_zeros(h["slot_distance"][k])
        inner = gelu(clear[at] + (states @ h["slot_value"][k])[row_of] + distances[bucket_of])
        met = (views @ h["slot_meet_clause"][k])[at] * (states @ h["slot_meet_value"][k])[row_of]
        fits = inner @ h["slot_outer"][k] + met.sum(axis=-1) / np.float32(met.shape[-1] ** 0.5)
        trusted = odds * float(h["slot_trust"][k]) + float(h["slot_base"][k])
        return trusted + _mean_in_odds(fits, owner, len(places)) + h["slot_location"][k, places]


class SecondReading:
    """What the correctors of a language, taken together, make of one text: the mean of their log-odds."""

    def __init__(self, opinions: Sequence[Opinion]) -> None:
        self.opinions = opinions
        self.shares = [opinion.share for opinion in opinions]

    def gate(self, chances: Floats) -> Floats:
        """Probabilities of every clause and action, corrected; shape (clauses * actions,) both."""
        odds = log_odds(chances)
        return self._chances([opinion.gate(odds) for opinion in self.opinions])

    def document(self) -> float:
        """Log-odds that the text states any policy."""
        return round(
            float(np.average([opinion.document for opinion in self.opinions], weights=self.shares)), 3
        )

    def slot(
        self,
        slot: str,
        statements: Sequence[tuple[Clause, Action]],
        pools: Sequence[Sequence[Candidate]],
        chances: Floats,
    ) -> Floats:
        """Probabilities of all candidates of a slot, statement after statement, corrected; shape (n,)."""
        odds = log_odds(chances)
        return self._chances([opinion.slot(slot, statements, pools, odds) for opinion in self.opinions])

    def _chances(self, odds: Sequence[Floats]) -> Floats:
        """Probabilities, of mean log-odds rounded to what does not depend on the order of sums."""
        mean = np.average(odds, axis=0, weights=self.shares)
        return sigmoid(np.asarray(mean.round(3), np.float64))


def _and_zeros(table: Array) -> Array:
    """A table with a row of zeros at its end."""
    return np.concatenate([table, np.zeros_like(table[:1])])


def _from_the_highest(attention: Array) -> Array:
    """Attention of shape (n, queries), which thus cannot overflow."""
    return np.asarray(attention - attention.max(axis=0))


def _mean_in_odds(fits: Array, owner: NDArray[np.int64], n: int) -> Floats:
    """For each of n candidates the logarithm of the mean of exp(fit) over its occurrences."""
    grown = np.exp(fits.astype(np.float64))  # a fit is a few units: nothing overflows
    return np.asarray(
        np.log(np.bincount(owner, grown, n) / np.bincount(owner, minlength=n)), dtype=np.float64
    )
