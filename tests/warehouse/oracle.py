"""The derivation by brute force: slow, plain, written from docs/policy-derivation.md, not from the SQL."""

from __future__ import annotations

import calendar
from dataclasses import dataclass, replace
from datetime import date, timedelta

FOREVER = date(9999, 12, 31)
FINENESS = {"day": 0, "month": 1, "year": 2, "by": 3}
SEVERITY = {"allow": 0, "restrict": 1, "block": 2}


@dataclass(frozen=True, slots=True)
class Said:
    """One observation of one key. `start` and `ends` (exclusive) are None where the text gives none."""

    id: str
    document: str
    cluster: str
    source: str | None
    page: str | None
    notice: bool
    said: date
    stage: str
    action: str
    start: date | None
    precision: str | None
    ends: date | None
    end_precision: str | None
    relation: str


@dataclass(frozen=True, slots=True)
class Rule:
    """Statements of one action and start, as one claim."""

    action: str
    start: date
    precision: str
    ends: date | None
    end_precision: str | None
    own_end: date | None
    notice: bool
    clusters: frozenset[str]
    first_said: date
    last_said: date

    def rank(self) -> tuple[object, ...]:
        return (
            self.start,
            self.precision != "by",
            self.notice,
            len(self.clusters),
            self.last_said,
            SEVERITY[self.action],
        )

    def covers(self, day: date) -> bool:
        return self.start <= day and (self.ends is None or day < self.ends)


@dataclass(frozen=True, slots=True)
class Placed:
    """A statement at the day it speaks of."""

    action: str
    day: date
    notice: bool
    clusters: frozenset[str]
    first_said: date


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    stage: str
    valid_from: date
    action: str
    from_precision: str
    valid_to: date
    to_precision: str | None
    notice: bool
    contested: bool
    resumed: bool
    own_end: bool
    witnesses: int
    first_said: date


def derive(observations: list[Said]) -> list[Interval]:
    """All intervals of one key."""
    result: list[Interval] = []
    decisions: list[Rule] = []
    for stage in ("decided", "trial", "proposed"):  # decisions end what the others say
        told = [o for o in observations if o.stage == stage]
        if told:
            rules, placed = _lane(told, decisions)
            result += _intervals(
                stage, [kept for r in rules if (kept := _until_decided(r, decisions))], placed
            )
            if stage == "decided":
                decisions = _decisions(rules)
    return sorted(result)


def _decisions(rules: list[Rule]) -> list[Rule]:
    """The decided rules that hold on the day they start: the best of those that start on one day."""
    return [max((r for r in rules if r.start == day), key=Rule.rank) for day in {r.start for r in rules}]


def _last_decision(decisions: list[Rule], day: date) -> Rule | None:
    return max((d for d in decisions if d.start <= day), key=lambda d: d.start, default=None)


def _until_decided(rule: Rule, decisions: list[Rule]) -> Rule | None:
    """A rule of a trial or proposal up to the decision that ends it; None if nothing is left."""
    last = _last_decision(decisions, rule.start)
    if last is not None and last.action == rule.action and last.covers(rule.start):
        return None
    day = min((d.start for d in decisions if _decides(d, rule)), default=FOREVER)
    if day <= rule.start:
        return None
    return replace(rule, ends=day, end_precision="day") if day < (rule.ends or FOREVER) else rule


def _decides(decision: Rule, rule: Rule) -> bool:
    if decision.action == rule.action:
        return decision.start >= min(rule.first_said, rule.start)
    return decision.start > rule.start


def _lane(observations: list[Said], decisions: list[Rule]) -> tuple[list[Rule], list[Placed]]:
    """All rules of one stage, and where each statement stands."""
    dead = _taken_back(observations)
    claims = _claims([o for o in observations if o.id not in dead])
    undated = [o for o in observations if o.start is None and o.ends is None and o.relation != "reschedules"]
    starters, placed = _undated(undated, claims, decisions)
    placed += [Placed(c.action, c.start, c.notice, c.clusters, c.first_said) for c in claims]
    return claims + starters, placed


def last_covered(day: date, precision: str | None) -> date:
    if precision == "month":
        return day.replace(day=calendar.monthrange(day.year, day.month)[1])
    return date(day.year, 12, 31) if precision == "year" else day


def _overlap(one: Said, other: Said) -> bool:
    if one.start is None or other.start is None:
        return False
    return one.start <= last_covered(other.start, other.precision) and other.start <= last_covered(
        one.start, one.precision
    )


