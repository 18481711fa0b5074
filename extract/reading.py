"""A document as the extractor sees it: normalised text, mentions, layout, and how services are used in it."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from extract.dates import DateMention, DateRole, read_dates
from extract.frames import load_frames
from extract.layout import BlockKind, Layout, find_layout
from extract.mentions import Mention, Mentions, find_mentions, nothing
from extract.normal import normalise
from extract.records import Document, Lang, PartialDate, Precision

# What may stand between two members of a list. English names what kind of thing a member is.
JOINED = {
    Lang.EN: re.compile(
        r"\"?\s*[,/&]?\s*(?:and|or|nor|as well as|plus)?\s*"
        r"(?:(?:also|even|then)\s+)?(?:(?:in|on|from|to|of|for)\s*)?"
        r"(?:(?:the|its|their|your|his|our|all|any|a|an|each|every|certain|some|several|many|various)\s+)?"
        r"(?:(?:handful|number|range|host|couple)\s+of\s+)?(?:(?:other|smaller|similar|rival|competing)\s+){0,2}"
        r"(?:(?:news|social|video|shopping|messaging|rival|e-commerce)\s+)?"
        r"(?:(?:agency|apps?|daily|giant|marketplace|networks?|outlet|platform|service|sites?)\s+)?\"?\s*"
    ),
    Lang.ZH: re.compile(
        r"\"?\s*(?:,|、|/|&)?\s*(?:and|or|和|与|及|以及|或者?|还是|跟|同|的)?\s*(?:[在从到]\s*)?\"?\s*"
    ),
}
_LISTED = re.compile(r"[,/&]|\b(?:and|or|nor|as well as|plus)\b")  # stands between members of two kinds
_ZH_PREPOSITION = re.compile(r"^\s*(?:的\s*)?[在从到]|^\s*的\s*$")
_PAIR = 2
_LONGEST_GAP = {Lang.EN: 40, Lang.ZH: 18}  # code points between two members
_PARTS = re.compile(r"[,.;:!?()\n]")  # end the reach of a governor
_REACH = {Lang.EN: 60, Lang.ZH: 18}  # code points back to which one is looked for
_ENDING = frozenset({DateRole.UNTIL, DateRole.DEADLINE})
_YEAR_END = re.compile(r"\bend of\b|[底末]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Place:
    """A mention with its surroundings.

    Attributes:
        sentence, clause, block: indices in the layout.
        group: (start, end) of the coordination the mention belongs to.
        before, after: which frames fit, as 0/1 in the order of BEFORE_NAMES and AFTER_NAMES.
        governor: which governor frame has the last word before the group, as 0/1 in the order of
            GOVERNOR_NAMES, then 1 if an action cue stands nearer, then the gap in code points (99 if none),
            then 1 if a link word stands right before the governor.
        link_before, link_after: gap in code points between the group and the nearest link word, 99 if none.
        surface_after: the same for a surface behind the group.
    """

    mention: Mention
    sentence: int
    clause: int
    block: int
    group: tuple[int, int]
    before: tuple[int, ...]
    after: tuple[int, ...]
    governor: tuple[int, ...]
    link_before: int
    link_after: int
    surface_after: int


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything known about a document before candidates are made.

    Attributes:
        full: title, newline, text (the text alone if there is no title).
        offset: code point at which the text begins in `full`.
        services, surfaces, targets, regions: every mention with its surroundings, by slug.
        starts, ends: date mentions by the ISO date they may give as the start and the end of a rule.
        dates: start offset -> date mention.
        reference: the day relative dates are resolved against: the publication day, or else one worked
            out from the text's own dates.
    """

    document: Document
    full: str
    plain: str
    offset: int
    mentions: Mentions
    layout: Layout
    services: dict[str, tuple[Place, ...]] = field(default_factory=dict)
    surfaces: dict[str, tuple[Place, ...]] = field(default_factory=dict)
    targets: dict[str, tuple[Place, ...]] = field(default_factory=dict)
    regions: dict[str, tuple[Place, ...]] = field(default_factory=dict)
    starts: dict[str, tuple[Place, ...]] = field(default_factory=dict)
    ends: dict[str, tuple[Place, ...]] = field(default_factory=dict)
    dates: Mapping[int, DateMention] = field(default_factory=dict)
    reference: date | None = None


