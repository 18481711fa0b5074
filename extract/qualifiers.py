"""Clauses that qualify another one.

"Authors may link to their shops, subject to approval": the second clause names no service, place or link of
its own and so belongs to the first, which without it would be an `allow`. Of 872 Chinese restrictions that
the gate took for a block or an allowance 378 had their cue elsewhere in the sentence.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise

from extract.clauses import ACTIONS, Clause
from extract.reading import Reading
from extract.records import Action, Lang
from extract.words import words

QUALIFIER_NAMES = (
    "behind_same", "behind_other", "ahead_same", "ahead_other", "behind", "ahead", "following_same"
)  # fmt: skip
_MOST = 3  # qualifying clauses on each side
_FARTHEST = 8  # clauses on each side whose kinds of cues are looked at


class Qualifiers:
    """Finds, for a clause, those beside it in its sentence that name nothing."""

    def __init__(self, reading: Reading, clauses: Sequence[Clause]) -> None:
        self.reading, self.clauses = reading, clauses
        m = reading.mentions
        starts = sorted(
            x.start
            for found in (m.services, m.surfaces, m.targets, (link for link in m.links if not link.weak))
            for x in found
        )
        self.bare = [bisect_left(starts, c.start) == bisect_left(starts, c.end) for c in clauses]

    def beside(self, clause: Clause, step: int) -> list[Clause]:
        """Qualifying clauses behind (step 1) or ahead of (step -1) a clause, the nearest first."""
        found: list[Clause] = []
        while len(found) < _MOST and (other := self._at(clause, step * (len(found) + 1))):
            if not self.bare[other.index]:
                break
            found.append(other)
        return found

    def _at(self, clause: Clause, step: int) -> Clause | None:
        """The clause so many further on, if it stands in the same sentence."""
        at = clause.index + step
        other = self.clauses[at] if 0 <= at < len(self.clauses) else None
        return other if other is not None and other.sentence == clause.sentence else None

    def rows(self, clause: Clause) -> list[list[float]]:
        """Features in the order of QUALIFIER_NAMES, one row for each action."""
        behind, ahead = self.beside(clause, 1), self.beside(clause, -1)
        following = self._at(clause, len(behind) + 1)
        return [
            [
                *_cues(behind, action), *_cues(ahead, action), len(behind), len(ahead),
                -1 if following is None else _cues([following], action)[0],
            ]
            for action in ACTIONS
        ]  # fmt: skip

    def tokens(self, clause: Clause) -> list[str]:
        """Words and kinds of cues of the qualifying clauses, and kinds of cues of the sentence's others."""
        found: set[str] = set()
        for sign, far, step in (("+", ">", 1), ("-", "<", -1)):
            qualifying = self.beside(clause, step)
            for other in qualifying:
                spoken = words(self.reading.plain, other.start, other.end)
                found.update(sign + word for word in spoken)
                if self.reading.document.lang is Lang.ZH:
                    found.update(f"{sign}{a}{b}" for a, b in pairwise(spoken))
                found.update(f"{sign}@{kind}" for kind in _kinds(other))
            for distance in range(len(qualifying) + 1, _FARTHEST + 1):
                stranger = self._at(clause, step * distance)
                if stranger is None:
                    break
                found.update(f"{far}@{kind}" for kind in _kinds(stranger))
        return sorted(found)


def _cues(clauses: Sequence[Clause], action: Action) -> tuple[int, int]:
    """How many cues of an action, and of others."""
    same = sum(cue.value == action for c in clauses for cue in c.cues)
    return same, sum(len(c.cues) for c in clauses) - same


def _kinds(clause: Clause) -> set[str]:
    return {cue.source.cls for cue in clause.cues if cue.source}
