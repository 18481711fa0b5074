"""Features of a possible statement: a clause together with an action."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from extract.clauses import ACTIONS, FAR, Clause, Index
from extract.layout import BlockKind
from extract.mentions import Mention
from extract.reading import Reading
from extract.records import Action, Kind, Lang
from extract.rules import CONTEXTS, LINKS, REFERENCES

_KINDS = tuple(BlockKind)
_CONTEXTS = tuple(sorted(CONTEXTS))
_REFERENCES = tuple(sorted(REFERENCES))
_LINKS = tuple(sorted(LINKS))

GATE_NAMES = (
    "cues_same", "cues_same_strong", "cues_same_links", "cues_same_still", "cues_other",
    "cues_other_strong", "cues_sentence_same", "cue_first_same", "cue_last_same", "cue_longest_same",
    "cue_longest_other", "cue_link_gap", "links", "links_strong", "links_sentence", "links_block",
    "links_document", "services", "services_sentence", "services_document", "surfaces", "surfaces_sentence",
    "targets", "targets_strong", "targets_sentence", "digits", "question", "position", "length",
    "sentence_length", "is_last_clause", "clause_number", "previous_same", "previous_other", "next_same",
    "next_other", "lead_same", "lead_other", "heading_same", "heading_other", "title_same", "title_other",
    "title_links", "lead_links", "heading_links", "has_lead", "document_same", "document_other", "quoted",
    *(f"context_{c}" for c in _CONTEXTS), *(f"before_{c}" for c in _CONTEXTS),
    *(f"reference_{r}" for r in _REFERENCES), *(f"link_{k}" for k in _LINKS),
    *(f"block_{k}" for k in _KINDS), "is_block", "is_restrict", "is_allow", "notice", "zh",
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
            len(same), len(strong), sum(m.source.links for m in same if m.source),
            sum(m.source.still for m in same if m.source), len(other), sum(not m.weak for m in other),
            _count(self.cues.within(sentence.start, sentence.end), action, same=True),
            bool(same and (not other or same[0].start < other[0].start)),
            bool(same and (not other or same[-1].start > other[-1].start)),
            max((m.end - m.start for m in same), default=0),
            max((m.end - m.start for m in other), default=0), min(gap, FAR), len(clause.links),
            sum(not m.weak for m in clause.links), len(links_sentence),
            len(self.links.within(block.start, block.end)), min(20, len(reading.mentions.links)),
            len(self.services.within(clause.start, clause.end)),
            len(self.services.within(sentence.start, sentence.end)), len(reading.services),
            len(self.surfaces.within(clause.start, clause.end)),
            len(self.surfaces.within(sentence.start, sentence.end)), len(targets),
            sum(not m.weak for m in targets), len(self.targets.within(sentence.start, sentence.end)),
            bool(_DIGITS.search(reading.plain, clause.start, clause.end)),
            reading.plain[sentence.end - 1 : sentence.end] == "?",
            clause.start / max(1, len(reading.plain)), clause.end - clause.start,
            sentence.end - sentence.start, clause.end >= sentence.end,
            clause.index - self._first_clause(clause), _count(before, action, same=True),
            _count(before, action, same=False), _count(after, action, same=True),
            _count(after, action, same=False), *self._both(lead, action), *self._both(heading, action),
            *self._both(title, action), len(self.links.within(*title)), len(self.links.within(*lead)),
            len(self.links.within(*heading)), clause.lead is not None,
            _count(reading.mentions.actions, action, same=True),
            _count(reading.mentions.actions, action, same=False),
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
