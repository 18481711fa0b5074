"""Annotated documents as training material: features with labels, one sample a document."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from extract.candidates import DETAILS, SLOTS, Candidate
from extract.clauses import ACTIONS, Clause, gather_clauses
from extract.corrector import log_odds
from extract.events import GATE_WIDTH, SLOT_WIDTH, Scorers, text_clauses
from extract.gold import Annotated, GoldFact
from extract.reading import Place, Reading, read
from extract.records import Action
from extract.scorer import Floats, rows
from extract.slots import SlotFeatures
from extract.statements import GateFeatures

# Share of services that training documents are read without: the gazetteer was written with most of them at
# hand, and lacks 5 to 15% of the platforms of others.
HIDDEN = 0.12


@dataclass(slots=True)
class SlotSample:
    """Candidates of one slot, over all statements of a document.

    Attributes:
        statements: of each candidate, the index of its clause in `Sample.eligible` and of its action.
    """

    candidates: list[Candidate] = field(default_factory=list)
    statements: list[tuple[int, int]] = field(default_factory=list)
    labels: list[float] = field(default_factory=list)


@dataclass(slots=True)
class Sample:
    """One document's training material, computed once.

    Attributes:
        bags: tokens of each eligible clause.
        gate_dense, gate_labels: one entry per clause and action; a label is 1, 0 or nan (left out).
    """

    gold: Annotated
    reading: Reading
    eligible: list[Clause]
    bags: list[list[str]] = field(default_factory=list)
    gate_dense: list[list[float]] = field(default_factory=list)
    gate_labels: list[float] = field(default_factory=list)
    slots: dict[str, SlotSample] = field(
        default_factory=lambda: {slot: SlotSample() for slot in (*SLOTS, *DETAILS)}
    )


@dataclass(frozen=True, slots=True)
class Odds:
    """What forests say of a sample: log-odds in the order of its labels."""

    gate: Floats
    slots: Mapping[str, Floats]


def odds_of(sample: Sample, models: Scorers) -> Odds:
    """Log-odds of a sample's clauses and candidates by forests alone."""
    words = [models.words.get(action) for action in ACTIONS]
    gate = [
        (*sample.gate_dense[i * len(ACTIONS) + j], model.score(bag) if model else 0.0)
        for i, bag in enumerate(sample.bags)
        for j, model in enumerate(words)
    ]
    slots = {}
    for slot, found in sample.slots.items():
        model = models.words.get(slot)
        matrix = rows(((*c.row, model.score(c.bag) if model else 0.0) for c in found.candidates), SLOT_WIDTH)
        slots[slot] = log_odds(models.slots[slot].probability(matrix))
    return Odds(log_odds(models.gate.probability(rows(gate, GATE_WIDTH))), slots)


def _overlap(a: int, b: int, c: int, d: int) -> int:
    return max(0, min(b, d) - max(a, c))


def _affinity(reading: Reading, clause: Clause, fact: GoldFact) -> float:
    """How much of a fact stands in a clause; decides which clause of a long evidence states it."""

    def inside(places: Mapping[str, Sequence[Place]], value: str) -> bool:
        return any(p.clause == clause.index for p in places.get(value, ()))

    score = 1.0 * any(m.value == fact.action for m in clause.cues) + 0.3 * bool(clause.links)
    score += 0.8 * inside(reading.surfaces, fact.surface) + 0.4 * inside(reading.services, fact.platform)
    return score + 1.2 * (inside(reading.services, fact.target) or inside(reading.targets, fact.target))


def assign(reading: Reading, clauses: Sequence[Clause], fact: GoldFact) -> tuple[set[int], set[int]]:
    """Clauses that state a fact, and those its evidence merely touches.

    Returns:
        Two sets of clause indices: stating (the best ones inside the evidence), touched (all others).
    """
    start = reading.full.find(fact.evidence, reading.offset)
    if start < 0:
        return set(), set()
    end = start + len(fact.evidence)
    inside = []
    for clause in clauses:
        overlap = _overlap(start, end, clause.start, clause.end)
        if overlap >= 0.5 * (clause.end - clause.start) or overlap >= 0.5 * (end - start):
            inside.append(clause)
    if not inside:
        return set(), set()
    scored = [(_affinity(reading, c, fact), c.index) for c in inside]
    top = max(s for s, _ in scored)
    stating = {index for s, index in scored if s >= top - 0.01}
    stating = {min(stating)} if len(stating) > 1 else stating
    return stating, {c.index for c in inside} - stating


def _unknown_in(document: str) -> Callable[[str], bool]:
    """Says which services a training document is read without, so that unknown names are learnt from too."""

    def hidden(slug: str) -> bool:
        return hashlib.sha256(f"{document} {slug}".encode()).digest()[0] < HIDDEN * 256

    return hidden


def prepare(gold: Annotated) -> Sample:
    """Compute features and labels of one document, some of whose services are hidden from the gazetteer."""
    reading = read(gold.document, _unknown_in(gold.document.id))
    clauses = gather_clauses(reading)
    eligible = text_clauses(reading, clauses)
    stating, unclear = _assignments(reading, eligible, gold.facts)
    features = GateFeatures(reading, clauses)
    slots = SlotFeatures(reading, clauses)
    sample = Sample(gold, reading, eligible)
    for i, clause in enumerate(eligible):
        sample.bags.append(features.bag(clause))
        for j, (action, row) in enumerate(zip(ACTIONS, features.rows(clause), strict=True)):
            facts = stating.get((clause.index, action), [])
            required = [f for f in facts if not f.optional]
            doubtful = bool(facts) or (clause.index, action) in unclear
            sample.gate_dense.append(row)
            sample.gate_labels.append(1.0 if required else math.nan if doubtful else 0.0)
            for slot in (*SLOTS, *DETAILS) if required else ():
                _label(sample.slots[slot], slot, slots.slot(clause, action, slot), (i, j), facts)
    return sample


def _assignments(
    reading: Reading, eligible: Sequence[Clause], facts: Sequence[GoldFact]
) -> tuple[dict[tuple[int, Action], list[GoldFact]], set[tuple[int, Action]]]:
    """Facts by the clause and action that state them, and clauses that may or may not state an action."""
    stating: dict[tuple[int, Action], list[GoldFact]] = {}
    unclear: set[tuple[int, Action]] = set()
    for fact in facts:
        sure, touched = assign(reading, eligible, fact)
        for index in sure:
            stating.setdefault((index, fact.action), []).append(fact)
        unclear |= {(index, fact.action) for index in touched}
    return stating, unclear


def _label(
    sample: SlotSample, slot: str, pool: Sequence[Candidate], at: tuple[int, int], facts: Sequence[GoldFact]
) -> None:
    """Add the candidates of one slot; values that only an optional fact has are left out."""
    values = {f.slot(slot) for f in facts if not f.optional}
    doubtful = {f.slot(slot) for f in facts} - values
    for candidate in pool:
        if candidate.value not in doubtful:
            sample.candidates.append(candidate)
            sample.statements.append(at)
            sample.labels.append(float(candidate.value in values))
