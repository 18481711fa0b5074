"""Features of a possible statement: a clause together with an action."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from extract.clauses import ACTIONS, FAR, Clause, Index, tokens
from extract.layout import BlockKind
from extract.mentions import Mention
from extract.qualifiers import QUALIFIER_NAMES, Qualifiers
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
    *(f"block_{k}" for k in _KINDS), "is_block", "is_restrict", "is_allow", "notice", "zh", *QUALIFIER_NAMES,
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
        self.by_action = {action: Index([c for c in m.actions if c.value == action]) for action in ACTIONS}
        everything = (0, len(reading.plain))
        self.document = {action: self._both(everything, action) for action in ACTIONS}
        self.first_clause: dict[int, int] = {}
        for clause in clauses:
            self.first_clause.setdefault(clause.sentence, clause.index)
        self.qualifiers = Qualifiers(reading, clauses)

    def bag(self, clause: Clause) -> list[str]:
        """Tokens of a clause and of those that qualify it, for the word models."""
        return [*tokens(self.reading, clause), *self.qualifiers.tokens(clause)]

    def rows(self, clause: Clause) -> list[list[float]]:
        """Features in the order of GATE_NAMES, one row for each action."""
        reading = self.reading
        sentence, block = reading.layout.sentences[clause.sentence], reading.layout.blocks[clause.block]
        in_clause, in_sentence = (clause.start, clause.end), (sentence.start, sentence.end)
        title = (0, max(0, reading.offset - 1))
        lead, heading = _span(reading, clause.lead), _span(reading, clause.heading)
        before, after = self._neighbour(clause, -1), self._neighbour(clause, 1)
        targets = self.targets.within(*in_clause)
        links = self.links.within(*in_sentence)
        around = [
            len(clause.links), sum(not m.weak for m in clause.links), len(links),
            self.links.count(block.start, block.end), min(20, len(reading.mentions.links)),
            self.services.count(*in_clause), self.services.count(*in_sentence), len(reading.services),
            self.surfaces.count(*in_clause), self.surfaces.count(*in_sentence), len(targets),
            sum(not m.weak for m in targets), self.targets.count(*in_sentence),
            bool(_DIGITS.search(reading.plain, *in_clause)),
            reading.plain[sentence.end - 1 : sentence.end] == "?",
            clause.start / max(1, len(reading.plain)), clause.end - clause.start,
            sentence.end - sentence.start, clause.end >= sentence.end,
            clause.index - self.first_clause[clause.sentence],
        ]  # fmt: skip
        above = [self.links.count(*title), self.links.count(*lead), self.links.count(*heading)]
        quoted = reading.plain.find('"', *in_sentence) >= 0
        contexts = {m.value for m in clause.contexts}
        references = {m.value for m in clause.references}
        kinds = {m.value for m in links}
        told = [c in contexts for c in _CONTEXTS]
        words = [*(r in references for r in _REFERENCES), *(k in kinds for k in _LINKS)]
        setting = [reading.document.kind is Kind.NOTICE, reading.document.lang is Lang.ZH]
        return [
            [
                *self._cue_features(clause, action, links), *around,
                _count(before, action, same=True), _count(before, action, same=False),
                _count(after, action, same=True), _count(after, action, same=False),
                *self._both(lead, action), *self._both(heading, action), *self._both(title, action),
                *above, clause.lead is not None, *self.document[action], quoted, *told,
                *self._ahead(clause, action), *words, *(block.kind is k for k in _KINDS),
                *(action is a for a in ACTIONS), *setting, *qualified,
            ]
            for action, qualified in zip(ACTIONS, self.qualifiers.rows(clause), strict=True)
        ]  # fmt: skip

    def _cue_features(self, clause: Clause, action: Action, links: Sequence[Mention]) -> list[float]:
        """Number, strength, order and length of the cues of this and of other actions."""
        same = [m for m in clause.cues if m.value == action]
        other = [m for m in clause.cues if m.value != action]
        sentence = self.reading.layout.sentences[clause.sentence]
        gap = min((abs(m.middle - link.middle) for m in same for link in links), default=FAR)
        return [
            len(same), sum(not m.weak for m in same), sum(m.source.links for m in same if m.source),
            sum(m.source.still for m in same if m.source), len(other), sum(not m.weak for m in other),
            self.by_action[action].count(sentence.start, sentence.end),
            bool(same and (not other or same[0].start < other[0].start)),
            bool(same and (not other or same[-1].start > other[-1].start)),
            max((m.end - m.start for m in same), default=0),
            max((m.end - m.start for m in other), default=0), min(gap, FAR),
        ]  # fmt: skip

    @staticmethod
    def _ahead(clause: Clause, action: Action) -> list[bool]:
        """Which kinds of context stand before the cue."""
        cue_at = clause.anchor[ACTIONS.index(action)]
        kinds = {m.value for m in clause.contexts if m.end <= cue_at + 1 and m.start >= clause.start - 30}
        return [c in kinds for c in _CONTEXTS]

    def _both(self, span: tuple[int, int], action: Action) -> tuple[int, int]:
        same = self.by_action[action].count(*span)
        return same, self.cues.count(*span) - same

    def _neighbour(self, clause: Clause, step: int) -> tuple[Mention, ...]:
        at = clause.index + step
        return self.clauses[at].cues if 0 <= at < len(self.clauses) else ()
