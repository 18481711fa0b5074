"""Readings of one clause that exclude each other.

A clause that says one thing is offered to the last stage in several readings, and each is judged by itself.
"Links in the chat of live rooms are blocked" is about chats or about live rooms, not about both; and no
clause both blocks and allows the same link. In threefold cross-validation on English leaving out the weaker
reading raised precision from .367 to .386 and cost .01 of recall. Two targets of one statement may stand side
by side more often, since texts are read a second time: from .4 of the likelier one's probability instead of
.6, English core F1 goes from .504 to .507 on 1,031 documents. Nor does a place carried over from another
sentence join one that the clause names: of such facts 11 were right and 32 wrong. Of two actions on one link
the one less than _AS_LIKELY goes (14 right, 52 wrong), and so does the less likely of two platforms
("Douyin, its rival, has banned ..."): 5 right and 12 wrong facts of sealed documents. Of two clauses of a
sentence that treat one link contrarily ("links in comments are blocked; those in descriptions still work")
neither says what only the other names, where it names a value of its own and is the less likely: 4 right and
18 wrong facts of 2,200 unsealed documents.
"""

from __future__ import annotations

from collections.abc import Sequence

from extract.candidates import SLOTS
from extract.proposals import Proposal
from extract.records import Action

_SURFACE, _TARGET = SLOTS.index("surface"), SLOTS.index("target")
_AS_LIKELY = 0.6  # share of the likelier action's probability from which both may be meant
_NEAR = {"platform": 0.6, "surface": 0.6, "target": 0.4}  # the same of two readings that differ in this slot
_HERE = 0.5  # of a place's probability that one named in the clause must have to exclude it
_SENTENCE = 2  # location code: what stands further off than the sentence is carried over
_OPPOSITE = {Action.BLOCK: Action.ALLOW, Action.ALLOW: Action.BLOCK}

_CLAUSES = (1, 2)  # location codes: named by another clause of the sentence

_Reading = tuple[int | str, ...]


def _apart(proposal: Proposal, slot: int) -> _Reading:
    """What two readings of a clause share that differ in one slot alone."""
    key = proposal.key
    values = (key.platform, key.surface, key.target)
    return (slot, proposal.event.clause.index, *values[:slot], *values[slot + 1 :], key.action)


def _link(proposal: Proposal) -> _Reading:
    key = proposal.key
    return proposal.event.clause.index, key.platform, key.surface, key.target


def _across(proposal: Proposal) -> _Reading:
    """What contrary statements of a sentence share."""
    key = proposal.key
    return proposal.event.clause.sentence, key.platform, key.surface, key.target


def _borrowed(proposal: Proposal) -> list[int]:
    """The slots (surface, target) whose value another clause names, though this one names another value."""
    return [
        slot
        for slot in (_SURFACE, _TARGET)
        if proposal.choices[slot].candidate.loc in _CLAUSES
        and any(choice.candidate.loc == 0 for choice in proposal.event.choices.get(SLOTS[slot], ()))
    ]


def standing(scored: Sequence[tuple[Proposal, float]]) -> list[tuple[Proposal, float]]:
    """The proposals without those that a likelier reading of the same clause excludes, in their order.

    Members of one coordination ("in comments and descriptions") never exclude each other.
    """
    likeliest: dict[_Reading, tuple[float, int]] = {}
    named: dict[_Reading, float] = {}
    actions: dict[tuple[_Reading, Action], float] = {}
    for proposal, chance in scored:
        for slot, choice in enumerate(proposal.choices):
            at = _apart(proposal, slot)
            likeliest[at] = max(likeliest.get(at, (0.0, choice.rank)), (chance, choice.rank))
        if proposal.choices[_SURFACE].candidate.loc == 0:
            at = _apart(proposal, _SURFACE)
            named[at] = max(named.get(at, 0.0), chance)
        actions[_link(proposal), proposal.key.action] = chance
    told: dict[_Reading, list[tuple[Proposal, float]]] = {}
    for proposal, chance in scored:
        told.setdefault(_across(proposal), []).append((proposal, chance))

    def near(proposal: Proposal, chance: float, slot: int) -> bool:
        best, rank = likeliest[_apart(proposal, slot)]
        return chance >= _NEAR[SLOTS[slot]] * best or proposal.choices[slot].rank == rank

    def contrary(proposal: Proposal, chance: float) -> bool:
        """Whether a likelier clause of the sentence says the contrary of what is its own."""
        slots = _borrowed(proposal)
        return any(
            likelier > chance
            and other.key.action != proposal.key.action
            and any(other.choices[slot].candidate.loc == 0 for slot in slots)
            for other, likelier in (told[_across(proposal)] if slots else ())
        )

    kept = []
    for proposal, chance in scored:
        opposite = _OPPOSITE.get(proposal.key.action)
        contradicted = opposite and actions.get((_link(proposal), opposite), 0.0) > chance
        doubted = chance < _AS_LIKELY * max(actions.get((_link(proposal), action), 0.0) for action in Action)
        carried = proposal.key.surface != "all" and proposal.choices[_SURFACE].candidate.loc > _SENTENCE
        if carried and named.get(_apart(proposal, _SURFACE), 0.0) >= _HERE * chance:
            continue
        if (
            not contradicted
            and not doubted
            and not contrary(proposal, chance)
            and all(near(proposal, chance, slot) for slot in range(len(SLOTS)))
        ):
            kept.append((proposal, chance))
    return kept
