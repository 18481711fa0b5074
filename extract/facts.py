"""From scored proposals to facts: choose, date, stage, evidence, duplicates."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from extract.candidates import NONE
from extract.clauses import ACTIONS
from extract.dates import DateMention, DateRole
from extract.events import Details, Event, Ranker
from extract.proposals import Proposal
from extract.reading import Reading, last_day
from extract.records import Fact, Lang, Missed, PartialDate, Stage
from extract.respective import Pairings
from extract.rivals import standing
from extract.scorer import Least
from extract.spared import spare

MISSED_FLOOR = 0.4  # an event this likely without a fact is shown to a reviewer
_TRIM = " \n,;:|-，；：、"


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start] in _TRIM:
        start += 1
    while end > start and text[end - 1] in _TRIM:
        end -= 1
    return start, end


def evidence_span(reading: Reading, proposal: Proposal) -> tuple[int, int]:
    """Offsets in the text: the clause, or its sentence where that alone shows a slot or the action."""
    clause = proposal.event.clause
    start, end = clause.start, clause.end
    told = any(cue.value == proposal.event.action for cue in clause.cues)  # else by a clause beside it
    if not told or any(c.candidate.loc in (1, 2) for c in proposal.choices):
        sentence = reading.layout.sentences[clause.sentence]
        start, end = sentence.start, sentence.end
    start, end = _trimmed(reading.full, max(start, reading.offset), end)
    return start - reading.offset, end - reading.offset


def _first(details: Details, slot: str) -> str | None:
    value = details[slot][0].candidate.value
    return None if value == NONE else value


def _span(reading: Reading, event: Event, details: Details) -> tuple[str | None, str | None]:
    """The likeliest start and end; a date that tells the end of what is stated is not its start."""
    start, since, until = details["date"][0].candidate, _first(details, "date"), _first(details, "until")
    named = reading.dates.get(start.place.mention.start) if start.place else None
    end = last_day(named) if named and named.until is None else None
    if named is None or end is None or until not in (None, str(end)):
        return since, until
    if until is None and not _ends_statement(reading, event, named):
        return since, until
    others = (c.candidate for c in details["date"])
    value = next((c.value for c in others if c.place is None or c.place.mention.start != named.start), NONE)
    if until is None and reading.reference is not None and end.last >= reading.reference:
        until = str(end)  # an end that has passed is mostly told as a change of its own, too
    return None if value == NONE else value, until


def _ends_statement(reading: Reading, event: Event, named: DateMention) -> bool:
    """Whether a clause says until when its only action holds ("will be blocked until 30 June").

    In Chinese 到 and 直到 tell a beginning as often. "Accepted until May" beside "now removed" does so, too.
    """
    clause = event.clause
    if reading.document.lang is not Lang.EN or named.role is not DateRole.UNTIL:
        return False
    here = clause.start <= named.start < clause.end
    return here and {cue.value for cue in clause.cues if not cue.weak} == {event.action}


# Context words in front of the cue, in its own clause, that leave a rule undecided: of the statements so
# marked in the work and cv parts 38 are annotated as proposed, 17 as decided. A denial stood before no fact.
_UNDECIDED = frozenset({"proposed", "demand", "hypothetical"})


def _ahead(event: Event) -> frozenset[str]:
    """Kinds of context between the beginning of the clause and its cue."""
    clause, anchor = event.clause, event.clause.anchor[ACTIONS.index(event.action)]
    return frozenset(m.value for m in clause.contexts if clause.start <= m.start and m.end <= anchor + 1)


def denied(event: Event) -> bool:
    """Whether the clause denies what its cue says ("has no plans to block")."""
    return "denial" in _ahead(event)


def stage_of(event: Event) -> Stage:
    """How settled a statement is, by the context words of its clause."""
    if _UNDECIDED & _ahead(event):
        return Stage.PROPOSED
    clause = event.clause
    trial = any(m.value == "trial" and clause.start <= m.start < clause.end for m in clause.contexts)
    return Stage.TRIAL if trial else Stage.DECIDED


def _rules(reading: Reading, proposal: Proposal, details: Details) -> tuple[str, ...]:
    """Ids of the rules behind a fact: its cues, then the mentions of its slots, then its date.

    The cues are those of the clause, or of its sentence if the clause has none of the action.
    """
    clause = proposal.event.clause
    sentence = reading.layout.sentences[clause.sentence]
    beside = (m for m in reading.mentions.actions if sentence.start <= m.start < sentence.end)
    action = proposal.event.action
    own = [m.rule for m in clause.cues if m.value == action]
    cues = own or [m.rule for m in beside if m.value == action]
    scope = [proposal.scope] if proposal.scope else []
    best = [details[slot][0] for slot in ("date", "region")]
    places = [c.candidate.place for c in (*proposal.choices, *best)]
    return tuple(
        dict.fromkeys([*cues, *scope, *(p.mention.rule for p in places if p and p.mention.rule != "name")])
    )


def make_fact(
    reading: Reading, proposal: Proposal, details: Details, confidence: float, pairings: Pairings
) -> Fact:
    """Turn a chosen proposal into a fact with its date, region, stage and evidence."""
    key = proposal.key
    start, end = evidence_span(reading, proposal)
    since, until = _span(reading, proposal.event, details)
    since = pairings.date(proposal, since)
    begin = PartialDate.parse(since) if since else None
    finish = PartialDate.parse(until) if until else None
    if begin and finish and finish.last < begin.first:
        finish = None
    return Fact(
        platform=key.platform, surface=key.surface, target=key.target, action=key.action,
        effective_from=begin, effective_to=finish, region=_first(details, "region"),
        stage=stage_of(proposal.event),
        evidence=reading.document.text[start:end], start=start, end=end,
        rules=_rules(reading, proposal, details), confidence=round(confidence, 3),
    )  # fmt: skip


def understood(
    reading: Reading, scored: Iterable[tuple[Proposal, float]], pairings: Pairings
) -> list[tuple[Proposal, float]]:
    """The scored proposals as exceptions and paired lists of their sentences leave them."""
    return [(p, chance) for p, chance in spare(reading, scored) if pairings.allow(p)]


def chosen(scored: Sequence[tuple[Proposal, float]], least: Least) -> list[tuple[Proposal, float]]:
    """The proposals that become facts, in their order."""
    possible = [(p, chance) for p, chance in standing(scored) if not denied(p.event)]
    best = max((chance for _, chance in possible), default=0.0)
    threshold = least.usual if best >= least.usual else max(best, least.alone)
    return [(p, chance) for p, chance in possible if chance >= threshold]


def choose(
    reading: Reading,
    ranker: Ranker,
    scored: Sequence[tuple[Proposal, float]],
    least: Least,
    confidence: Callable[[float], float],
) -> tuple[Fact, ...]:
    """Facts of the proposals that are likely enough, in text order.

    Args:
        reading: of the document.
        ranker: that found the events.
        scored: proposals with their probabilities.
        least: probabilities that they must reach.
        confidence: what a probability is worth.
    """
    pairings = Pairings(reading)
    taken = chosen(understood(reading, scored, pairings), least)
    events = list({id(p.event): p.event for p, _ in taken}.values())
    details = {id(e): d for e, d in zip(events, ranker.details(events), strict=True)}
    facts = [make_fact(reading, p, details[id(p.event)], confidence(chance), pairings) for p, chance in taken]
    return tuple(sorted(facts, key=lambda f: (f.start, f.end, f.action, f.platform, f.surface, f.target)))


def find_missed(reading: Reading, events: Sequence[Event], facts: Sequence[Fact]) -> tuple[Missed, ...]:
    """Likely statements that gave no fact, with the reason."""
    covered = [(f.start + reading.offset, f.end + reading.offset) for f in facts]
    missed = []
    for event in events:
        clause = event.clause
        if event.probability < MISSED_FLOOR or any(a < clause.end and clause.start < b for a, b in covered):
            continue
        weakest = min(
            ("platform", "surface", "target"),
            key=lambda s: event.choices[s][0].probability if event.choices[s] else 0.0,
        )
        start, end = _trimmed(reading.full, clause.start, clause.end)
        reason = f"{event.action.value} stated, but its {weakest} is unclear"
        missed.append(
            Missed(start - reading.offset, end - reading.offset, reason, round(event.probability, 3))
        )
    return tuple(missed)
