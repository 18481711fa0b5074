"""Roles and tense of a date, from the words directly around it."""

from __future__ import annotations

import re

from extract.dates.records import DateRole, Span
from extract.dates.rules import Rules

_BEFORE, _AFTER = 32, 24
_TENSE_BEFORE, _TENSE_AFTER = 90, 60
_DATELINE = 70
# The first of these whose cues stand around a date decides.
_ROLES = (DateRole.DEADLINE, DateRole.UNTIL, DateRole.FROM, DateRole.REPORT)
_CUES = tuple((role, f"{role}_before", f"{role}_inside", f"{role}_after") for role in _ROLES)


def role_of(folded: str, span: Span, rules: Rules) -> DateRole:
    """Give the role that the surface form itself tells.

    The cues `<role>_before` are searched in the words that end at the mention, `<role>_after` are
    matched at its end, `<role>_inside` searched within it.
    """
    if span.second is not None:
        return DateRole.RANGE
    line = folded.rfind("\n", max(0, span.start - _DATELINE), span.start) + 1
    before = folded[max(line, span.start - _BEFORE) : span.start]
    cues = rules.cues
    if span.start - line < _DATELINE and _is_dateline(folded, line, span, rules):
        return DateRole.REPORT
    for role, name_before, name_inside, name_after in _CUES:
        if name_before in cues and cues[name_before].search(before):
            return role
        if name_after in cues and cues[name_after].match(folded, span.end, span.end + _AFTER):
            return role
        if name_inside in cues and cues[name_inside].search(folded[span.start : span.end]):
            return role
    return DateRole.POINT


def _is_dateline(folded: str, line: int, span: Span, rules: Rules) -> bool:
    """Whether the line begins with a place and the date, as agency reports do (SEOUL, May 2 - ...)."""
    cues = rules.cues
    if "dateline" not in cues or cues["dateline"].fullmatch(folded, line, span.start) is None:
        return False
    return cues["dateline_after"].match(folded, span.end, span.end + _AFTER) is not None


def is_since(folded: str, span: Span, rules: Rules) -> bool:
    """Whether the date is a beginning that lies back (since, 以来)."""
    before = folded[max(0, span.start - _BEFORE) : span.start]
    cues = rules.cues
    return bool(cues["since_before"].search(before) or cues["since_after"].match(folded, span.end))


def tense_of(folded: str, span: Span, rules: Rules) -> int:
    """Tell if the sentence around a date is about the past (-1), the future (1, weakly 3) or neither (0).

    The verb nearest to the date decides; without one, a small word that leans one way (until, since).
    A weekday alone is this week's or last week's, and "from Monday hosts can" is said of both: in a
    language with cues of its own for that, only they decide. Of 90 annotated weekdays that the others
    took for coming ones 54 had passed.
    """
    before = _cut(folded[max(0, span.start - _TENSE_BEFORE) : span.start], rules, last=True)
    after = _cut(folded[span.end : span.end + _TENSE_AFTER], rules, last=False)
    cues = (("tense_weekday", 1),) if is_open_weekday(span, rules) else (("tense", 1), ("tense_weak", 3))
    for name, future in cues:
        found = _nearest(rules.cues[name], before, after)
        if found is not None:
            return future if found == "future" else -1
    return 0


def is_open_weekday(span: Span, rules: Rules) -> bool:
    """A weekday without day, month or word for which one, in a language with cues of its own for it."""
    first = span.first
    others = (first.month, first.day, first.direction, first.week_shift)
    bare = first.weekday is not None and all(other is None for other in others)
    return bare and "tense_weekday" in rules.cues


def _nearest(cue: re.Pattern[str], before: str, after: str) -> str | None:
    """Name of the group that caught the cue nearest to the date, in front of it or behind it."""
    behind = cue.search(after)
    front = None
    for front in cue.finditer(before):  # noqa: B007 - the last one is wanted
        pass
    if front is None or (behind is not None and behind.start() < len(before) - front.end()):
        return None if behind is None else behind.lastgroup
    return front.lastgroup


def _cut(text: str, rules: Rules, *, last: bool) -> str:
    """Keep the part of the window that lies in the date's own sentence."""
    if not last:
        end = rules.cues["sentence_end"].search(text)
        return text if end is None else text[: end.start()]
    start = 0
    for end in rules.cues["sentence_end"].finditer(text):
        start = end.end()
    return text[start:]
