"""Features of every candidate of each slot of a statement.

Nothing is decided here. The features are structural (where a value stands relative to the clause and
its cue, what surrounds it, how the document uses it), so that they mean the same in both languages
and for services never seen in training.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
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
    """What all candidates of a clause share.

    Attributes:
        hinted: platforms that a place named in the sentence belongs to.
        previous, following: the nearest clauses with a cue, -1 if there is none.
        words: the clause's own, for the bag of a default.
        links: middles of its link words.
        counts, references: features, in their order.
    """

    hinted: frozenset[str]
    previous: int
    following: int
    words: tuple[str, ...]
    links: tuple[float, ...]
    counts: tuple[int, ...]
    references: tuple[bool, ...]
    still: bool
    strong: bool


@dataclass(frozen=True, slots=True)
class _Use:
    """How a document uses a value, for every statement the same.

    Attributes:
        starts: of its occurrences, sorted.
        clauses, blocks: in which one stands.
        counts, standing: features, in their order.
    """

    places: tuple[Place, ...]
    starts: tuple[int, ...]
    clauses: frozenset[int]
    blocks: frozenset[int]
    in_title: bool
    counts: tuple[float, ...]
    standing: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class _Stand:
    """What stands around an occurrence, for every statement the same: features and wording."""

    frames: tuple[float, ...]
    doubt: tuple[bool, bool]
    categories: tuple[bool, ...]
    neighbours: tuple[float, ...]
    beside: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Spot:
    """A value with the occurrence that speaks for it and its standing among the others."""

    value: str
    loc: int
    place: Place | None
    recency: int
    other: int


_FRAMES = len(BEFORE_NAMES) + len(AFTER_NAMES)
_NO_CATEGORY = (False,) * len(CATEGORIES)


def _by(places: Iterable[tuple[int, str]]) -> dict[int, set[str]]:
    """Values by where they stand."""
    found: dict[int, set[str]] = {}
    for at, value in places:
        found.setdefault(at, set()).add(value)
    return found


class SlotFeatures:
    """Candidates with features for each slot of (clause, action)."""

    def __init__(self, reading: Reading, clauses: Sequence[Clause]) -> None:
        self.reading, self.clauses = reading, clauses
        self.pools = Pools(reading)
        self.neighbours = Neighbours(reading, self.pools.platform_ranks)
        self.scenes: dict[int, _Scene] = {}
        self.stands: dict[int, _Stand] = {}
        self.uses: dict[str, dict[str, _Use]] = {}
        named = [(p, v) for v, places in reading.services.items() for p in places]
        placed = [p for places in reading.surfaces.values() for p in places]
        self.services_of = _by((p.clause, v) for p, v in named)
        self.services_near = _by((p.sentence, v) for p, v in named)
        self.targets_of = _by((p.clause, v) for v, places in reading.targets.items() for p in places)
        self.hints = _by((p.sentence, p.mention.source.platform or "") for p in placed if p.mention.source)
        self.strong = {p.clause for p in placed if not p.mention.weak}
        self.setting = (reading.document.lang is Lang.ZH, reading.document.kind is Kind.NOTICE)
        self.top = tuple(c in self.pools.top for c in TOP_CATEGORIES)
        self.filled = {
            slot: frozenset(p.clause for v, places in pool.items() for p in places)
            for slot, pool in self.pools.of.items()
        }

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

    def _nearest(self, clause: Clause, anchor: float, use: _Use) -> tuple[int, Place | None]:
        best: tuple[int, float] | None = None
        chosen: Place | None = None
        inside = clause.index in use.clauses
        for place in use.places:
            if inside and place.clause != clause.index:
                continue
            key = (0 if inside else self._loc(clause, place), abs(place.mention.middle - anchor))
            if best is None or key < best:
                best, chosen = key, place
        return (best[0], chosen) if best else (9, None)

    def slot(self, clause: Clause, action: Action, slot: str) -> list[Candidate]:
        """Candidates of one slot, in the pool's order."""
        anchor = clause.anchor[ACTIONS.index(action)]
        uses = self._uses(slot)
        nearest = {value: self._nearest(clause, anchor, use) for value, use in uses.items()}
        default = DEFAULTS.get(slot)
        if (
            default is not None and nearest[default][0] > _NEAR
        ):  # said elsewhere it is no more than the default here
            nearest[default] = (9, None)
        locs = sorted(loc for loc, _ in nearest.values())
        last = {v: self._last_before(use.starts, clause.end) for v, use in uses.items()}
        recency = {v: i for i, v in enumerate(sorted(last, key=lambda v: -last[v]))}
        scene = self._scene(clause)
        shared = self._shared(clause, action, scene, locs)
        result = []
        for value, (loc, place) in nearest.items():
            other = locs[1] if len(locs) > 1 and locs[0] == loc else locs[0] if locs[0] != loc else 9
            spot = _Spot(value, loc, place, recency[value], other)
            stand = self._stand(place) if place else None
            row = (
                *self._row(clause, slot, spot, anchor), *self._between(slot, spot, anchor, scene.links),
                *shared, *self._own(slot, clause, spot, scene),
                *(stand.neighbours if stand else self.neighbours.row(None)),
            )  # fmt: skip
            bag = bag_of(self.reading, value, place, loc, stand.beside if stand else scene.words)
            result.append(Candidate(value, place, loc, row, bag))
        return result

    def _uses(self, slot: str) -> dict[str, _Use]:
        """How the document uses each value of a slot, worked out once."""
        if slot not in self.uses:
            self.uses[slot] = {v: self._use(slot, v, places) for v, places in self.pools.of[slot].items()}
        return self.uses[slot]

    def _use(self, slot: str, value: str, places: tuple[Place, ...]) -> _Use:
        starts = tuple(p.mention.start for p in places)
        clauses, blocks = frozenset(p.clause for p in places), frozenset(p.block for p in places)
        profile = self.pools.profiles[slot].get(value)
        if profile is None:
            return _Use(places, starts, clauses, blocks, False, (), ())
        counts = (
            profile.in_first, profile.in_last, profile.count, profile.count / self.pools.totals[slot],
            self.pools.count_ranks[slot][value],
        )  # fmt: skip
        standing = (self.pools.first_ranks[slot][value], *profile.means)
        return _Use(places, starts, clauses, blocks, profile.in_title, counts, standing)

    def _stand(self, place: Place) -> _Stand:
        """What stands around an occurrence, worked out once."""
        key = id(place)  # the reading keeps its places
        if key not in self.stands:
            mention = place.mention
            grouped = place.group != (mention.start, mention.end)
            gaps = (place.link_before, place.link_after, place.surface_after, grouped)
            self.stands[key] = _Stand(
                (*place.before, *place.after, *gaps),
                (mention.weak, mention.unknown),
                tuple(c in mention.categories for c in CATEGORIES),
                self.neighbours.row(place),
                around(self.reading, place),
            )
        return self.stands[key]

    def _scene(self, clause: Clause) -> _Scene:
        """What is the same for all slots and candidates of a clause, worked out once."""
        if clause.index not in self.scenes:
            inside = self.services_of.get(clause.index, set())
            beside = self.services_near.get(clause.sentence, set())
            main, references = self.pools.main, {m.value for m in clause.references}
            targets = self.targets_of.get(clause.index, ())
            self.scenes[clause.index] = _Scene(
                frozenset(self.hints.get(clause.sentence, ())) - {""},
                self._near_cue(clause, -1),
                self._near_cue(clause, 1),
                tuple(t for t in tokens(self.reading, clause) if " " not in t),
                tuple(m.middle for m in clause.links),
                (
                    len(inside),
                    len(targets),
                    len(inside) - (main in inside),
                    len(beside) - (main in beside),
                    len(self.reading.services),
                ),
                tuple(r in references for r in REFERENCE_KINDS),
                any(m.source is not None and m.source.still for m in clause.cues),
                clause.index in self.strong,
            )
        return self.scenes[clause.index]

    @staticmethod
    def _last_before(starts: Sequence[int], end: int) -> int:
        at = bisect_right(starts, end - 1)
        return starts[at - 1] if at else -1

    def _row(self, clause: Clause, slot: str, spot: _Spot, anchor: float) -> list[float]:
        """Where the occurrence stands and how the document uses the value."""
        value, loc, place, recency = spot.value, spot.loc, spot.place, spot.recency
        n = len(self.pools.of[slot])
        if place is None:
            head: list[float] = [
                9, 30, 999, 999, 0, *[0] * _FRAMES, FAR, FAR, FAR, *[0] * 8, n, recency, n,
                *[0] * (_FRAMES + 5), value == DEFAULTS.get(slot),
            ]  # fmt: skip
        else:
            use, stand = self.uses[slot][value], self._stand(place)
            distance = place.mention.middle - anchor
            head = [
                loc, max(-30, min(30, clause.sentence - place.sentence)), max(-999, min(999, distance)),
                min(999, abs(distance)), distance > 0, *stand.frames, use.in_title,
                clause.heading in use.blocks, clause.lead in use.blocks, *use.counts, recency,
                *use.standing, *stand.doubt, value == DEFAULTS.get(slot),
            ]  # fmt: skip
        head.append(spot.other)
        return head

    def _between(self, slot: str, spot: _Spot, anchor: float, links: Sequence[float]) -> tuple[int, int]:
        """Other values of the slot between a mention and the anchor, and between it and the nearest link."""
        value, place = spot.value, spot.place
        if place is None:
            return 9, 9
        found, at = self.pools.ordered[slot], place.mention.middle
        link = min(links, key=lambda m: abs(m - at)) if links else anchor
        return _others(found, at, anchor, value, place.group), _others(found, at, link, value, place.group)

    def _shared(
        self, clause: Clause, action: Action, scene: _Scene, locs: Sequence[int]
    ) -> tuple[float, ...]:
        """Features that all candidates of the slot share; `locs` are where each value stands, sorted."""
        return (
            bisect_right(locs, 0), bisect_right(locs, 2), len(locs), *scene.counts,
            any(m.value == action for m in clause.cues), *scene.references,
            _KINDS.index(self.reading.layout.blocks[clause.block].kind), *self.setting,
            *(action is a for a in ACTIONS), scene.still, scene.strong, *self.top,
        )  # fmt: skip

    def _own(self, slot: str, clause: Clause, spot: _Spot, scene: _Scene) -> list[float]:
        """What a value is by itself: kind of service, code of the slug; for dates their role and distance."""
        value, place = spot.value, spot.place
        if slot in ("date", "until"):
            return self._date(value, place)
        use = self.uses[slot][value]
        gap: float = FAR
        if place and scene.links:
            at = place.mention.middle
            gap = min(FAR, *(abs(link - at) for link in scene.links))
        clauses = use.clauses
        beside = (
            (scene.previous in clauses, scene.following in clauses)
            if place is not None
            # a default is what the statement before it and behind it mean if they name nothing
            else (
                scene.previous >= 0 and scene.previous not in self.filled[slot],
                scene.following >= 0 and scene.following not in self.filled[slot],
            )
        )
        return [
            *beside,
            value == self.reading.document.platform, value in scene.hinted,
            self.pools.platform_scores.get(value, -9.0),
            self.pools.platform_ranks.get(value, 30), value not in self.reading.services,
            *(self._stand(place).categories if place else _NO_CATEGORY), _CODES.get(value, 30), gap,
            place is not None and self.pools.first_in_block.get(place.block) == place.mention.start,
            self.pools.first_in_sentence.get(clause.sentence) in use.starts,
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
