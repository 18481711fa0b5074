"""Events: clauses that probably state an action, with ranked choices for each slot."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from extract.candidates import DETAILS, NONE, SLOT_NAMES, SLOTS, Candidate
from extract.clauses import ACTIONS, Clause, Index, gather_clauses
from extract.corrector import SecondReading, read_again
from extract.dates import DateRole
from extract.mentions import overlap
from extract.reading import Reading
from extract.records import Action, Lang
from extract.scorer import Floats, Linear, rows
from extract.slots import SlotFeatures
from extract.statements import GATE_NAMES, GateFeatures
from extract.weights import Corrector

GATE_FLOOR = 0.15  # events below it gave 1% of the right facts in cross-validation, and 3% of the wrong ones
# A text without any likelier clause is not read a second time (docs/decisions/extraction.md, point 79).
HOPELESS = {Lang.EN: 0.08, Lang.ZH: 0.2}
MOST_EVENTS = 24
MOST_MEMBERS = 12
_KEPT = {"platform": 3, "surface": 5, "target": 7, **dict.fromkeys(DETAILS, 2)}
_SLOT_FLOOR = 0.04
# Having no date must be this much likelier than the likeliest date (docs/decisions/extraction.md, point 82).
_UNDATED = 2.0


class Classifier(Protocol):
    """Anything that gives probabilities for feature rows."""

    def probability(self, rows: Floats) -> Floats:
        """Probabilities, shape (n,), for rows of shape (n, features)."""


class Scorers(Protocol):
    """The parts of the models that are needed up to the tuples."""

    @property
    def words(self) -> Mapping[str, Linear]:
        """Action or slot -> linear model."""

    @property
    def gate(self) -> Classifier:
        """Gate over clauses and actions."""

    @property
    def slots(self) -> Mapping[str, Classifier]:
        """One ranker a slot."""

    @property
    def correctors(self) -> Mapping[str, Corrector]:
        """What corrects the gate and the rankers, by the names of what they began as."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A candidate with its probability and its rank in the slot (0 is best)."""

    candidate: Candidate
    probability: float
    rank: int


@dataclass(frozen=True, slots=True)
class Event:
    """A clause that probably states an action, with ranked choices for each slot."""

    clause: Clause
    action: Action
    probability: float
    choices: Mapping[str, tuple[Choice, ...]]


_UNKNOWN_DAY = (Choice(Candidate(NONE, None, 9, (), ()), 1.0, 0),)
Details = Mapping[str, tuple[Choice, ...]]  # ranked values of date, until and region

GATE_WIDTH = len(GATE_NAMES) + 1  # and the word model's score
SLOT_WIDTH = len(SLOT_NAMES) + 1


def text_clauses(reading: Reading, clauses: Sequence[Clause]) -> list[Clause]:
    """Clauses in which evidence may stand (not the title's)."""
    return [c for c in clauses if c.start >= reading.offset]


def speaking_clauses(reading: Reading, clauses: Iterable[Clause]) -> list[Clause]:
    """Clauses of sentences that name a service, place, target or link, or refer back to one.

    "The museum opens on Monday", in a report on links, states nothing. Of 3126 annotated facts 42 stand in
    such a sentence; of the facts found in cross-validation 2 right and 8 wrong ones did.
    """
    m = reading.mentions
    named = [Index(found) for found in (m.services, m.surfaces, m.targets, m.links, m.references)]
    spans = ((c, reading.layout.sentences[c.sentence]) for c in clauses)
    return [c for c, s in spans if any(index.count(s.start, s.end) for index in named)]


