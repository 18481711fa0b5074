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
    stated: bool
    notice: bool
    clusters: frozenset[str]
    first_said: date
    last_said: date

    def rank(self) -> tuple[object, ...]:
        return (
            self.start,
            self.stated,
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
    by_stage = {
        stage: _lane([o for o in observations if o.stage == stage])
        for stage in ("decided", "trial", "proposed")
    }
    decisions = [i for i in by_stage["decided"] if not i.resumed]
    result = list(by_stage["decided"])
    for stage in ("trial", "proposed"):
        result += [kept for i in by_stage[stage] if (kept := _until_decided(i, decisions)) is not None]
    return sorted(result)


def _until_decided(interval: Interval, decisions: list[Interval]) -> Interval | None:
    """A trial or proposal up to the decision that ends it; None if nothing is left."""
    ends = [d.valid_from for d in decisions if _decides(d, interval)]
    end = min(ends, default=FOREVER)
    if end <= interval.valid_from:
        return None
    if end >= interval.valid_to:
        return interval
    return replace(interval, valid_to=end, to_precision="day", own_end=False)


def _decides(decision: Interval, interval: Interval) -> bool:
    if decision.action == interval.action:
        return decision.valid_from >= interval.first_said
    return decision.valid_from > interval.valid_from


def _lane(observations: list[Said]) -> list[Interval]:
    if not observations:
        return []
    dead = _taken_back(observations)
    claims = _claims([o for o in observations if o.id not in dead])
    undated = [o for o in observations if o.start is None and o.ends is None and o.relation != "reschedules"]
    starters, placed = _undated(undated, claims)
    placed += [Placed(c.action, c.start, c.notice, c.clusters, c.first_said) for c in claims]
    return _intervals(observations[0].stage, claims + starters, placed)


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
    dead = {old.id for old in observations if any(_old_date(old, new) for new in observations)}
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


def _old_date(old: Said, new: Said) -> bool:
    """Of two dates in one document that postpones, the earlier one is the old one."""
    if not (old.relation == new.relation == "reschedules" and old.document == new.document):
        return False
    if old.start is None or new.start is None or old.action != new.action:
        return False
    return old.said < old.start < new.start


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
    starts = [(o.action, start, precision) for o, start, precision in dated]
    for o in alive:
        if o.start is None and o.ends is not None and o.relation != "reschedules":
            day = min(o.said, o.ends - timedelta(days=1))
            latest = max((start for _, start, _ in starts if start <= day), default=None)
            actions = {action for action, start, _ in starts if start == latest}
            if latest is not None and o.action in actions:
                finest = min((p for _, start, p in starts if start == latest), key=FINENESS.__getitem__)
                dated.append((o, latest, finest))
            else:
                dated.append((o, day, "by"))
    groups: dict[tuple[str, date], list[tuple[Said, str]]] = {}
    for o, start, precision in dated:
        groups.setdefault((o.action, start), []).append((o, precision))
    return [_claim(action, start, members) for (action, start), members in groups.items()]


def _refined(o: Said, stated: list[Said]) -> tuple[date, str]:
    """The earliest finer date of the same action that lies in a coarse one."""
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
    if not within:
        return o.start, o.precision
    return min(
        (_refined(other, stated) for other in within), key=lambda found: (found[0], FINENESS[found[1]])
    )


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
        min(end_precisions, key=FINENESS.__getitem__) if end_precisions else None, True,
        any(o.notice for o, _ in members), frozenset(o.cluster for o, _ in members), min(said), max(said),
    )  # fmt: skip


def _undated(undated: list[Said], claims: list[Rule]) -> tuple[list[Rule], list[Placed]]:
    """Rules that undated statements start, found by going through their days; and where each stands."""
    groups: dict[date, dict[str, list[Said]]] = {}
    for o in undated:
        groups.setdefault(o.said, {}).setdefault(o.action, []).append(o)
    starters: list[Rule] = []
    placed: list[Placed] = []
    for day, actions in sorted(groups.items()):
        dated_holder = max((c for c in claims if c.covers(day)), key=Rule.rank, default=None)
        candidates: list[Rule] = []
        for action, speakers in actions.items():
            notice, clusters = any(o.notice for o in speakers), frozenset(o.cluster for o in speakers)
            announced = [c for c in claims if c.action == action and c.first_said <= day + timedelta(days=7)]
            heralded = min((c.start for c in announced if c.start > day), default=None)
            says_what_holds = dated_holder is not None and dated_holder.action == action
            speaks_of = day if heralded is None or says_what_holds else heralded
            placed.append(Placed(action, speaks_of, notice, clusters, day))
            if speaks_of == day and (dated_holder is None or day > dated_holder.start):
                end = dated_holder.ends if dated_holder else None
                end_precision = dated_holder.end_precision if dated_holder else None
                candidates.append(
                    Rule(action, day, "by", end, end_precision, False, notice, clusters, day, day)
                )
        if candidates:
            best = max(candidates, key=Rule.rank)
            holds = max((r for r in claims + starters if r.covers(day)), key=Rule.rank, default=None)
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
                first.start < first_day, last.ends is not None and last.ends == end,
                len(frozenset().union(*(p.clusters for p in mine))), min(p.first_said for p in mine),
            )
        )  # fmt: skip
    return result


def _precision(day: date, holder: Rule | None, rules: list[Rule]) -> str:
    """How precisely a boundary is known: as the rule that starts there, else as the end that falls there."""
    if holder is not None and holder.start == day:
        return holder.precision
    return min((r.end_precision or "day" for r in rules if r.ends == day), key=FINENESS.__getitem__)
