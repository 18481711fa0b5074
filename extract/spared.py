"""What a rule spares: "except in profiles", "other than those to Spotify", 除淘宝外.

The words of an exception stand in the statement that they limit, so every score takes them for a part of it.
A service so named is what the statement does not hold for: of the facts of 117 unsealed Chinese documents
that blocked or restricted one none was right and 12 were wrong, and links to it are allowed (rule 2 of the
guidelines). Of a place so named nothing is told unless the text says that links work there (rule 18): the
statement holds for the rest, and the rest is everywhere.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from extract.candidates import SLOTS, Candidate
from extract.events import Choice
from extract.proposals import Key, Proposal
from extract.reading import Place, Reading
from extract.records import Action, Lang
from extract.rules import Rule, load_rules

_SURFACE, _TARGET = SLOTS.index("surface"), SLOTS.index("target")
_EVERYWHERE, _APPS = "all", "app"  # "except for reader apps" tells whose links are spared, not where
_NOWHERE = Choice(Candidate(_EVERYWHERE, None, 9, (), ()), 1.0, 0)


@dataclass(frozen=True, slots=True)
class _Exception:
    start: int
    end: int
    rule: str

    def names(self, place: Place) -> bool:
        """Whether it holds a name, or ends where a list of places begins."""
        if place.mention.kind == "surface":
            return self.start <= place.group[0] <= self.end + 1
        return self.start <= place.mention.start and place.mention.end <= self.end


@functools.cache
def scope_rules(lang: Lang, scope: str) -> tuple[Rule, ...]:
    """The scope rules of one value (see `rules.SCOPES`)."""
    return tuple(rule for rule in load_rules(lang) if rule.kind == "scope" and rule.value == scope)


class _Exceptions:
    """The exceptions of a document's sentences, found when asked for."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.found: dict[tuple[int, str], list[_Exception]] = {}

    def _of(self, number: int, scope: str) -> list[_Exception]:
        if (number, scope) not in self.found:
            sentence = self.reading.layout.sentences[number]
            self.found[number, scope] = [
                _Exception(match.start(), match.end(), rule.id)
                for rule in scope_rules(self.reading.document.lang, scope)
                for match in rule.pattern.finditer(self.reading.plain, sentence.start, sentence.end)
            ]
        return self.found[number, scope]

    def naming(self, proposal: Proposal, places: Sequence[Place], scope: str) -> _Exception | None:
        """The exception that holds every occurrence of a value in the statement's sentence."""
        sentence = proposal.event.clause.sentence
        here = [place for place in places if place.sentence == sentence]
        if not here:
            return None
        return next((e for e in self._of(sentence, scope) if all(e.names(p) for p in here)), None)

    def limits(self, exception: _Exception, proposal: Proposal) -> bool:
        """Whether an exception limits what the clause of a statement says.

        In "except in bios, links are blocked" it does; in "links are blocked except in bios, where they still
        work" it limits the first clause, not the second.
        """
        clause = proposal.event.clause
        told = self._actions(exception, clause.start, clause.end)
        if proposal.event.action not in told:
            return False
        if clause.start <= exception.start < clause.end:
            return True
        home = next((c for c in self.reading.layout.clauses if c.start <= exception.start < c.end), None)
        return home is None or not self._actions(exception, home.start, home.end)

    def forbidding(self, exception: _Exception, proposal: Proposal) -> bool:
        """Whether it limits a clause that blocks or restricts and does nothing else.

        What "all links work except those to X" leaves out is not allowed.
        """
        clause = proposal.event.clause
        told = self._actions(exception, clause.start, clause.end)
        return Action.ALLOW not in {proposal.event.action, *told} and self.limits(exception, proposal)

    def _actions(self, exception: _Exception, start: int, end: int) -> set[str]:
        """The actions of the cues of a clause that stand outside an exception."""
        cues = (m for m in self.reading.mentions.actions if start <= m.start < end)
        return {m.value for m in cues if not exception.start <= m.start < exception.end}


def _elsewhere(proposal: Proposal, exception: _Exception) -> Proposal:
    platform, _, target = proposal.choices
    offered = proposal.event.choices["surface"]
    surface = next((c for c in offered if c.candidate.value == _EVERYWHERE), _NOWHERE)
    return replace(
        proposal,
        key=replace(proposal.key, surface=_EVERYWHERE),
        choices=(platform, surface, target),
        scope=exception.rule,
    )


def _read(proposal: Proposal, exceptions: _Exceptions) -> Proposal:
    """A proposal as the exceptions of its sentence leave it."""
    reading, key = exceptions.reading, proposal.key
    spared = exceptions.naming(proposal, reading.surfaces.get(key.surface, ()), "spared_place")
    if spared and key.surface != _APPS and exceptions.limits(spared, proposal):
        proposal = _elsewhere(proposal, spared)
    spared = exceptions.naming(proposal, reading.services.get(key.target, ()), "spared")
    if spared and exceptions.forbidding(spared, proposal):
        proposal = replace(proposal, key=replace(proposal.key, action=Action.ALLOW), scope=spared.rule)
    return proposal


def spare(reading: Reading, scored: Iterable[tuple[Proposal, float]]) -> list[tuple[Proposal, float]]:
    """Scored proposals as the exceptions of their sentences leave them; of equal ones the likeliest."""
    exceptions = _Exceptions(reading)
    kept: dict[Key, tuple[Proposal, float]] = {}
    for proposal, chance in scored:
        read = _read(proposal, exceptions)
        if read.key not in kept or kept[read.key][1] < chance:
            kept[read.key] = (read, chance)
    return list(kept.values())
