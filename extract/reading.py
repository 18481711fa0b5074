"""A document as the extractor sees it: normalised text, mentions, layout, and how services are used in it."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from extract.dates import DateMention, DateRole, find_dates, infer_reference
from extract.frames import load_frames
from extract.layout import BlockKind, Layout, find_layout
from extract.mentions import Mention, Mentions, find_mentions
from extract.normal import normalise
from extract.records import Document, Lang

_JOINED = re.compile(
    r"\"?\s*(?:,|、|/|&)?\s*(?:and|or|nor|as well as|plus|和|与|及|以及|或者?|还是|跟|同|的)?\s*"
    r"(?:(?:also|even|then)\s+)?(?:(?:in|on|from|to|of|for|在|从|到)\s*)?(?:(?:the|its|their|your|his|our|all|any|a|an|each)\s+)?\"?\s*"
)
_ENDING = frozenset({DateRole.UNTIL, DateRole.DEADLINE})


@dataclass(frozen=True, slots=True)
class Place:
    """A mention with its surroundings.

    Attributes:
        sentence, clause, block: indices in the layout.
        group: (start, end) of the coordination the mention belongs to.
        before, after: which frames fit, as 0/1 in the order of BEFORE_NAMES and AFTER_NAMES.
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


def _groups(plain: str, mentions: Sequence[Mention]) -> list[tuple[int, int]]:
    """For each mention the span of the coordination it stands in ("A, B and C")."""
    groups: list[tuple[int, int]] = []
    first = 0
    for i, mention in enumerate(mentions):
        if i and mention.start >= mentions[i - 1].end:
            gap = plain[mentions[i - 1].end : mention.start]
            if len(gap) > 18 or not _JOINED.fullmatch(gap):
                groups += [(mentions[first].start, mentions[i - 1].end)] * (i - first)
                first = i
    groups += [(mentions[first].start, mentions[-1].end)] * (len(mentions) - first) if mentions else []
    return groups


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

    def __init__(
        self, plain: str, lang: Lang, layout: Layout, links: Sequence[Mention], surfaces: Sequence[Mention]
    ) -> None:
        self.plain, self.frames, self.layout = plain, load_frames(lang), layout
        self.clause_starts = [c.start for c in layout.clauses]
        self.link_starts, self.link_ends = [m.start for m in links], [m.end for m in links]
        self.surface_starts = [m.start for m in surfaces]

    def places(self, mentions: Sequence[Mention], *, grouped: bool = True) -> dict[str, tuple[Place, ...]]:
        """Mentions with their surroundings, by value, in text order."""
        groups = _groups(self.plain, mentions) if grouped else [(m.start, m.end) for m in mentions]
        found: dict[str, list[Place]] = {}
        for mention, group in zip(mentions, groups, strict=True):
            found.setdefault(mention.value, []).append(self._place(mention, group))
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
            _gap_before(self.link_starts, self.link_ends, group[0]),
            _gap_after(self.link_starts, group[1]),
            _gap_after(self.surface_starts, group[1]),
        )


def _date_mentions(dates: Sequence[DateMention]) -> tuple[list[Mention], list[Mention]]:
    """The dates as mentions of a start and as mentions of an end."""
    starts, ends = [], []
    for d in dates:
        if d.value is not None:
            starts.append(Mention(d.start, d.end, "date", str(d.value), d.rule))
        end = d.until or (d.value if d.role in _ENDING else None)
        if end is not None:
            ends.append(Mention(d.start, d.end, "date", str(end), d.rule))
    return starts, ends


def read(document: Document) -> Reading:
    """Normalise a document, find its mentions and its layout."""
    full = f"{document.title}\n{document.text}" if document.title else document.text
    offset = len(full) - len(document.text)
    plain, lang = normalise(full), document.lang
    mentions = find_mentions(full, plain, lang)
    # doubtful cues do not cut: fewer and longer clauses tell statements apart better (measured)
    cues = [(m.start, m.end) for m in mentions.actions if not m.weak]
    whole = sorted(
        {
            g
            for found in (mentions.services, mentions.surfaces, mentions.targets)
            for g in _groups(plain, found)
        }
    )
    layout = find_layout(plain, max(0, offset - 1), lang, cues, [(a, b) for a, b in whole if b - a > 1])
    reference = document.published or infer_reference(full, lang)
    dates = find_dates(full, reference, lang)
    starts, ends = _date_mentions(dates)
    surroundings = _Surroundings(plain, lang, layout, mentions.links, mentions.surfaces)
    return Reading(
        document, full, plain, offset, mentions, layout, services=surroundings.places(mentions.services),
        surfaces=surroundings.places(mentions.surfaces), targets=surroundings.places(mentions.targets),
        regions=surroundings.places(mentions.regions), starts=surroundings.places(starts, grouped=False),
        ends=surroundings.places(ends, grouped=False), dates={d.start: d for d in dates},
        reference=reference,
    )  # fmt: skip


def block_kind(reading: Reading, clause: int) -> BlockKind:
    """Kind of the block that holds a clause."""
    sentence = reading.layout.sentences[reading.layout.clauses[clause].sentence]
    return reading.layout.blocks[sentence.block].kind
