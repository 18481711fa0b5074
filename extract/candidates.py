"""Candidates: for each clause and action what each slot might be, described by features.

Nothing is decided here. The features are structural (where a value stands relative to the clause and
its cue, what surrounds it, how the document uses it), so that they mean the same in both languages
and for services never seen in training.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from extract.dates import DateRole
from extract.layout import BlockKind
from extract.mentions import Mention
from extract.reading import AFTER_NAMES, BEFORE_NAMES, Place, Reading
from extract.records import Action, Kind, Lang, PartialDate
from extract.rules import CONTEXTS, LINKS, REFERENCES

ACTIONS = tuple(Action)
_KINDS = tuple(BlockKind)
_CONTEXTS = tuple(sorted(CONTEXTS))
_REFERENCES = tuple(sorted(REFERENCES))
_LINKS = tuple(sorted(LINKS))
_CATEGORIES = ("ecommerce", "social", "video", "messaging", "news", "app_store", "payments", "search", "link_in_bio")
_TOP = ("ecommerce", "social", "video", "messaging", "app_store", "search", "forum")
FAR = 99


@dataclass(frozen=True, slots=True)
class Clause:
    """What stands in one clause, gathered once.

    Attributes:
        index: of the clause in the layout; `sentence` and `block` likewise.
        cues: action cues inside it.
        anchor: code point around which distances are measured, for each action.
    """

    index: int
    start: int
    end: int
    sentence: int
    block: int
    heading: int | None
    lead: int | None
    cues: tuple[Mention, ...]
    links: tuple[Mention, ...]
    contexts: tuple[Mention, ...]
    references: tuple[Mention, ...]
    anchor: tuple[float, ...]


class Index:
    """Mentions sorted by start, sliced by span."""

    def __init__(self, mentions: Sequence[Mention]) -> None:
        self.mentions = mentions
        self.starts = [m.start for m in mentions]

    def within(self, start: int, end: int) -> Sequence[Mention]:
        """Mentions that begin in [start, end)."""
        return self.mentions[bisect_left(self.starts, start) : bisect_left(self.starts, end)]


def gather_clauses(reading: Reading) -> list[Clause]:
    """One record per clause of the text; the title yields none, since evidence must stand in the text."""
    mentions, layout = reading.mentions, reading.layout
    cues, links, contexts, references = (
        Index(m) for m in (mentions.actions, mentions.links, mentions.contexts, mentions.references)
    )
    clauses = []
    for number, clause in enumerate(layout.clauses):
        sentence = layout.sentences[clause.sentence]
        block = layout.blocks[sentence.block]
        inside = cues.within(clause.start, clause.end)
        middle = (clause.start + clause.end) / 2
        own_links = links.within(clause.start, clause.end)
        fallback = inside[0].middle if inside else own_links[0].middle if own_links else middle
        anchor = tuple(next((m.middle for m in inside if m.value == action and not m.weak), fallback) for action in ACTIONS)
        clauses.append(
            Clause(
                number, clause.start, clause.end, clause.sentence, sentence.block, block.heading, block.lead,
                tuple(inside), tuple(own_links), tuple(contexts.within(sentence.start, sentence.end)),
                tuple(references.within(clause.start, clause.end)), anchor,
            )
        )  # fmt: skip
    return clauses


# --- gate -----------------------------------------------------------------------------------------

GATE_NAMES = (
    "cues_same", "cues_same_strong", "cues_same_links", "cues_same_still", "cues_other", "cues_other_strong", "cues_sentence_same",
    "cue_first_same", "cue_last_same", "cue_longest_same", "cue_longest_other", "cue_link_gap", "links", "links_strong", "links_sentence",
    "links_block", "links_document", "services", "services_sentence", "services_document", "surfaces", "surfaces_sentence",
    "targets", "targets_strong", "targets_sentence", "digits", "question", "position", "length", "sentence_length", "is_last_clause", "clause_number",
    "previous_same", "previous_other", "next_same", "next_other", "lead_same", "lead_other", "heading_same", "heading_other", "title_same",
    "title_other", "title_links", "lead_links", "heading_links", "has_lead", "document_same", "document_other", "quoted",
    *(f"context_{c}" for c in _CONTEXTS), *(f"before_{c}" for c in _CONTEXTS), *(f"reference_{r}" for r in _REFERENCES),
    *(f"link_{k}" for k in _LINKS), *(f"block_{k}" for k in _KINDS), "is_block", "is_restrict", "is_allow", "notice", "zh",
)  # fmt: skip

_DIGITS = re.compile(r"\d")


def _count(mentions: Iterable[Mention], action: Action, *, same: bool) -> int:
    return sum(1 for m in mentions if (m.value == action) is same)


def _span(reading: Reading, block: int | None) -> tuple[int, int]:
    return (0, 0) if block is None else (reading.layout.blocks[block].start, reading.layout.blocks[block].end)


class GateFeatures:
    """Dense features of (clause, action): does the clause state that links are so treated?"""

    def __init__(self, reading: Reading, clauses: Sequence[Clause]) -> None:
        self.reading, self.clauses = reading, clauses
        m = reading.mentions
        self.cues, self.links, self.services, self.surfaces, self.targets = (
            Index(x) for x in (m.actions, m.links, m.services, m.surfaces, m.targets)
        )

    def row(self, clause: Clause, action: Action) -> list[float]:
        """Features in the order of GATE_NAMES."""
        reading, layout = self.reading, self.reading.layout
        sentence = layout.sentences[clause.sentence]
        block = layout.blocks[clause.block]
        same = [m for m in clause.cues if m.value == action]
        other = [m for m in clause.cues if m.value != action]
        strong = [m for m in same if not m.weak]
        first = same[0] if same else None
        links_sentence = self.links.within(sentence.start, sentence.end)
        gap = min((abs(m.middle - link.middle) for m in same for link in links_sentence), default=FAR)
        before, after = self._neighbour(clause, -1), self._neighbour(clause, 1)
        lead, heading = _span(reading, clause.lead), _span(reading, clause.heading)
        title = (0, max(0, reading.offset - 1))
        targets = self.targets.within(clause.start, clause.end)
        kinds = {m.value for m in clause.contexts}
        cue_at = clause.anchor[ACTIONS.index(action)]
        ahead = {m.value for m in clause.contexts if m.end <= cue_at + 1 and m.start >= clause.start - 30}
        references = {m.value for m in clause.references}
        link_kinds = {m.value for m in links_sentence}
        row: list[float] = [
            len(same), len(strong), sum(m.source.links for m in same if m.source), sum(m.source.still for m in same if m.source),
            len(other), sum(not m.weak for m in other), _count(self.cues.within(sentence.start, sentence.end), action, same=True),
            bool(same and (not other or same[0].start < other[0].start)), bool(same and (not other or same[-1].start > other[-1].start)),
            max((m.end - m.start for m in same), default=0), max((m.end - m.start for m in other), default=0),
            min(gap, FAR), len(clause.links), sum(not m.weak for m in clause.links), len(links_sentence),
            len(self.links.within(block.start, block.end)), min(20, len(reading.mentions.links)),
            len(self.services.within(clause.start, clause.end)), len(self.services.within(sentence.start, sentence.end)), len(reading.services),
            len(self.surfaces.within(clause.start, clause.end)), len(self.surfaces.within(sentence.start, sentence.end)),
            len(targets), sum(not m.weak for m in targets), len(self.targets.within(sentence.start, sentence.end)),
            bool(_DIGITS.search(reading.plain, clause.start, clause.end)), reading.plain[sentence.end - 1 : sentence.end] == "?",
            clause.start / max(1, len(reading.plain)), clause.end - clause.start, sentence.end - sentence.start,
            clause.end >= sentence.end, clause.index - self._first_clause(clause),
            _count(before, action, same=True), _count(before, action, same=False),
            _count(after, action, same=True), _count(after, action, same=False),
            *self._both(lead, action), *self._both(heading, action), *self._both(title, action),
            len(self.links.within(*title)), len(self.links.within(*lead)), len(self.links.within(*heading)), clause.lead is not None,
            _count(reading.mentions.actions, action, same=True), _count(reading.mentions.actions, action, same=False),
            '"' in reading.plain[sentence.start : sentence.end],
        ]  # fmt: skip
        row += [c in kinds for c in _CONTEXTS]
        row += [c in ahead for c in _CONTEXTS]
        row += [r in references for r in _REFERENCES]
        row += [k in link_kinds for k in _LINKS]
        row += [block.kind is k for k in _KINDS]
        row += [action is a for a in ACTIONS]
        row += [reading.document.kind is Kind.NOTICE, reading.document.lang is Lang.ZH]
        del first
        return row

    def _both(self, span: tuple[int, int], action: Action) -> tuple[int, int]:
        cues = self.cues.within(*span)
        return _count(cues, action, same=True), _count(cues, action, same=False)

    def _neighbour(self, clause: Clause, step: int) -> tuple[Mention, ...]:
        at = clause.index + step
        return self.clauses[at].cues if 0 <= at < len(self.clauses) else ()

    def _first_clause(self, clause: Clause) -> int:
        at = clause.index
        while at > 0 and self.clauses[at - 1].sentence == clause.sentence:
            at -= 1
        return at


_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?|\d+|[\u4e00-\u9fff]|[^\s\w]")


def tokens(reading: Reading, clause: Clause) -> list[str]:
    """Bag of delexicalised word n-grams (characters in Chinese), cue ids and classes of a clause."""
    spans: list[tuple[int, int, str]] = []
    m = reading.mentions
    for found, tag in ((m.services, "SVC"), (m.surfaces, "SRF"), (m.targets, "TGT")):
        spans += [(x.start, x.end, tag) for x in found if clause.start <= x.start and x.end <= clause.end]
    words: list[str] = []
    at = clause.start
    for start, end, tag in sorted(spans):
        if start < at:
            continue
        words += _WORD.findall(reading.plain, at, start)
        words.append(tag)
        at = end
    words += _WORD.findall(reading.plain, at, clause.end)
    words = ["#" if w.isdigit() else w for w in words]
    bag = set(words)
    bag.update(f"{a} {b}" for a, b in zip(words, words[1:], strict=False))
    if reading.document.lang is Lang.ZH:
        bag.update(f"{a}{b}{c}" for a, b, c in zip(words, words[1:], words[2:], strict=False))
    bag.update(f"={cue.rule}" for cue in clause.cues)
    bag.update(f"@{cue.source.cls}" for cue in clause.cues if cue.source)
    return sorted(bag)


# --- slots ----------------------------------------------------------------------------------------

SLOTS = ("platform", "surface", "target")
DETAILS = ("date", "until", "region")  # decided per event once the core of a fact stands
SLOT_NAMES = (
    "loc", "sentence_distance", "distance", "abs_distance", "behind_anchor", *(f"before_{n}" for n in BEFORE_NAMES),
    *(f"after_{n}" for n in AFTER_NAMES), "link_before", "link_after", "surface_after", "grouped", "in_title", "in_heading", "in_lead",
    "in_first", "in_last", "count", "share", "count_rank", "recency_rank", "first_rank", *(f"mean_before_{n}" for n in BEFORE_NAMES),
    *(f"mean_after_{n}" for n in AFTER_NAMES), "mean_link_before", "mean_link_after", "mean_surface_after", "weak", "unknown", "default",
    "best_loc_other", "between", "link_between",
    "n_clause", "n_sentence", "n_document", "n_services_clause", "n_targets_clause",
    "has_cue", *(f"reference_{r}" for r in _REFERENCES), "block", "zh", "notice", "block_action", "restrict_action", "allow_action",
    "still", "strong_surface", *(f"top_{c}" for c in _TOP),
    "in_previous", "in_next", "own_platform", "hinted", "platform_score", "platform_rank", "is_category",
    *(f"category_{c}" for c in _CATEGORIES), "code", "link_gap", "first_in_block",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Candidate:
    """A value a slot might take.

    Attributes:
        place: the occurrence that speaks for it, None for a default.
        loc: where that occurrence stands (0 same clause ... 9 nowhere).
    """

    value: str
    place: Place | None
    loc: int
    row: tuple[float, ...]


NONE = "none"  # no date, everywhere
DEFAULTS = {"surface": "all", "target": "external", "date": NONE, "until": NONE, "region": NONE}
_SURFACE_CODES = (
    "all live short_video video description comments post story moments article profile message group_chat cart "
    "product_page ads search mini_program app"
).split()
_TARGET_CODES = (
    "external ecommerce news social payments link_in_bio downloads affiliate shorteners qr_codes gambling adult harmful"
).split()
_OWN = 10 + len(_CATEGORIES)  # width of the features that differ between slots and dates
_ROLES = tuple(DateRole)
_CODES = {slug: i for i, slug in enumerate(_SURFACE_CODES)} | {slug: i for i, slug in enumerate(_TARGET_CODES)}


@dataclass(frozen=True, slots=True)
class _Profile:
    """How a document uses a value, over all its occurrences."""

    count: int
    first: int
    means: tuple[float, ...]
    in_title: bool
    in_first: bool
    in_last: bool


def _mean(values: Iterable[float], count: int) -> float:
    return sum(values) / count


def _profile(reading: Reading, places: Sequence[Place]) -> _Profile:
    n = len(places)
    means = [_mean((p.before[i] for p in places), n) for i in range(len(BEFORE_NAMES))]
    means += [_mean((p.after[i] for p in places), n) for i in range(len(AFTER_NAMES))]
    means += [
        _mean((p.link_before <= 8 for p in places), n),
        _mean((p.link_after <= 8 for p in places), n),
        _mean((p.surface_after <= 6 for p in places), n),
    ]
    blocks = reading.layout.blocks
    signed = [i for i in range(max(0, len(blocks) - 3), len(blocks)) if blocks[i].end - blocks[i].start <= 40]  # a signature is short
    first_block = next((i for i, b in enumerate(reading.layout.blocks) if b.kind is not BlockKind.TITLE), 0)
    return _Profile(
        n, places[0].mention.start, tuple(means), places[0].mention.start < reading.offset, any(p.block == first_block for p in places),
        any(p.block in signed for p in places),
    )


def _platform_score(profile: _Profile) -> float:
    """How much a service is used as the place where things happen, against as what is linked to."""
    before = dict(zip(BEFORE_NAMES, profile.means, strict=False))
    after = dict(zip(AFTER_NAMES, profile.means[len(BEFORE_NAMES) :], strict=False))
    link_after = profile.means[-2]
    role = 0.6 * before["on"] + before["initial"] + after["subject"] + after["place"] + 0.5 * after["possessive"]
    return (role - before["to"] - link_after) * math.sqrt(profile.count) + 0.5 * profile.in_title + 0.8 * profile.in_last + 0.3 * math.log1p(profile.count)


def _others(found: Sequence[tuple[float, str]], a: float, b: float, value: str, group: tuple[int, int]) -> int:
    """How many mentions of other values, outside the group, stand between two points; at most 9."""
    low, high = (a, b) if a <= b else (b, a)
    first = bisect_right(found, low, key=lambda f: f[0])
    count = 0
    for middle, other in found[first : first + 20]:
        if middle >= high or count == 9:
            break
        count += other != value and not group[0] <= middle <= group[1]
    return count


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
        if any("app_store" in p[0].mention.categories for p in reading.services.values()):
            pools["surface"].setdefault("app", ())  # links in the apps that a store distributes
        self.pools = pools
        self.ordered = {
            slot: sorted((p.mention.middle, v) for v, places in pool.items() for p in places) for slot, pool in pools.items()
        }
        self.profiles = {
            slot: {v: _profile(reading, p) for v, p in pool.items() if p} for slot, pool in pools.items()
        }
        scores = {v: _platform_score(p) for v, p in self.profiles["platform"].items()}
        if own:
            scores[own] = scores.get(own, 0.0) + 5.0
        self.platform_scores = scores
        self.platform_ranks = {v: i for i, v in enumerate(sorted(scores, key=lambda v: (-scores[v], v)))}
        self.top = self._categories(next(iter(self.platform_ranks), None))
        self.first_in_block: dict[int, int] = {}
        for place in sorted((p for places in reading.services.values() for p in places), key=lambda p: p.mention.start):
            self.first_in_block.setdefault(place.block, place.mention.start)
        self.count_ranks = {s: self._ranks(p, lambda x: (-x.count, x.first)) for s, p in self.profiles.items()}
        self.first_ranks = {s: self._ranks(p, lambda x: (x.first,)) for s, p in self.profiles.items()}

    def _categories(self, service: str | None) -> frozenset[str]:
        """Categories of a service of the document."""
        places = self.reading.services.get(service, ()) if service else ()
        return places[0].mention.categories if places else frozenset()

    @staticmethod
    def _ranks(profiles: dict[str, _Profile], key) -> dict[str, int]:  # type: ignore[no-untyped-def]
        return {v: i for i, v in enumerate(sorted(profiles, key=lambda v: key(profiles[v])))}

    def _loc(self, clause: Clause, place: Place) -> int:
        if place.clause == clause.index:
            return 0
        if place.sentence == clause.sentence:
            return 1 if place.mention.start < clause.start else 2
        if place.mention.start < self.reading.offset:
            return 7
        if place.block == clause.block:
            return 3 if place.sentence < clause.sentence else 8
        if place.block == clause.lead:
            return 4
        if place.block == clause.heading:
            return 5
        return 6 if place.sentence < clause.sentence else 8

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
        locs = sorted(loc for loc, _ in nearest.values())
        last = {v: self._last_before(places, clause.end) for v, places in pool.items()}
        recency = {v: i for i, v in enumerate(sorted(last, key=lambda v: -last[v]))}
        shared = self._shared(clause, action, slot, nearest)
        result = []
        for value, (loc, place) in nearest.items():
            other = locs[1] if len(locs) > 1 and locs[0] == loc else locs[0] if locs[0] != loc else 9
            row = self._row(clause, slot, value, loc, place, anchor, recency[value], other)
            result.append(Candidate(value, place, loc, (*row, *shared, *self._own(slot, value, clause, place))))
        return result

    @staticmethod
    def _last_before(places: Sequence[Place], end: int) -> int:
        at = bisect_right(places, end - 1, key=lambda p: p.mention.start)
        return places[at - 1].mention.start if at else -1

    def _row(
        self, clause: Clause, slot: str, value: str, loc: int, place: Place | None, anchor: float, recency: int, other: int
    ) -> list[float]:
        profile = self.profiles[slot].get(value)
        n = len(self.pools[slot])
        if place is None or profile is None:
            head: list[float] = [9, 30, 999, 999, 0, *[0] * len(BEFORE_NAMES), *[0] * len(AFTER_NAMES), FAR, FAR, FAR, 0, 0, 0, 0, 0, 0]
            head += [0, 0, n, recency, n, *[0] * (len(BEFORE_NAMES) + len(AFTER_NAMES) + 3), 0, 0, value == DEFAULTS.get(slot)]
        else:
            places = self.pools[slot][value]
            distance = place.mention.middle - anchor
            total = sum(p.count for p in self.profiles[slot].values())
            head = [
                loc, max(-30, min(30, clause.sentence - place.sentence)), max(-999, min(999, distance)), min(999, abs(distance)), distance > 0,
                *place.before, *place.after, place.link_before, place.link_after, place.surface_after,
                place.group != (place.mention.start, place.mention.end), profile.in_title,
                any(p.block == clause.heading for p in places), any(p.block == clause.lead for p in places), profile.in_first, profile.in_last,
                profile.count, profile.count / total, self.count_ranks[slot][value], recency, self.first_ranks[slot][value],
                *profile.means, place.mention.weak, place.mention.unknown, value == DEFAULTS.get(slot),
            ]  # fmt: skip
        head += [other, *self._between(slot, value, place, anchor, clause)]
        return head

    def _between(self, slot: str, value: str, place: Place | None, anchor: float, clause: Clause) -> tuple[int, int]:
        """Other values of the slot that stand between a mention and the anchor, and between it and the nearest link word."""
        if place is None:
            return 9, 9
        found, at = self.ordered[slot], place.mention.middle
        link = min((m.middle for m in clause.links), key=lambda m: abs(m - at), default=anchor)
        return _others(found, at, anchor, value, place.group), _others(found, at, link, value, place.group)

    def _shared(self, clause: Clause, action: Action, slot: str, nearest: dict[str, tuple[int, Place | None]]) -> list[float]:
        """Features that all candidates of the slot share."""
        references = {m.value for m in clause.references}
        services = sum(1 for places in self.reading.services.values() if any(p.clause == clause.index for p in places))
        targets = sum(1 for places in self.reading.targets.values() if any(p.clause == clause.index for p in places))
        surfaces = self.reading.surfaces.values()
        strong = any(p.clause == clause.index and not p.mention.weak for places in surfaces for p in places)
        return [
            sum(loc == 0 for loc, _ in nearest.values()), sum(loc <= 2 for loc, _ in nearest.values()), len(nearest), services, targets,
            any(m.value == action for m in clause.cues), *(r in references for r in _REFERENCES),
            _KINDS.index(self.reading.layout.blocks[clause.block].kind), self.reading.document.lang is Lang.ZH,
            self.reading.document.kind is Kind.NOTICE, *(action is a for a in ACTIONS),
            any(m.source is not None and m.source.still for m in clause.cues), strong,
            *(c in self.top for c in _TOP),
        ]  # fmt: skip

    def _own(self, slot: str, value: str, clause: Clause, place: Place | None) -> list[float]:
        if slot in ("date", "until"):
            return self._date(value, place)
        categories = place.mention.categories if place else frozenset()
        hinted = any(
            p.mention.source is not None and p.mention.source.platform == value and p.sentence == clause.sentence
            for places in self.reading.surfaces.values()
            for p in places
        )
        previous, following = self._near_cue(clause, -1), self._near_cue(clause, 1)
        places = self.pools[slot][value]
        gap = min((abs(link.middle - place.mention.middle) for link in clause.links), default=FAR) if place else FAR
        service = self.reading.services.get(value)
        return [
            any(p.clause == previous for p in places), any(p.clause == following for p in places),
            value == self.reading.document.platform, hinted, self.platform_scores.get(value, -9.0), self.platform_ranks.get(value, 30),
            service is None, *(c in categories for c in _CATEGORIES), _CODES.get(value, 30), min(FAR, gap),
            place is not None and self.first_in_block.get(place.block) == place.mention.start,
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
            *(mention.role is role for role in _ROLES), mention.relative, mention.explicit_year, value.count("-"),
            math.copysign(math.log1p(abs(delta)), delta), delta == 0, mention.until is not None,
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