def _taken_back(observations: list[Said]) -> set[str]:
    """Ids of the statements that no longer count."""
    dead = {old.id for old in observations if any(_old_date(old, new, observations) for new in observations)}
    speakers = [o for o in observations if o.relation != "states" and o.id not in dead]
    removals = [
        (old.action, old.start, new)
        for old in observations
        for new in observations
        if (new in speakers and _moves(old, new)) or _edited(old, new, observations)
    ]
    for action, start, new in removals:
        for old in observations:
            said_before = old.said < new.said and old.notice <= new.notice
            if (old.action, old.start) == (action, start) and (said_before or old.notice < new.notice):
                dead.add(old.id)
    return dead | {old.id for old in observations if any(_corrected(old, new) for new in speakers)}


def _old_date(old: Said, new: Said, observations: list[Said]) -> bool:
    """Of two dates in one document that moves a rule: the one announced before, else the earlier one."""
    if not (old.relation == new.relation == "reschedules" and old.document == new.document):
        return False
    if old.start is None or new.start is None or old.action != new.action or old.start == new.start:
        return False
    if min(old.start, new.start) <= old.said:
        return False
    known, known_new = (_announced(o, observations) for o in (old, new))
    return known if known != known_new else old.start < new.start


def _announced(moved: Said, observations: list[Said]) -> bool:
    """Whether an earlier document gave the same date, as one that was to come when this one spoke."""
    return any(
        o.document != moved.document
        and (o.action, o.start) == (moved.action, moved.start)
        and o.said < moved.said
        for o in observations
    )


def _moves(old: Said, new: Said) -> bool:
    """`new` postpones or cancels the announced rule that `old` tells of."""
    if old.start is None or old.document == new.document or new.notice < old.notice:
        return False
    if not old.said < new.said < old.start:
        return False
    if new.relation == "reschedules":
        return old.action == new.action and not _overlap(old, new)
    return new.relation == "cancels" and old.action != new.action


def _edited(old: Said, new: Said, observations: list[Said]) -> bool:
    """`new` is a later version of the page of `old` that gives another future date and drops the old one."""
    same_page = old.page is not None and old.page == new.page and old.action == new.action
    if not (same_page and old.notice and new.notice and old.relation == new.relation == "states"):
        return False
    if (
        old.start is None
        or new.start is None
        or not (old.said < new.said < old.start and new.start > new.said)
    ):
        return False
    if _overlap(old, new):
        return False
    return not any(
        o.document == new.document and o.action == old.action and o.start == old.start for o in observations
    )


def _corrected(old: Said, new: Said) -> bool:
    if new.relation != "corrects" or old.relation == "corrects" or old.document == new.document:
        return False
    if old.start is None or new.start is None or not (new.said - timedelta(days=90) <= old.said <= new.said):
        return False
    same_speaker = (old.source is not None and old.source == new.source) or (old.notice and new.notice)
    if not same_speaker:
        return False
    return not _overlap(old, new) if old.action == new.action else old.start == new.start


def _claims(alive: list[Said]) -> list[Rule]:
    stated = [o for o in alive if o.start is not None]
    dated = [(o, *_refined(o, stated)) for o in stated]
    started = list(dated)
    for o in alive:
        if o.start is None and o.ends is not None:
            day = min(o.said, o.ends - timedelta(days=1))
            latest = max((start for _, start, _ in started if start <= day), default=None)
            begun = [(p, q) for p, start, q in started if (p.action, start) == (o.action, latest)]
            ends = [p.ends for p, _ in begun if p.ends is not None]
            if begun and latest is not None and max(ends, default=day) >= day:
                dated.append((o, latest, min((q for _, q in begun), key=FINENESS.__getitem__)))
            elif o.relation != "reschedules":
                dated.append((o, day, "by"))
    groups: dict[tuple[str, date], list[tuple[Said, str]]] = {}
    for o, start, precision in dated:
        groups.setdefault((o.action, start), []).append((o, precision))
    return [_claim(action, start, members) for (action, start), members in groups.items()]


def _refined(o: Said, stated: list[Said]) -> tuple[date, str]:
    """The earliest finer date of the same action that lies in a coarse one, and before its end."""
    assert o.start is not None and o.precision is not None
    if o.precision == "day":
        return o.start, "day"
    within = [
        other
        for other in stated
        if other.action == o.action
        and FINENESS[other.precision or "day"] < FINENESS[o.precision]
        and other.start is not None
        and o.start <= other.start <= last_covered(o.start, o.precision)
    ]
    finer = [_refined(other, stated) for other in within]
    finer = [found for found in finer if o.ends is None or found[0] < o.ends]
    return min(finer, key=lambda found: (found[0], FINENESS[found[1]]), default=(o.start, o.precision))


