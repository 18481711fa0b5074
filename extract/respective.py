"""Lists whose members belong together one by one: "A and B ... on X and Y respectively", 分别.

A statement with two lists is offered as every combination of their members. Where the sentence says that
they pair, those of different places in their lists are none, and of two dates each fact has that of its own
place.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from extract.proposals import Proposal
from extract.reading import JOINED, Reading
from extract.records import Lang
from extract.spared import scope_rules

_SEPARATOR = {
    Lang.EN: re.compile(r"[,/&]|\b(?:and|or|nor|plus)\b"),
    Lang.ZH: re.compile(r"[,、/&]|and|or|[和与及或跟同]"),
}
_APART = re.compile(r"\s*(?:'s?\s+|的)?")  # between the words of one member ("Douyin's comments")
_FEWEST = 2  # members of a list
_DATE = "date"


@dataclass(frozen=True, slots=True)
class _Member:
    """What one member of a list names: (kind of mention, slug or ISO date)."""

    start: int
    end: int
    named: frozenset[tuple[str, str]]


_List = tuple[_Member, ...]


@dataclass(frozen=True, slots=True)
class _Pairing:
    """Two lists of one length as one: each place with the slugs and the dates that both name there."""

    values: tuple[frozenset[str], ...]
    dates: tuple[frozenset[str], ...]

    def where(self, proposal: Proposal) -> set[int]:
        """Places at which every listed value of a proposal is named; empty if it mixes two."""
        key = proposal.key
        fits = set(range(len(self.values)))
        for value in (key.platform, key.surface, key.target):
            fits &= {i for i, named in enumerate(self.values) if value in named} or fits
        return fits


def _lists(reading: Reading, start: int, end: int) -> list[_List]:
    """The coordinations of a sentence, whatever they list, in text order."""
    m, lang = reading.mentions, reading.document.lang
    named = [
        _Member(x.start, x.end, frozenset({(x.kind, x.value)}))
        for x in (*m.services, *m.surfaces, *m.targets)
        if start <= x.start < end
    ]
    dated = [
        _Member(d.start, d.end, frozenset({(_DATE, str(d.value))}))
        for d in reading.dates.values()
        if d.value is not None and d.until is None and start <= d.start < end
    ]
    lists: list[list[_Member]] = []
    for member in sorted((*named, *dated), key=lambda x: (x.start, x.end)):
        last = lists[-1][-1] if lists else None
        gap = reading.plain[last.end : member.start] if last else ""
        if last and (member.start < last.end or _APART.fullmatch(gap)):
            lists[-1][-1] = _Member(last.start, max(last.end, member.end), last.named | member.named)
        elif last and _SEPARATOR[lang].search(gap) and JOINED[lang].fullmatch(gap):
            lists[-1].append(member)
        else:
            lists.append([member])
    return [tuple(found) for found in lists]


def _listed(members: _List) -> list[frozenset[tuple[str, str]]]:
    """What the members name of the kinds that all of them name.

    "抖音直播间和短视频" lists places, not platforms.
    """
    kinds = frozenset.intersection(*(frozenset(kind for kind, _ in member.named) for member in members))
    return [frozenset((kind, value) for kind, value in member.named if kind in kinds) for member in members]


def _together(first: _List, second: _List) -> _Pairing:
    places = [a | b for a, b in zip(_listed(first), _listed(second), strict=True)]
    return _Pairing(
        tuple(frozenset(value for kind, value in place if kind != _DATE) for place in places),
        tuple(frozenset(value for kind, value in place if kind == _DATE) for place in places),
    )


def _pair(lists: Sequence[_List], at: int) -> tuple[_List, _List] | None:
    """The lists that a word at `at` pairs: those on both sides of it, or else the last two before it."""
    before = [found for found in lists if found[-1].end <= at and len(found) >= _FEWEST]
    second = next((found for found in lists if found[0].start >= at and len(found) >= _FEWEST), None)
    if second is None and before:
        *before, second = before
    first = next((found for found in reversed(before) if second and len(found) == len(second)), None)
    return (first, second) if first and second else None


class Pairings:
    """The pairings of a document's sentences, found when asked for."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.found: dict[int, list[_Pairing]] = {}

    def _of(self, number: int) -> list[_Pairing]:
        if number not in self.found:
            sentence = self.reading.layout.sentences[number]
            words = [
                match.start()
                for rule in scope_rules(self.reading.document.lang, "respective")
                for match in rule.pattern.finditer(self.reading.plain, sentence.start, sentence.end)
            ]
            lists = _lists(self.reading, sentence.start, sentence.end) if words else []
            pairs = [pair for at in words if (pair := _pair(lists, at))]
            self.found[number] = [_together(*pair) for pair in pairs]
        return self.found[number]

    def allow(self, proposal: Proposal) -> bool:
        """Whether a combination takes its values from one place of the lists of its sentence."""
        return all(pairing.where(proposal) for pairing in self._of(proposal.event.clause.sentence))

    def date(self, proposal: Proposal, since: str | None) -> str | None:
        """The date of a combination's own place, where the lists pair dates and `since` is one of them."""
        for pairing in self._of(proposal.event.clause.sentence):
            places = pairing.where(proposal)
            if len(places) == 1 and any(since in dates for dates in pairing.dates):
                return next(iter(sorted(pairing.dates[places.pop()])), since)
        return since
