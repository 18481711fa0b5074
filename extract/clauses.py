"""Clauses with what stands in them, and their wording as a bag of tokens."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from extract.mentions import Mention
from extract.reading import Reading
from extract.records import Action, Lang
from extract.words import words

ACTIONS = tuple(Action)
FAR = 99  # gaps and distances are cut off here


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

    def count(self, start: int, end: int) -> int:
        """How many mentions begin in [start, end)."""
        return max(0, bisect_left(self.starts, end) - bisect_left(self.starts, start))


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
        anchor = tuple(
            next((m.middle for m in inside if m.value == action and not m.weak), fallback)
            for action in ACTIONS
        )
        clauses.append(
            Clause(
                number,
                clause.start,
                clause.end,
                clause.sentence,
                sentence.block,
                block.heading,
                block.lead,
                tuple(inside),
                tuple(own_links),
                tuple(contexts.within(sentence.start, sentence.end)),
                tuple(references.within(clause.start, clause.end)),
                anchor,
            )
        )
    return clauses


def tokens(reading: Reading, clause: Clause) -> list[str]:
    """Bag of delexicalised n-grams (of stems in English, of characters in Chinese), cue ids and classes."""
    spans: list[tuple[int, int, str]] = []
    m = reading.mentions
    for named, tag in ((m.services, "SVC"), (m.surfaces, "SRF"), (m.targets, "TGT")):
        first = bisect_left(named, clause.start, key=lambda x: x.start)
        last = bisect_left(named, clause.end, key=lambda x: x.start)
        spans += [(x.start, x.end, tag) for x in named[first:last] if x.end <= clause.end]
    found: list[str] = []
    at = clause.start
    for start, end, tag in sorted(spans):
        if start < at:
            continue
        found += words(reading.plain, at, start)
        found.append(tag)
        at = end
    found += words(reading.plain, at, clause.end)
    bag = set(found)
    bag.update(f"{a} {b}" for a, b in pairwise(found))
    if reading.document.lang is Lang.ZH:
        bag.update(f"{a}{b}{c}" for a, b, c in zip(found, found[1:], found[2:], strict=False))
    bag.update(f"={cue.rule}" for cue in clause.cues)
    bag.update(f"@{cue.source.cls}" for cue in clause.cues if cue.source)
    return sorted(bag)
