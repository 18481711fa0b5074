"""From a reading to scored tuples: gate each clause and action, rank each slot, combine, score the combinations."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from extract.candidates import ACTIONS, DETAILS, GATE_NAMES, SLOT_NAMES, SLOTS, Candidate, Clause, GateFeatures, SlotFeatures, gather_clauses, tokens
from extract.layout import BlockKind
from extract.reading import Place, Reading
from extract.records import Action, Kind, Lang
from extract.scorer import Floats, Linear, rows

GATE_FLOOR = 0.06  # below it an event is never part of a fact above the threshold (measured)
MOST_EVENTS = 24
MOST_MEMBERS = 12
PRODUCT_FLOOR = 0.004  # combinations less likely than this are not worth scoring
_KEPT = {"platform": 3, "surface": 5, "target": 7, **dict.fromkeys(DETAILS, 2)}
_SLOT_FLOOR = 0.04


class Classifier(Protocol):
    """Anything that gives probabilities for feature rows."""

    def probability(self, rows: Floats) -> Floats:
        """Probabilities, shape (n,), for rows of shape (n, features)."""


class Scorers(Protocol):
    """The parts of the models that are needed up to the tuples."""

    @property
    def words(self) -> Mapping[str, Linear]:
        """(language, action) -> linear model."""

    @property
    def gate(self) -> Classifier:
        """Gate over clauses and actions."""

    @property
    def slots(self) -> Mapping[str, Classifier]:
        """One ranker a slot."""


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
    row: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Key:
    """The core of a fact."""

    platform: str
    surface: str
    target: str
    action: Action


@dataclass(frozen=True, slots=True)
class Proposal:
    """A combination of slot values, with its best event and its features.

    Attributes:
        choices: platform, surface and target choice of the best event.
    """

    key: Key
    event: Event
    choices: tuple[Choice, Choice, Choice]
    row: tuple[float, ...]


GATE_WIDTH = len(GATE_NAMES) + 1


def text_clauses(reading: Reading, clauses: Sequence[Clause]) -> list[Clause]:
    """Clauses in which evidence may stand (not the title's)."""
    return [c for c in clauses if c.start >= reading.offset]


def find_events(reading: Reading, models: Scorers) -> list[Event]:
    """Events above the gate's floor, at most MOST_EVENTS, in text order."""
    clauses = gather_clauses(reading)
    eligible = text_clauses(reading, clauses)
    gate = gate_rows(reading, clauses, eligible, models.words)
    probabilities = models.gate.probability(gate)
    scored = [
        (float(probabilities[i * len(ACTIONS) + j]), clause, action, i * len(ACTIONS) + j)
        for i, clause in enumerate(eligible)
        for j, action in enumerate(ACTIONS)
    ]
    kept = sorted((s for s in scored if s[0] >= GATE_FLOOR), key=lambda s: (-s[0], s[1].index, s[2]))[:MOST_EVENTS]
    slots = SlotFeatures(reading, clauses)
    order = sorted(kept, key=lambda s: (s[1].index, s[2]))
    choices = {slot: _rank_all([slots.slot(c, a, slot) for _, c, a, _ in order], models.slots[slot], _KEPT[slot]) for slot in _KEPT}
    return [
        Event(c, a, p, {slot: choices[slot][i] for slot in _KEPT}, tuple(gate[at])) for i, (p, c, a, at) in enumerate(order)
    ]


def _rank_all(pools: Sequence[Sequence[Candidate]], model: Classifier, most: int) -> list[tuple[Choice, ...]]:
    """Rank the candidates of each event, scored in one batch."""
    chances = model.probability(rows((c.row for pool in pools for c in pool), len(SLOT_NAMES)))
    ranked, at = [], 0
    for pool in pools:
        ranked.append(_rank(pool, chances[at : at + len(pool)], most))
        at += len(pool)
    return ranked


def gate_rows(reading: Reading, clauses: Sequence[Clause], eligible: Sequence[Clause], words: Mapping[str, Linear]) -> Floats:
    """Gate rows of the eligible clauses only; neighbours are looked up among all clauses."""
    features = GateFeatures(reading, clauses)
    lang = reading.document.lang.value
    out = []
    for clause in eligible:
        bag = tokens(reading, clause)
        for action in ACTIONS:
            model = words.get(f"{lang}.{action}")
            out.append([*features.row(clause, action), model.score(bag) if model else 0.0])
    return rows(out, GATE_WIDTH)


def _rank(pool: Sequence[Candidate], chances: Floats, most: int) -> tuple[Choice, ...]:
    """The best groups of candidates; members of one coordination ("A, B and C") share their mean and their rank."""
    groups: dict[object, list[int]] = {}
    for i, candidate in enumerate(pool):
        groups.setdefault(candidate.place.group if candidate.place else candidate.value, []).append(i)
    means = sorted(((float(chances[members].mean()), members) for members in groups.values()), key=lambda g: (-g[0], g[1]))
    kept = [
        Choice(pool[i], chance, rank) for rank, (chance, members) in enumerate(means[:most]) for i in members[:MOST_MEMBERS]
    ]
    return tuple(c for c in kept if c.probability >= _SLOT_FLOOR or c.rank == 0)


TUPLE_NAMES = (
    "gate", "platform", "surface", "target", "product", "least", "platform_rank", "surface_rank", "target_rank", "platform_second",
    "surface_second", "target_second", "platform_sum", "surface_sum", "target_sum", "surface_default", "target_default", "target_named",
    "self", "platform_loc", "surface_loc", "target_loc", "target_platform_score", "slot_gap", "between", "events", "mean_product", "sum_product",
    "rival_action", "rival_surface", "rival_target", "rival_platform", "document_events", "document_best", "zh", "notice", "block_action",
    "restrict_action", "allow_action", "surface_code", "target_code", "still", "n_cues", "document_specific", "share_of_best", "paragraph",
    "item", "heading", "row", "gate_document_share", "platform_clause_rank", "same_clause",
    *(f"{slot}_{what}" for slot in ("platform", "surface", "target") for what in ("previous", "next", "mean", "most")),
    "group_size", *(f"gate_{name}" for name in (*GATE_NAMES, "words")),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Combination:
    event: Event
    choices: tuple[Choice, Choice, Choice]
    product: float


class _Around:
    """What the other events of a document think of a slot value."""

    def __init__(self, events: Sequence[Event]) -> None:
        self.events = events
        self.at = {id(e): i for i, e in enumerate(events)}
        self.chances = {
            slot: [{c.candidate.value: c.probability for c in e.choices[slot]} for e in events] for slot in SLOTS
        }
        self.weights = [e.probability for e in events]

    def of(self, event: Event, slot: str, value: str) -> tuple[float, float, float, float]:
        """Probability of the value in the previous and the next event, weighted mean and maximum over the others."""
        at, chances = self.at[id(event)], self.chances[slot]
        weighted = [(w, c.get(value, 0.0)) for i, (w, c) in enumerate(zip(self.weights, chances, strict=True)) if i != at]
        total = sum(w for w, _ in weighted)
        return (
            chances[at - 1].get(value, 0.0) if at else -1.0,
            chances[at + 1].get(value, 0.0) if at + 1 < len(chances) else -1.0,
            sum(w * p for w, p in weighted) / total if total else -1.0,
            max((w * p for w, p in weighted), default=0.0),
        )


def _logit(p: float) -> float:
    p = min(max(p, 1e-4), 1 - 1e-4)
    return math.log(p / (1 - p))


def _combine(events: Sequence[Event]) -> dict[Key, list[_Combination]]:
    found: dict[Key, list[_Combination]] = {}
    for event in events:
        for platform in event.choices["platform"]:
            for surface in event.choices["surface"]:
                for target in event.choices["target"]:
                    if platform.candidate.value == target.candidate.value:
                        continue
                    product = event.probability * platform.probability * surface.probability * target.probability
                    if product < PRODUCT_FLOOR:
                        continue
                    key = Key(platform.candidate.value, surface.candidate.value, target.candidate.value, event.action)
                    found.setdefault(key, []).append(_Combination(event, (platform, surface, target), product))
    return found


def _second(choices: Sequence[Choice], chosen: Choice) -> float:
    return max((c.probability for c in choices if c is not chosen), default=0.0)


def find_proposals(reading: Reading, events: Sequence[Event]) -> list[Proposal]:
    """Every combination of choices that some event offers, once per document, with features of its best event."""
    combinations = _combine(events)
    if not combinations:
        return []
    best = {key: max(found, key=lambda c: c.product) for key, found in combinations.items()}
    around = _Around(events)
    tops = sorted((c.product for c in best.values()), reverse=True)
    rivals: dict[tuple[str, ...], list[tuple[float, Key]]] = {}
    for key, c in best.items():
        for name, part in _rival_keys(key):
            rivals.setdefault((name, *part), []).append((c.product, key))
    return [
        Proposal(key, c.event, c.choices, tuple(_tuple_row(reading, events, key, c, combinations[key], rivals, tops, around)))
        for key, c in best.items()
    ]


def _rival_keys(key: Key) -> list[tuple[str, tuple[str, ...]]]:
    return [
        ("action", (key.platform, key.surface, key.target)),
        ("surface", (key.platform, key.target, key.action)),
        ("target", (key.platform, key.surface, key.action)),
        ("platform", (key.surface, key.target, key.action)),
    ]


def _tuple_row(
    reading: Reading,
    events: Sequence[Event],
    key: Key,
    best: _Combination,
    found: Sequence[_Combination],
    rivals: Mapping[tuple[str, ...], list[tuple[float, Key]]],
    tops: Sequence[float],
    around: _Around,
) -> list[float]:
    event = best.event
    platform, surface, target = best.choices
    chances = [c.probability for c in best.choices]
    products = [c.product for c in found]
    rival = [max((p for p, other in rivals[(name, *part)] if other != key), default=0.0) for name, part in _rival_keys(key)]
    places = [c.candidate.place for c in (surface, target)]
    gap = abs(places[0].mention.middle - places[1].mention.middle) if places[0] and places[1] else 999.0
    kind = reading.layout.blocks[event.clause.block].kind
    own_events = [e for e in events if e.clause.index == event.clause.index]
    return [
        _logit(event.probability), *map(_logit, chances), math.log(max(best.product, 1e-6)), min(chances), platform.rank, surface.rank, target.rank,
        *(_second(event.choices[s], c) for s, c in zip(SLOTS, best.choices, strict=True)),
        *(sum(c.probability for c in event.choices[s]) for s in SLOTS),
        key.surface == "all", key.target == "external", key.target in reading.services, False,
        platform.candidate.loc, surface.candidate.loc, target.candidate.loc,
        target.candidate.row[SLOT_NAMES.index("platform_score")], min(999.0, gap), _between(reading, places),
        len(found), sum(products) / len(products), sum(products),
        *rival, len(events), max(e.probability for e in events), reading.document.lang is Lang.ZH, reading.document.kind is Kind.NOTICE,
        *(key.action is a for a in ACTIONS), surface.candidate.row[SLOT_NAMES.index("code")], target.candidate.row[SLOT_NAMES.index("code")],
        any(m.source is not None and m.source.still for m in event.clause.cues), len(event.clause.cues), tops[min(3, len(tops) - 1)],
        best.product / max(tops[0], 1e-9), kind is BlockKind.PARAGRAPH, kind is BlockKind.ITEM, kind is BlockKind.HEADING, kind is BlockKind.ROW,
        event.probability / max(1e-9, sum(e.probability for e in own_events)), platform.rank,
        places[0] is not None and places[1] is not None and places[0].clause == places[1].clause,
        *(x for slot, c in zip(SLOTS, best.choices, strict=True) for x in around.of(event, slot, c.candidate.value)),
        sum(1 for c in event.choices["target"] if c.rank == target.rank), *event.row,
    ]  # fmt: skip


def _between(reading: Reading, places: Sequence[Place | None]) -> float:
    """Other services that stand between surface and target: a sign that they belong to different statements."""
    a, b = places
    if a is None or b is None:
        return -1.0
    low, high = sorted((a.mention.middle, b.mention.middle))
    return sum(1 for m in reading.mentions.services if low < m.middle < high and m.value != b.mention.value)
