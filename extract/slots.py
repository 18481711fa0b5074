"""Features of every candidate of each slot of a statement.

Nothing is decided here. The features are structural (where a value stands relative to the clause and
its cue, what surrounds it, how the document uses it), so that they mean the same in both languages
and for services never seen in training.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from extract.candidates import (
    CATEGORIES,
    DEFAULTS,
    REFERENCE_KINDS,
    TOP_CATEGORIES,
    Candidate,
    around,
    bag_of,
)
from extract.clauses import ACTIONS, FAR, Clause, tokens
from extract.dates import DateRole
from extract.frames import AFTER_NAMES, BEFORE_NAMES
from extract.layout import BlockKind
from extract.neighbours import Neighbours
from extract.pools import Pools
from extract.reading import Place, Reading
from extract.records import Action, Kind, Lang, PartialDate

_KINDS = tuple(BlockKind)
_ROLES = tuple(DateRole)
_NEAR = 4  # location code of the lead-in: same clause, sentence, block above it, or lead
_OWN = 12 + len(CATEGORIES)  # width of the features that differ between slots and dates
_SURFACE_CODES = [
    "all",
    "live",
    "short_video",
    "video",
    "description",
    "comments",
    "post",
    "story",
    "moments",
    "article",
    "profile",
    "message",
    "group_chat",
    "cart",
    "product_page",
    "ads",
    "search",
    "mini_program",
    "app",
]
_TARGET_CODES = [
    "external",
    "ecommerce",
    "news",
    "social",
    "payments",
    "link_in_bio",
    "downloads",
    "affiliate",
    "shorteners",
    "qr_codes",
    "gambling",
    "adult",
    "harmful",
]
_CODES = {slug: i for i, slug in enumerate(_SURFACE_CODES)} | {
    slug: i for i, slug in enumerate(_TARGET_CODES)
}


def _others(
    found: Sequence[tuple[float, str]], a: float, b: float, value: str, group: tuple[int, int]
) -> int:
    """How many mentions of other values, outside the group, stand between two points; at most 9."""
    low, high = (a, b) if a <= b else (b, a)
    first = bisect_right(found, low, key=lambda f: f[0])
    count = 0
    for middle, other in found[first : first + 20]:
        if middle >= high or count == 9:
            break
        count += other != value and not group[0] <= middle <= group[1]
    return count


@dataclass(frozen=True, slots=True)
class _Scene:
    """What all candidates of a clause share: hinted platforms, neighbouring clauses with a cue, its words."""

    hinted: frozenset[str | None]
    previous: int
    following: int
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Spot:
    """A value with the occurrence that speaks for it and its standing among the others."""

    value: str
    loc: int
    place: Place | None
    recency: int
    other: int


class SlotFeatures:
    """Candidates with features for each slot of (clause, action)."""

    def __init__(self, reading: Reading, clauses: Sequence[Clause]) -> None:
        self.reading, self.clauses = reading, clauses
        self.pools = Pools(reading)
        self.neighbours = Neighbours(reading, self.pools.platform_ranks)
        self.scenes: dict[int, _Scene] = {}
        self.beside: dict[tuple[int, int, str], tuple[str, ...]] = {}

    def _loc(self, clause: Clause, place: Place) -> int:
        """Where an occurrence stands: 0 same clause ... 8 further on."""
        before = place.mention.start < clause.start
        if place.clause == clause.index:
            return 0
        if place.sentence == clause.sentence:
            return 1 if before else 2
        if place.mention.start < self.reading.offset:
            return 7
        if self.reading.layout.blocks[place.block].lead == clause.block:
            return 2  # an item of the list that this clause introduces
        near = {clause.block: 3, clause.lead: 4, clause.heading: 5}.get(place.block, 6)
        return near if before else 8

    def _nearest(self, clause: Clause, anchor: float, places: Sequence[Place]) -> tuple[int, Place | None]:
        best: tuple[int, float] | None = None
        chosen: Place | None = None
        for place in places:
            key = (self._loc(clause, place), abs(place.mention.middle - anchor))
            if best is None or key < best:
                best, chosen = key, place
        return (best[0], chosen) if best else (9, None)

    def slot(self, clause: Clause, action: Action, slot: str) -> list[Candidate]:
        """Candidates of one slot, in the pool's order."""
        anchor = clause.anchor[ACTIONS.index(action)]
        pool = self.pools.of[slot]
        nearest = {value: self._nearest(clause, anchor, places) for value, places in pool.items()}
        default = DEFAULTS.get(slot)
        if (
            default is not None and nearest[default][0] > _NEAR
        ):  # said elsewhere it is no more than the default here
            nearest[default] = (9, None)
        locs = sorted(loc for loc, _ in nearest.values())
        last = {v: self._last_before(places, clause.end) for v, places in pool.items()}
        recency = {v: i for i, v in enumerate(sorted(last, key=lambda v: -last[v]))}
        shared = self._shared(clause, action, nearest)
        scene = self._scene(clause)
        result = []
        for value, (loc, place) in nearest.items():
            other = locs[1] if len(locs) > 1 and locs[0] == loc else locs[0] if locs[0] != loc else 9
            spot = _Spot(value, loc, place, recency[value], other)
            row = (
                *self._row(clause, slot, spot, anchor), *shared, *self._own(slot, clause, spot, scene),
                *self.neighbours.row(place),
            )  # fmt: skip
            bag = bag_of(self.reading, value, place, loc, self._around(place) if place else scene.words)
            result.append(Candidate(value, place, loc, row, bag))
        return result

    def _around(self, place: Place) -> tuple[str, ...]:
        """The wording beside an occurrence, which many statements ask for."""
        key = (place.mention.start, place.mention.end, place.mention.kind)
        if key not in self.beside:
            self.beside[key] = around(self.reading, place)
        return self.beside[key]

    def _scene(self, clause: Clause) -> _Scene:
        """What is the same for all slots and candidates of a clause, computed once."""
        if clause.index not in self.scenes:
            places = (p for places in self.reading.surfaces.values() for p in places)
            hinted = {
                p.mention.source.platform
                for p in places
                if p.mention.source and p.sentence == clause.sentence
            }
            words = tuple(t for t in tokens(self.reading, clause) if " " not in t)
            self.scenes[clause.index] = _Scene(
                frozenset(hinted), self._near_cue(clause, -1), self._near_cue(clause, 1), words
            )
        return self.scenes[clause.index]

    @staticmethod
    def _last_before(places: Sequence[Place], end: int) -> int:
        at = bisect_right(places, end - 1, key=lambda p: p.mention.start)
        return places[at - 1].mention.start if at else -1

    def _row(self, clause: Clause, slot: str, spot: _Spot, anchor: float) -> list[float]:
        """Where the occurrence stands and how the document uses the value."""
        value, loc, place, recency = spot.value, spot.loc, spot.place, spot.recency
        profile = self.pools.profiles[slot].get(value)
        n = len(self.pools.of[slot])
        if place is None or profile is None:
            head: list[float] = [
                9,
                30,
                999,
                999,
                0,
                *[0] * len(BEFORE_NAMES),
                *[0] * len(AFTER_NAMES),
                FAR,
                FAR,
                FAR,
                0,
                0,
                0,
                0,
                0,
                0,
            ]
            head += [
                0,
                0,
                n,
                recency,
                n,
                *[0] * (len(BEFORE_NAMES) + len(AFTER_NAMES) + 3),
                0,
                0,
                value == DEFAULTS.get(slot),
            ]
        else:
            places = self.pools.of[slot][value]
            distance = place.mention.middle - anchor
            head = [
                loc, max(-30, min(30, clause.sentence - place.sentence)), max(-999, min(999, distance)),
                min(999, abs(distance)), distance > 0, *place.before, *place.after, place.link_before,
                place.link_after, place.surface_after,
                place.group != (place.mention.start, place.mention.end), profile.in_title,
                any(p.block == clause.heading for p in places), any(p.block == clause.lead for p in places),
                profile.in_first, profile.in_last, profile.count, profile.count / self.pools.totals[slot],
                self.pools.count_ranks[slot][value], recency, self.pools.first_ranks[slot][value],
                *profile.means, place.mention.weak, place.mention.unknown, value == DEFAULTS.get(slot),
            ]  # fmt: skip
        head += [spot.other, *self._between(slot, value, place, anchor, clause)]
        return head

    def _between(
        self, slot: str, value: str, place: Place | None, anchor: float, clause: Clause
    ) -> tuple[int, int]:
        """Other values of the slot between a mention and the anchor, and between it and the nearest link."""
        if place is None:
            return 9, 9
        found, at = self.pools.ordered[slot], place.mention.middle
        link = min((m.middle for m in clause.links), key=lambda m: abs(m - at), default=anchor)
        return _others(found, at, anchor, value, place.group), _others(found, at, link, value, place.group)

    def _shared(
        self, clause: Clause, action: Action, nearest: dict[str, tuple[int, Place | None]]
    ) -> list[float]:
        """Features that all candidates of the slot share."""
        references = {m.value for m in clause.references}
        in_clause = [
            slug
            for slug, places in self.reading.services.items()
            if any(p.clause == clause.index for p in places)
        ]
        in_sentence = [
            slug
            for slug, places in self.reading.services.items()
            if any(p.sentence == clause.sentence for p in places)
        ]
        targets = sum(
            1 for places in self.reading.targets.values() if any(p.clause == clause.index for p in places)
        )
        surfaces = self.reading.surfaces.values()
        strong = any(p.clause == clause.index and not p.mention.weak for places in surfaces for p in places)
        return [
            sum(loc == 0 for loc, _ in nearest.values()), sum(loc <= 2 for loc, _ in nearest.values()),
            len(nearest), len(in_clause), targets, sum(slug != self.pools.main for slug in in_clause),
            sum(slug != self.pools.main for slug in in_sentence), len(self.reading.services),
            any(m.value == action for m in clause.cues), *(r in references for r in REFERENCE_KINDS),
            _KINDS.index(self.reading.layout.blocks[clause.block].kind),
            self.reading.document.lang is Lang.ZH, self.reading.document.kind is Kind.NOTICE,
            *(action is a for a in ACTIONS),
            any(m.source is not None and m.source.still for m in clause.cues), strong,
            *(c in self.pools.top for c in TOP_CATEGORIES),
        ]  # fmt: skip

    def _own(self, slot: str, clause: Clause, spot: _Spot, scene: _Scene) -> list[float]:
        """What a value is by itself: kind of service, code of the slug; for dates their role and distance."""
        value, place = spot.value, spot.place
        if slot in ("date", "until"):
            return self._date(value, place)
        categories = place.mention.categories if place else frozenset()
        previous, following = scene.previous, scene.following
        places = self.pools.of[slot][value]
        gap = (
            min((abs(link.middle - place.mention.middle) for link in clause.links), default=FAR)
            if place
            else FAR
        )
        service = self.reading.services.get(value)
        return [
            any(p.clause == previous for p in places), any(p.clause == following for p in places),
            value == self.reading.document.platform, value in scene.hinted,
            self.pools.platform_scores.get(value, -9.0),
            self.pools.platform_ranks.get(value, 30), service is None, *(c in categories for c in CATEGORIES),
            _CODES.get(value, 30), min(FAR, gap),
            place is not None and self.pools.first_in_block.get(place.block) == place.mention.start,
            any(self.pools.first_in_sentence.get(clause.sentence) == p.mention.start for p in places),
            min(9, self.pools.role_recency(value, clause.end)),
        ]  # fmt: skip

    def _date(self, value: str, place: Place | None) -> list[float]:
        """In place of what only services, surfaces and targets have."""
        row = [0.0] * _OWN
        if place is None:
            return row
        mention, reference = self.reading.dates[place.mention.start], self.reading.reference
        day = PartialDate.parse(value)
        delta = (day.first - reference).days if reference else 0
        row[: len(_ROLES) + 6] = [
            *(mention.role is role for role in _ROLES), mention.relative, mention.explicit_year,
            value.count("-"), math.copysign(math.log1p(abs(delta)), delta), delta == 0,
            mention.until is not None,
        ]  # fmt: skip
        return row

    def _near_cue(self, clause: Clause, step: int) -> int:
        """Index of the nearest clause before or after with an action cue, -1 if there is none."""
        at = clause.index + step
        while 0 <= at < len(self.clauses):
            if self.clauses[at].cues:
                return at
            at += step
        return -1