class Ranker:
    """Finds the events of a reading and ranks the values of their slots."""

    def __init__(self, reading: Reading, models: Scorers) -> None:
        self.reading, self.models = reading, models
        self.clauses = gather_clauses(reading)
        self.slots = SlotFeatures(reading, self.clauses)
        self.second: SecondReading | None = None

    def events(self) -> list[Event]:
        """Events above the gate's floor, at most MOST_EVENTS, in text order."""
        eligible = speaking_clauses(self.reading, text_clauses(self.reading, self.clauses))
        matrix = gate_rows(self.reading, self.clauses, eligible, self.models.words)
        found = self.models.gate.probability(matrix)
        if max(found, default=0.0) >= HOPELESS[self.reading.document.lang]:
            self.second = read_again(self.reading, self.models.correctors.values(), eligible)
        if self.second is not None:
            found = self.second.gate(found)
        chances = iter(found.tolist())
        scored = [(next(chances), clause, action) for clause in eligible for action in ACTIONS]
        likely = sorted((s for s in scored if s[0] >= GATE_FLOOR), key=lambda s: (-s[0], s[1].index, s[2]))
        kept = sorted(likely[:MOST_EVENTS], key=lambda s: (s[1].index, s[2]))
        statements = [(clause, action) for _, clause, action in kept]
        choices = {slot: self._rank(slot, statements) for slot in SLOTS}
        return [
            Event(clause, action, chance, {slot: choices[slot][i] for slot in SLOTS})
            for i, (chance, clause, action) in enumerate(kept)
        ]

    def details(self, events: Sequence[Event]) -> list[Details]:
        """The ranked dates and regions of events that this ranker found, in their order."""
        statements = [(e.clause, e.action) for e in events]
        choices = {slot: self._rank(slot, statements) for slot in DETAILS}
        choices["date"] = [
            _UNKNOWN_DAY if self._begins_some_day(e.clause) else dated(ranked)
            for e, ranked in zip(events, choices["date"], strict=True)
        ]
        return [{slot: choices[slot][i] for slot in DETAILS} for i in range(len(events))]

    def _begins_some_day(self, clause: Clause) -> bool:
        """Whether the only beginning that the clause names is one that nobody can work out ("from today")."""
        told = [
            d for start, d in self.reading.dates.items()
            if clause.start <= start < clause.end and d.role is DateRole.FROM
        ]  # fmt: skip
        return bool(told) and all(d.value is None for d in told)

    def document(self) -> float:
        """Log-odds by the second reading that the document states any policy; 0 if there was none."""
        return self.second.document() if self.second is not None else 0.0

    def _rank(self, slot: str, statements: Sequence[tuple[Clause, Action]]) -> list[tuple[Choice, ...]]:
        """Rank the candidates of each statement, scored in one batch."""
        words = self.models.words.get(slot)
        pools = [self.slots.slot(clause, action, slot) for clause, action in statements]
        matrix = rows(
            ((*c.row, words.score(c.bag) if words else 0.0) for pool in pools for c in pool), SLOT_WIDTH
        )
        found = self.models.slots[slot].probability(matrix)
        if self.second is not None:
            found = self.second.slot(slot, statements, pools, found)
        chances = found.tolist()
        ranked, at = [], 0
        for pool in pools:
            ranked.append(_rank(pool, chances[at : at + len(pool)], _KEPT[slot]))
            at += len(pool)
        return ranked


def find_events(reading: Reading, models: Scorers) -> tuple[list[Event], float]:
    """Events of a reading, without their details, and what the second reading says of the document."""
    ranker = Ranker(reading, models)
    return ranker.events(), ranker.document()


def dated(ranked: tuple[Choice, ...]) -> tuple[Choice, ...]:
    """The likeliest date before having none, unless that is much likelier."""
    if len(ranked) < 2 or ranked[0].candidate.value != NONE:
        return ranked
    none, best, *others = ranked
    if best.probability * _UNDATED < none.probability:
        return ranked
    return (replace(best, rank=0), replace(none, rank=1), *others)


def gate_rows(
    reading: Reading, clauses: Sequence[Clause], eligible: Sequence[Clause], words: Mapping[str, Linear]
) -> Floats:
    """Gate rows of the eligible clauses only; neighbours are looked up among all clauses."""
    features = GateFeatures(reading, clauses)
    out = []
    for clause in eligible:
        bag = features.bag(clause)
        for action, row in zip(ACTIONS, features.rows(clause), strict=True):
            model = words.get(action)
            out.append([*row, model.score(bag) if model else 0.0])
    return rows(out, GATE_WIDTH)


def _rank(pool: Sequence[Candidate], chances: Sequence[float], most: int) -> tuple[Choice, ...]:
    """The best groups of candidates; members of one coordination share their mean and their rank."""
    groups: dict[object, list[int]] = {}
    for i, candidate in enumerate(pool):
        groups.setdefault(_group_key(candidate, groups, pool), []).append(i)
    means = sorted(
        ((sum(chances[i] for i in members) / len(members), members) for members in groups.values()),
        key=lambda g: (-g[0], g[1]),
    )
    kept = [
        Choice(pool[i], chance, rank)
        for rank, (chance, members) in enumerate(means[:most])
        for i in members[:MOST_MEMBERS]
    ]
    return tuple(c for c in kept if c.probability >= _SLOT_FLOOR or c.rank == 0)


def _group_key(
    candidate: Candidate, groups: Mapping[object, Sequence[int]], pool: Sequence[Candidate]
) -> object:
    """The coordination of a candidate; two readings of the same words are rivals, not members of one."""
    place = candidate.place
    if place is None:
        return candidate.value
    for i in groups.get(place.group, ()):
        other = pool[i].place
        if other is not None and overlap(other.mention, place.mention):
            return candidate.value
    return place.group