def _claim(action: str, start: date, members: list[tuple[Said, str]]) -> Rule:
    ends = {o.ends for o, _ in members if o.ends is not None}
    best = None
    if ends:

        def strength(end: date) -> tuple[object, ...]:
            speakers = [o for o, _ in members if o.ends == end]
            return (
                any(o.notice for o in speakers),
                len({o.cluster for o in speakers}),
                max(o.said for o in speakers),
                end,
            )

        best = max(ends, key=strength)
    end_precisions = [o.end_precision or "day" for o, _ in members if best is not None and o.ends == best]
    said = [o.said for o, _ in members]
    return Rule(
        action, start, min((p for _, p in members), key=FINENESS.__getitem__), best,
        min(end_precisions, key=FINENESS.__getitem__) if end_precisions else None, best,
        any(o.notice for o, _ in members), frozenset(o.cluster for o, _ in members), min(said), max(said),
    )  # fmt: skip


def _undated(
    undated: list[Said], claims: list[Rule], decisions: list[Rule]
) -> tuple[list[Rule], list[Placed]]:
    """Rules that undated statements start, found by going through their days; and where each stands."""
    groups: dict[date, dict[str, list[Said]]] = {}
    for o in undated:
        groups.setdefault(o.said, {}).setdefault(o.action, []).append(o)
    starters: list[Rule] = []
    placed: list[Placed] = []
    for day, actions in sorted(groups.items()):
        decision = _last_decision(decisions, day)
        era = decision.start if decision else date.min
        dated_holder = max((c for c in claims if c.covers(day)), key=Rule.rank, default=None)
        if dated_holder is not None and dated_holder.start < era:
            dated_holder = None
        candidates: list[Rule] = []
        for action, speakers in actions.items():
            notice, clusters = any(o.notice for o in speakers), frozenset(o.cluster for o in speakers)
            announced = [c for c in claims if c.action == action and c.first_said <= day + timedelta(days=7)]
            heralded = min((c.start for c in announced if c.start > day), default=None)
            placed.append(Placed(action, heralded or day, notice, clusters, day))
            decided = decision is not None and decision.action == action and decision.covers(day)
            if heralded is None and not decided and (dated_holder is None or day > dated_holder.start):
                end = dated_holder.ends if dated_holder else None
                end_precision = dated_holder.end_precision if dated_holder else None
                candidates.append(
                    Rule(action, day, "by", end, end_precision, end, notice, clusters, day, day)
                )
        if candidates:
            best = max(candidates, key=Rule.rank)
            known = [r for r in claims + starters if r.covers(day) and r.start >= era]
            holds = max(known, key=Rule.rank, default=None)
            if holds is None or holds.action != best.action:
                starters.append(best)
    return starters, placed


def _intervals(stage: str, rules: list[Rule], placed: list[Placed]) -> list[Interval]:
    days = sorted({r.start for r in rules} | {r.ends for r in rules if r.ends} | {p.day for p in placed})
    runs: list[list[tuple[date, Rule | None]]] = []
    for day in days:
        holder = max((r for r in rules if r.covers(day)), key=Rule.rank, default=None)
        action = holder.action if holder else None
        previous = runs[-1][-1][1] if runs else None
        if runs and (previous.action if previous else None) == action:
            runs[-1].append((day, holder))
        else:
            runs.append([(day, holder)])
    result = []
    for number, run in enumerate(runs):
        first_day, first = run[0]
        if first is None:
            continue
        last = run[-1][1]
        assert last is not None
        following = runs[number + 1][0] if number + 1 < len(runs) else None
        end = following[0] if following else FOREVER
        members = [p for p in placed if first_day <= p.day < end]
        mine = [p for p in members if p.action == first.action]
        mine.append(Placed(first.action, first.start, first.notice, first.clusters, first.first_said))
        result.append(
            Interval(
                stage, first_day, first.action, _precision(first_day, first, rules), end,
                _precision(*following, rules) if following else None,
                any(p.notice for p in mine), any(p.action != first.action for p in members),
                first.start < first_day, last.own_end is not None and last.own_end == end,
                len(frozenset().union(*(p.clusters for p in mine))), min(p.first_said for p in mine),
            )
        )  # fmt: skip
    return result


def _precision(day: date, holder: Rule | None, rules: list[Rule]) -> str:
    """How precisely a boundary is known: as the rule that starts there, else as the end that falls there."""
    if holder is not None and holder.start == day:
        return holder.precision
    return min((r.end_precision or "day" for r in rules if r.ends == day), key=FINENESS.__getitem__)