_Spans = Mapping[tuple[int, int], tuple[int, int]]  # mention -> the list it is a member of


def _groups(plain: str, lang: Lang, *kinds: Sequence[Mention]) -> _Spans:
    """For each mention the span of the coordination it stands in ("A, B and C"), of whatever kinds."""
    runs: list[list[Mention]] = []
    for mention in sorted((m for found in kinds for m in found), key=lambda m: (m.start, m.end)):
        if runs and _are_listed(plain, lang, runs[-1][-1], mention):
            runs[-1].append(mention)
        else:
            runs.append([mention])
    return {
        (m.start, m.end): (members[0].start, members[-1].end)
        for run in runs
        for members in _members(plain, run)
        for m in members
    }


def _are_listed(plain: str, lang: Lang, one: Mention, other: Mention) -> bool:
    """Whether two neighbours stand in one list; "links to A on B" lists nothing."""
    if other.start < one.end:
        return True
    gap = plain[one.end : other.start]
    if len(gap) > _LONGEST_GAP[lang] or not JOINED[lang].fullmatch(gap):
        return False
    if _LISTED.search(gap):
        return True
    return lang is Lang.ZH and one.kind == other.kind and not _ZH_PREPOSITION.search(gap)


def _members(plain: str, run: list[Mention]) -> list[list[Mention]]:
    """A run as it is, or its two members apart if no more than a comma joins them ("On A, B links ...")."""
    if len(run) == _PAIR and plain[run[0].end : run[1].start].strip(' "') == ",":
        return [[member] for member in run]
    return [run]


def _named(plain: str, lang: Lang, mentions: Mentions) -> _Spans:
    """Lists of services and target categories; in English they mix ("Etsy and other marketplaces")."""
    if lang is Lang.EN:
        return _groups(plain, lang, mentions.services, mentions.targets)
    return {**_groups(plain, lang, mentions.targets), **_groups(plain, lang, mentions.services)}


def _gap_before(starts: list[int], ends: list[int], at: int) -> int:
    """Code points between the last span that ends at or before `at` and `at`; at most 99."""
    i = bisect_right(starts, at - 1) - 1
    while i >= 0 and ends[i] > at:
        i -= 1
    return min(99, at - ends[i]) if i >= 0 else 99


def _gap_after(starts: list[int], at: int) -> int:
    i = bisect_right(starts, at - 1)
    return min(99, starts[i] - at) if i < len(starts) else 99


class _Surroundings:
    """Looks up what stands around a mention."""

    def __init__(self, plain: str, lang: Lang, layout: Layout, mentions: Mentions) -> None:
        links, surfaces = mentions.links, mentions.surfaces
        self.plain, self.frames, self.layout, self.reach = plain, load_frames(lang), layout, _REACH[lang]
        self.cue_starts = [m.start for m in mentions.actions]
        self.cue_ends = [m.end for m in mentions.actions]
        self.clause_starts = [c.start for c in layout.clauses]
        self.link_starts, self.link_ends = [m.start for m in links], [m.end for m in links]
        self.surface_starts = [m.start for m in surfaces]

    def places(self, mentions: Sequence[Mention], groups: _Spans) -> dict[str, tuple[Place, ...]]:
        """Mentions with their surroundings, by value, in text order."""
        found: dict[str, list[Place]] = {}
        for mention in mentions:
            span = (mention.start, mention.end)
            found.setdefault(mention.value, []).append(self._place(mention, groups.get(span, span)))
        return {value: tuple(places) for value, places in found.items()}

    def _place(self, mention: Mention, group: tuple[int, int]) -> Place:
        left, right = self.plain[max(0, group[0] - 24) : group[0]], self.plain[group[1] : group[1] + 40]
        sentence = self.layout.sentence_at(mention.start)
        return Place(
            mention,
            sentence,
            max(0, bisect_right(self.clause_starts, mention.start) - 1),
            self.layout.sentences[sentence].block if self.layout.sentences else 0,
            group,
            tuple(int(frame.fits(left)) for frame in self.frames.before),
            tuple(int(frame.fits(right)) for frame in self.frames.after),
            self._governor(group[0]),
            _gap_before(self.link_starts, self.link_ends, group[0]),
            _gap_after(self.link_starts, group[1]),
            _gap_after(self.surface_starts, group[1]),
        )

    def _governor(self, at: int) -> tuple[int, ...]:
        start = max(0, at - self.reach)
        for mark in _PARTS.finditer(self.plain, start, at):
            start = mark.end()
        spans = [
            max(((m.end(), m.start()) for m in f.pattern.finditer(self.plain, start, at)), default=(-1, -1))
            for f in self.frames.governors
        ]
        end, begin = max(spans)
        cue = at - _gap_before(self.cue_starts, self.cue_ends, at)
        if end < 0:
            return (*[0] * len(spans), int(cue >= start), 99, 0)
        linked = _gap_before(self.link_starts, self.link_ends, begin) <= 1
        return (*(int(span == (end, begin)) for span in spans), int(cue > end), at - end, int(linked))


