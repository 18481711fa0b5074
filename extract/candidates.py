"""Candidates: for each clause and action what each slot might be, described by features.

Nothing is decided here. The features are structural (where a value stands relative to the clause and
its cue, what surrounds it, how the document uses it), so that they mean the same in both languages
and for services never seen in training.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from extract.clauses import ACTIONS, FAR, WORD, Clause, tokens
from extract.dates import DateRole
from extract.frames import AFTER_NAMES, BEFORE_NAMES
from extract.layout import BlockKind
from extract.profiles import Profile, platform_like, platform_score, profile_of
from extract.reading import Place, Reading
from extract.records import Action, Kind, Lang, PartialDate
from extract.rules import REFERENCES

_KINDS = tuple(BlockKind)
_REFERENCES = tuple(sorted(REFERENCES))
_CATEGORIES = (
    "ecommerce",
    "social",
    "video",
    "messaging",
    "news",
    "app_store",
    "payments",
    "search",
    "link_in_bio",
)
_TOP = ("ecommerce", "social", "video", "messaging", "app_store", "search", "forum")

SLOTS = ("platform", "surface", "target")
DETAILS = ("date", "until", "region")  # decided per event once the core of a fact stands
SLOT_NAMES = (
    "loc", "sentence_distance", "distance", "abs_distance", "behind_anchor",
    *(f"before_{n}" for n in BEFORE_NAMES), *(f"after_{n}" for n in AFTER_NAMES), "link_before",
    "link_after", "surface_after", "grouped", "in_title", "in_heading", "in_lead", "in_first", "in_last",
    "count", "share", "count_rank", "recency_rank", "first_rank",
    *(f"mean_before_{n}" for n in BEFORE_NAMES), *(f"mean_after_{n}" for n in AFTER_NAMES),
    "mean_link_before", "mean_link_after", "mean_surface_after", "weak", "unknown", "default",
    "best_loc_other", "between", "link_between", "n_clause", "n_sentence", "n_document",
    "n_services_clause", "n_targets_clause", "n_others_clause", "n_others_sentence", "n_others_document",
    "has_cue", *(f"reference_{r}" for r in _REFERENCES), "block",
    "zh", "notice", "block_action", "restrict_action", "allow_action", "still", "strong_surface",
    *(f"top_{c}" for c in _TOP), "in_previous", "in_next", "own_platform", "hinted", "platform_score",
    "platform_rank", "is_category", *(f"category_{c}" for c in _CATEGORIES), "code", "link_gap",
    "first_in_block", "first_in_sentence", "role_recency",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Candidate:
    """A value a slot might take.

    Attributes:
        place: the occurrence that speaks for it, None for a default.
        loc: where that occurrence stands (0 same clause ... 9 nowhere).
        bag: tokens for the slot's word model.
    """

    value: str
    place: Place | None
    loc: int
    row: tuple[float, ...]
    bag: tuple[str, ...]


def _bag(
    reading: Reading, value: str, place: Place | None, loc: int, clause_words: Sequence[str]
) -> tuple[str, ...]:
    """Tokens of the wording in and around the occurrence, or of the clause for a default."""
    if place is None:
        return (f"default={value}", *clause_words)
    mention, (start, end) = place.mention, place.group
    here = min(loc, 3)
    left = WORD.findall(reading.plain, max(0, start - 30), start)[-3:]
    right = WORD.findall(reading.plain, end, end + 30)[:3]
    bag = [f"loc={loc}", f"rule={mention.rule}"]
    if mention.kind not in ("service", "date"):  # a name's own wording says nothing of other names
        text = reading.plain[mention.start : mention.end]
        bag += [f"text={text}", f"value={value}", f"text={text} {here}", f"value={value} {here}"]
    bag += sorted(mention.categories)
    bag += [f"left={' '.join(left[-n:])}" for n in range(1, len(left) + 1)]
    bag += [f"right={' '.join(right[:n])}" for n in range(1, len(right) + 1)]
    if left and right:
        bag.append(f"around={left[-1]} {right[0]}")
    return tuple(bag)


_REMEMBERED = 60  # mentions back to which a platform is remembered
MOST_VALUES = 100  # of a slot; the largest annotated document has 40, a list of all services has thousands
_NEAR = 4  # location code of the lead-in: same clause, sentence, block above it, or lead
NONE = "none"  # no date, everywhere
DEFAULTS = {"surface": "all", "target": "external", "date": NONE, "until": NONE, "region": NONE}
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
_OWN = 12 + len(_CATEGORIES)  # width of the features that differ between slots and dates
_ROLES = tuple(DateRole)
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


def _most_frequent(
    pool: dict[str, tuple[Place, ...]], kept: Collection[str | None]
) -> dict[str, tuple[Place, ...]]:
    """The pool cut down to its MOST_VALUES most frequent values and those that must stay."""
    if len(pool) <= MOST_VALUES:
        return pool
    frequent = set(sorted(pool, key=lambda v: (-len(pool[v]), v))[:MOST_VALUES])
    return {value: places for value, places in pool.items() if value in frequent or value in kept}


class SlotFeatures:
    """Candidates with features for each slot of (clause, action)."""

    def __init__(self, reading: Reading, clauses: Sequence[Clause]) -> None:
        self.reading, self.clauses = reading, clauses
        pools: dict[str, dict[str, tuple[Place, ...]]] = {
            "platform": dict(reading.services),
            "surface": dict(reading.surfaces),
            "target": {**reading.services, **reading.targets},
            "date": dict(reading.starts),
            "until": dict(reading.ends),
            "region": dict(reading.regions),
        }
        own = reading.document.platform
        if own and own not in pools["platform"]:
            pools["platform"][own] = ()
        for places in reading.surfaces.values():
            for place in places:
                hint = place.mention.source.platform if place.mention.source else None
                if hint:
                    pools["platform"].setdefault(hint, ())
        for slot, value in DEFAULTS.items():
            pools[slot].setdefault(value, ())
        for slot, pool in pools.items():
            pools[slot] = _most_frequent(pool, {DEFAULTS.get(slot), own})
        if any("app_store" in p[0].mention.categories for p in reading.services.values()):
            pools["surface"].setdefault("app", ())  # links in the apps that a store distributes
        self.pools = pools
        self.ordered = {
            slot: sorted((p.mention.middle, v) for v, places in pool.items() for p in places)
            for slot, pool in pools.items()
        }
        self.profiles = {
            slot: {v: profile_of(reading, p) for v, p in pool.items() if p} for slot, pool in pools.items()
        }
        self.totals = {
            slot: sum(p.count for p in profiles.values()) for slot, profiles in self.profiles.items()
        }
        scores = {v: platform_score(p) for v, p in self.profiles["platform"].items()}
        if own:
            scores[own] = scores.get(own, 0.0) + 5.0
        self.platform_scores = scores
        self.platform_ranks = {v: i for i, v in enumerate(sorted(scores, key=lambda v: (-scores[v], v)))}
        self.main = next(iter(self.platform_ranks), None)
        self.top = self._categories(self.main)
        self.scenes: dict[int, _Scene] = {}
        self.first_in_block: dict[int, int] = {}
        self.first_in_sentence: dict[int, int] = {}
        for place in sorted(
            (p for places in reading.services.values() for p in places), key=lambda p: p.mention.start
        ):
            self.first_in_block.setdefault(place.block, place.mention.start)
            self.first_in_sentence.setdefault(place.sentence, place.mention.start)
        self.in_role = sorted(
            (p.mention.start, v) for v, places in reading.services.items() for p in places if platform_like(p)
        )
        self.count_ranks = {
            s: self._ranks(p, lambda x: (-x.count, x.first)) for s, p in self.profiles.items()
        }
        self.first_ranks = {s: self._ranks(p, lambda x: (x.first,)) for s, p in self.profiles.items()}

    def _role_recency(self, value: str, end: int) -> int:
        """How many other services were used as a platform since this one last was; 9 if it never was."""
        seen: set[str] = set()
        at = bisect_left(self.in_role, (end, ""))
        for _, service in reversed(self.in_role[max(0, at - _REMEMBERED) : at]):
            if service == value:
                return len(seen)
            seen.add(service)
        return 9

    def _categories(self, service: str | None) -> frozenset[str]:
        """Categories of a service of the document."""
        places = self.reading.services.get(service, ()) if service else ()
        return places[0].mention.categories if places else frozenset()

    @staticmethod
    def _ranks(profiles: dict[str, Profile], key: Callable[[Profile], tuple[int, ...]]) -> dict[str, int]:
        return {v: i for i, v in enumerate(sorted(profiles, key=lambda v: key(profiles[v])))}

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
        pool = self.pools[slot]
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
            row = (*self._row(clause, slot, spot, anchor), *shared, *self._own(slot, clause, spot, scene))
            bag = _bag(self.reading, value, place, loc, scene.words)
            result.append(Candidate(value, place, loc, row, bag))
        return result

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
        profile = self.profiles[slot].get(value)
        n = len(self.pools[slot])
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
            places = self.pools[slot][value]
            distance = place.mention.middle - anchor
            head = [
                loc, max(-30, min(30, clause.sentence - place.sentence)), max(-999, min(999, distance)),
                min(999, abs(distance)), distance > 0, *place.before, *place.after, place.link_before,
                place.link_after, place.surface_after,
                place.group != (place.mention.start, place.mention.end), profile.in_title,
                any(p.block == clause.heading for p in places), any(p.block == clause.lead for p in places),
                profile.in_first, profile.in_last, profile.count, profile.count / self.totals[slot],
                self.count_ranks[slot][value], recency, self.first_ranks[slot][value], *profile.means,
                place.mention.weak, place.mention.unknown, value == DEFAULTS.get(slot),
            ]  # fmt: skip
        head += [spot.other, *self._between(slot, value, place, anchor, clause)]
        return head

    def _between(
        self, slot: str, value: str, place: Place | None, anchor: float, clause: Clause
    ) -> tuple[int, int]:
        """Other values of the slot between a mention and the anchor, and between it and the nearest link."""
        if place is None:
            return 9, 9
        found, at = self.ordered[slot], place.mention.middle
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
            len(nearest), len(in_clause), targets, sum(slug != self.main for slug in in_clause),
            sum(slug != self.main for slug in in_sentence), len(self.reading.services),
            any(m.value == action for m in clause.cues), *(r in references for r in _REFERENCES),
            _KINDS.index(self.reading.layout.blocks[clause.block].kind),
            self.reading.document.lang is Lang.ZH, self.reading.document.kind is Kind.NOTICE,
            *(action is a for a in ACTIONS),
            any(m.source is not None and m.source.still for m in clause.cues), strong,
            *(c in self.top for c in _TOP),
        ]  # fmt: skip

    def _own(self, slot: str, clause: Clause, spot: _Spot, scene: _Scene) -> list[float]:
        """What a value is by itself: kind of service, code of the slug; for dates their role and distance."""
        value, place = spot.value, spot.place
        if slot in ("date", "until"):
            return self._date(value, place)
        categories = place.mention.categories if place else frozenset()
        previous, following = scene.previous, scene.following
        places = self.pools[slot][value]
        gap = (
            min((abs(link.middle - place.mention.middle) for link in clause.links), default=FAR)
            if place
            else FAR
        )
        service = self.reading.services.get(value)
        return [
            any(p.clause == previous for p in places), any(p.clause == following for p in places),
            value == self.reading.document.platform, value in scene.hinted,
            self.platform_scores.get(value, -9.0),
            self.platform_ranks.get(value, 30), service is None, *(c in categories for c in _CATEGORIES),
            _CODES.get(value, 30), min(FAR, gap),
            place is not None and self.first_in_block.get(place.block) == place.mention.start,
            any(self.first_in_sentence.get(clause.sentence) == p.mention.start for p in places),
            min(9, self._role_recency(value, clause.end)),
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
