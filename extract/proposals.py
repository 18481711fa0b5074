"""Proposals: combinations of slot values that some event offers, with features to score them by."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from extract.candidates import SLOT_NAMES, SLOTS
from extract.clauses import ACTIONS
from extract.corrector import CONVENTIONS
from extract.events import Choice, Event
from extract.judge import DOCUMENT_NAMES
from extract.layout import BlockKind
from extract.neighbours import Neighbours
from extract.reading import Place, Reading
from extract.records import Action, Kind, Lang
from extract.statements import GATE_NAMES
from extract.vocabulary import load_vocabulary

_PLATFORM_SCORE, _CODE = SLOT_NAMES.index("platform_score"), SLOT_NAMES.index("code")
_LEAST_MASS = 0.3  # where even the targets together are doubtful, the statement itself may be misread
PRODUCT_FLOOR = 0.02  # combinations below it gave no right fact in cross-validation


@dataclass(frozen=True, slots=True)
class Key:
    """The core of a fact."""

    platform: str
    surface: str
    target: str
    action: Action

    @property
    def core(self) -> tuple[str, ...]:
        """As plain strings, comparable with an annotated fact's core."""
        return (self.platform, self.surface, self.target, self.action.value)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A combination of slot values, with its best event and its features.

    Attributes:
        choices: platform, surface and target choice of the best event.
        scope: id of the scope rule by which it says something else than its words side by side, else empty.
    """

    key: Key
    event: Event
    choices: tuple[Choice, Choice, Choice]
    row: tuple[float, ...]
    scope: str = ""


TUPLE_NAMES = (
    "gate", "platform", "surface", "target", "product", "least", "platform_rank", "surface_rank",
    "target_rank", "platform_second", "surface_second", "target_second", "platform_sum", "surface_sum",
    "target_sum", "surface_default", "target_default", "target_named", "self", "platform_loc",
    "surface_loc", "target_loc", "target_platform_score", "slot_gap", "between", "events", "mean_product",
    "sum_product", "rival_action", "rival_surface", "rival_target", "rival_platform", "document_events",
    "document_best", "zh", "notice", "block_action", "restrict_action", "allow_action", "surface_code",
    "target_code", "still", "n_cues", "document_specific", "share_of_best", "paragraph", "item", "heading",
    "row", "gate_document_share", "platform_clause_rank", "same_clause",
    *(f"{slot}_{what}" for slot in SLOTS for what in ("previous", "next", "mean", "most")),
    "group_size", "owned", "owner_platform", "owner_target",
    *(f"{slot}_{what}" for slot in SLOTS[1:] for what in ("with_platform", "with_others", "near_platform")),
    *(f"{slot}_{what}" for slot in ("platform", "target") for what in ("unknown", "in_title", "mentions")),
    "statements", "own_target",
)  # fmt: skip


def feature_fingerprint() -> str:
    """Twelve hex digits over the names of all features and what correctors take for granted.

    Weights fit only what they were grown on.
    """
    names = "\n".join((*GATE_NAMES, "", *SLOT_NAMES, "", *TUPLE_NAMES, "", *DOCUMENT_NAMES, "", CONVENTIONS))
    return hashlib.sha256(names.encode()).hexdigest()[:12]


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
            slot: [{c.candidate.value: c.probability for c in e.choices[slot]} for e in events]
            for slot in SLOTS
        }
        self.weights = [e.probability for e in events]
        self.found: dict[tuple[int, str, str], tuple[float, float, float, float]] = {}

    def of(self, event: Event, slot: str, value: str) -> tuple[float, float, float, float]:
        """Probability of the value in the previous and next event, weighted mean and maximum of others."""
        key = (self.at[id(event)], slot, value)
        if key not in self.found:  # many combinations of an event share a value
            self.found[key] = self._of(*key)
        return self.found[key]

    def _of(self, at: int, slot: str, value: str) -> tuple[float, float, float, float]:
        chances = self.chances[slot]
        weighted = [
            (w, c.get(value, 0.0))
            for i, (w, c) in enumerate(zip(self.weights, chances, strict=True))
            if i != at
        ]
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
    may_host = load_vocabulary().may_host
    for event in events:
        for platform in event.choices["platform"]:
            left = max(_LEAST_MASS, _other_mass(event, platform))
            for surface in event.choices["surface"]:
                if not may_host(platform.candidate.value, surface.candidate.value):
                    continue
                for target in event.choices["target"]:
                    own = platform.candidate.value == target.candidate.value
                    chance = target.probability if own else min(1.0, target.probability / left)
                    product = event.probability * platform.probability * surface.probability * chance
                    if product < PRODUCT_FLOOR:
                        continue
                    key = Key(
                        platform.candidate.value,
                        surface.candidate.value,
                        target.candidate.value,
                        event.action,
                    )
                    found.setdefault(key, []).append(
                        _Combination(event, (platform, surface, target), product)
                    )
    return found


def _other_mass(event: Event, platform: Choice) -> float:
    """Probability that the target slot gives to others than the platform; a list of targets counts once.

    Some target must be meant: what is given to nobody is theirs, and so is what is given to the platform,
    which seldom is its own target ("links to other listings stay allowed").
    """
    own = platform.candidate.value
    of_rank = {c.rank: c.probability for c in event.choices["target"] if c.candidate.value != own}
    return min(1.0 - _own_mass(event, platform), sum(of_rank.values()))


def _own_mass(event: Event, platform: Choice) -> float:
    """Probability that the target slot gives to the platform itself."""
    return max(
        (c.probability for c in event.choices["target"] if c.candidate.value == platform.candidate.value),
        default=0.0,
    )


def _second(choices: Sequence[Choice], chosen: Choice) -> float:
    return max((c.probability for c in choices if c is not chosen), default=0.0)


def find_proposals(reading: Reading, events: Sequence[Event]) -> list[Proposal]:
    """Every combination that some event offers, once per document, with features of its best event."""
    combinations = _combine(events)
    if not combinations:
        return []
    best = {key: max(found, key=lambda c: c.product) for key, found in combinations.items()}
    context = _Context(reading, events, best)
    return [
        Proposal(key, c.event, c.choices, tuple(context.row(key, c, [x.product for x in combinations[key]])))
        for key, c in best.items()
    ]


def _rival_keys(key: Key) -> list[tuple[str, ...]]:
    """The key without its action, surface, target and platform in turn, each marked by what is left out."""
    return [
        ("action", key.platform, key.surface, key.target),
        ("surface", key.platform, key.target, key.action),
        ("target", key.platform, key.surface, key.action),
        ("platform", key.surface, key.target, key.action),
    ]


class _Context:
    """What the features of a combination are measured against: its rivals and the document's other events."""

    def __init__(self, reading: Reading, events: Sequence[Event], best: Mapping[Key, _Combination]) -> None:
        self.reading, self.events, self.around = reading, events, _Around(events)
        self.neighbours = Neighbours(reading, {})
        self.near: dict[int, set[str]] = {}
        for service, found in reading.services.items():
            for place in found:
                self.near.setdefault(place.sentence, set()).add(service)
        self.tops = sorted((c.product for c in best.values()), reverse=True)
        self.most_likely = max(e.probability for e in events)
        self.statements = sum(e.probability for e in events)
        self.of_clause: dict[int, float] = {}
        for event in events:
            at = event.clause.index
            self.of_clause[at] = self.of_clause.get(at, 0.0) + event.probability
        rivals: dict[tuple[str, ...], list[float]] = {}
        for key, combination in best.items():
            for rival in _rival_keys(key):
                rivals.setdefault(rival, []).append(combination.product)
        self.rivals = {rival: [*sorted(products)[-2:]] for rival, products in rivals.items()}

    def _strongest_rivals(self, key: Key, product: float) -> list[float]:
        """Best product of a combination that differs in action, surface, target or platform alone."""
        found = []
        for rival in _rival_keys(key):
            *second, first = self.rivals[rival]
            found.append(first if product != first else second[0] if second else 0.0)
        return found

    def row(self, key: Key, best: _Combination, products: Sequence[float]) -> list[float]:
        """Features in the order of TUPLE_NAMES; `products` are those of every event that offers the key."""
        reading, event = self.reading, best.event
        platform, surface, target = best.choices
        places = [c.candidate.place for c in (surface, target)]
        gap = abs(places[0].mention.middle - places[1].mention.middle) if places[0] and places[1] else 999.0
        kind = reading.layout.blocks[event.clause.block].kind
        chosen = list(zip(SLOTS, best.choices, strict=True))
        siblings = self.of_clause[event.clause.index]
        return [
            _logit(event.probability), *(_logit(c.probability) for c in best.choices),
            math.log(max(best.product, 1e-6)), min(c.probability for c in best.choices), platform.rank,
            surface.rank, target.rank,
            *(_second(event.choices[s], c) for s, c in zip(SLOTS, best.choices, strict=True)),
            *(sum(c.probability for c in event.choices[s]) for s in SLOTS), key.surface == "all",
            key.target == "external", key.target in reading.services, _own_mass(event, platform),
            platform.candidate.loc, surface.candidate.loc, target.candidate.loc,
            target.candidate.row[_PLATFORM_SCORE], min(999.0, gap),
            _between(reading, places), len(products), sum(products) / len(products), sum(products),
            *self._strongest_rivals(key, best.product), len(self.events), self.most_likely,
            reading.document.lang is Lang.ZH, reading.document.kind is Kind.NOTICE,
            *(key.action is a for a in ACTIONS), surface.candidate.row[_CODE],
            target.candidate.row[_CODE],
            any(m.source is not None and m.source.still for m in event.clause.cues), len(event.clause.cues),
            self.tops[min(3, len(self.tops) - 1)], best.product / max(self.tops[0], 1e-9),
            kind is BlockKind.PARAGRAPH, kind is BlockKind.ITEM, kind is BlockKind.HEADING,
            kind is BlockKind.ROW, event.probability / max(1e-9, siblings), platform.rank,
            places[0] is not None and places[1] is not None and places[0].clause == places[1].clause,
            *(x for s, c in chosen for x in self.around.of(event, s, c.candidate.value)),
            sum(1 for c in event.choices["target"] if c.rank == target.rank),
            *self._owner(key, places[0], event, target),
            *(x for place in places for x in self._company(key, place, platform.candidate.place)),
            *self._use(key.platform), *self._use(key.target), self.statements, key.platform == key.target,
        ]  # fmt: skip

    def _use(self, service: str) -> tuple[float, float, float]:
        """Whether the gazetteer lacks a service, whether the title names it, and how often it is named."""
        places = self.reading.services.get(service)
        if not places:
            return -1.0, -1.0, 0.0
        first = places[0].mention
        return float(first.unknown), float(first.start < self.reading.offset), float(min(20, len(places)))

    def _company(self, key: Key, place: Place | None, platform: Place | None) -> tuple[float, float, float]:
        """Whether the sentence of a place names the platform, how many others, and how far off that is."""
        if place is None:
            return -1.0, -1.0, 99.0
        named = self.near.get(place.sentence, set())
        gap = min(99, abs(platform.sentence - place.sentence)) if platform else 99
        return float(key.platform in named), float(len(named - {key.platform, key.target})), float(gap)

    def _owner(
        self, key: Key, surface: Place | None, event: Event, target: Choice
    ) -> tuple[bool, bool, bool]:
        """Whether a service owns the place ("Douyin clips"), and whether that is the platform or a target."""
        if surface is None:
            return False, False, False
        owners = {
            self.neighbours.owner_before(surface.mention.start),
            self.neighbours.owner_after(surface.group[1]),
        } - {None}
        targets = {c.candidate.value for c in event.choices["target"] if c.rank == target.rank}
        return bool(owners), key.platform in owners, bool(owners & targets)


def _between(reading: Reading, places: Sequence[Place | None]) -> float:
    """Other services between surface and target: a sign that they belong to different statements."""
    a, b = places
    if a is None or b is None:
        return -1.0
    low, high = sorted((a.mention.middle, b.mention.middle))
    return sum(1 for m in reading.mentions.services if low < m.middle < high and m.value != b.mention.value)