def _date_mentions(dates: Sequence[DateMention]) -> tuple[list[Mention], list[Mention]]:
    """The dates as mentions of a start and as mentions of an end."""
    starts, ends = [], []
    for d in dates:
        if d.value is not None:
            starts.append(Mention(d.start, d.end, "date", str(d.value), d.rule))
        if (end := last_day(d)) is not None:
            ends.append(Mention(d.start, d.end, "date", str(end), d.rule))
    return starts, ends


def last_day(d: DateMention) -> PartialDate | None:
    """The end of a rule that a date may give; None for one that gives none.

    "Until the end of the year" is told to the day: so 46 annotated facts have it, and two to the year.
    "The end of March" stays a month: 36 to 11.
    """
    if d.until is not None or d.role not in _ENDING or d.value is None:
        return d.until
    to_the_day = d.role is DateRole.UNTIL and d.value.precision is Precision.YEAR and _YEAR_END.search(d.text)
    return PartialDate.of(d.value.last) if to_the_day else d.value


def read(document: Document, hidden: Callable[[str], bool] = nothing) -> Reading:
    """Normalise a document, find its mentions and its layout; `hidden` services are read as unknown ones."""
    full = f"{document.title}\n{document.text}" if document.title else document.text
    offset = len(full) - len(document.text)
    plain, lang = normalise(full), document.lang
    mentions = find_mentions(full, plain, lang, hidden)
    # doubtful cues do not cut: fewer and longer clauses tell statements apart better (measured)
    cues = [(m.start, m.end) for m in mentions.actions if not m.weak]
    named = _named(plain, lang, mentions)
    placed, regional = _groups(plain, lang, mentions.surfaces), _groups(plain, lang, mentions.regions)
    whole = sorted({*named.values(), *placed.values()})
    layout = find_layout(plain, max(0, offset - 1), lang, cues, [(a, b) for a, b in whole if b - a > 1])
    reference, dates = read_dates(full, document.published, lang)
    starts, ends = _date_mentions(dates)
    surroundings = _Surroundings(plain, lang, layout, mentions)
    return Reading(
        document, full, plain, offset, mentions, layout,
        services=surroundings.places(mentions.services, named),
        targets=surroundings.places(mentions.targets, named),
        surfaces=surroundings.places(mentions.surfaces, placed),
        regions=surroundings.places(mentions.regions, regional),
        starts=surroundings.places(starts, {}), ends=surroundings.places(ends, {}),
        dates={d.start: d for d in dates},
        reference=reference,
    )  # fmt: skip


def block_kind(reading: Reading, clause: int) -> BlockKind:
    """Kind of the block that holds a clause."""
    sentence = reading.layout.sentences[reading.layout.clauses[clause].sentence]
    return reading.layout.blocks[sentence.block].kind
