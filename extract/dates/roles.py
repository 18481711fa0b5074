"""Roles and tense of a date, from the words directly around it."""

from __future__ import annotations

import re

from extract.dates.records import DateRole, Span
from extract.dates.rules import Rules

_BEFORE, _AFTER = 32, 24
_TENSE_BEFORE, _TENSE_AFTER = 90, 60
_FAR = 1000


def role_of(folded: str, span: Span, rules: Rules) -> DateRole:
    """Give the role that the surface form itself tells.

    The cues `<role>_before` are searched in the words that end at the mention, `<role>_after` are
    matched at its end, `<role>_inside` within it.
    """
    if span.second is not None:
        return DateRole.RANGE
    before = folded[max(0, span.start - _BEFORE) : span.start]
    before = before[before.rfind("\n") + 1 :]
    inside = folded[span.start : span.end]
    after = folded[span.end : span.end + _AFTER]
    for role in (DateRole.DEADLINE, DateRole.UNTIL, DateRole.FROM, DateRole.REPORT):
        cues = rules.cues
        if (
            _search(cues, f"{role}_before", before)
            or _search(cues, f"{role}_inside", inside)
            or _match(cues, f"{role}_after", after)
        ):
            return role
    return DateRole.POINT


def tense_of(folded: str, span: Span, rules: Rules) -> int:
    """Tell whether the sentence around a date speaks of the past (-1), the future (1) or neither (0).

    The verb nearest to the date decides; without one, a small word that leans one way (until, since).
    """
    before = _cut(folded[max(0, span.start - _TENSE_BEFORE) : span.start], rules, last=True)
    after = _cut(folded[span.end : span.end + _TENSE_AFTER], rules, last=False)
    for strength in ("", "_weak"):
        future = _distance(rules.cues["future" + strength], before, after)
        past = _distance(rules.cues["past" + strength], before, after)
        if future != past:
            return 1 if future < past else -1
    return 0


def _distance(cue: re.Pattern[str], before: str, after: str) -> int:
    """Characters between the date and the nearest cue of its sentence; _FAR if there is none."""
    distances = [len(before) - match.end() for match in cue.finditer(before)]
    distances += [match.start() for match in cue.finditer(after)]
    return min(distances, default=_FAR)


def _cut(text: str, rules: Rules, *, last: bool) -> str:
    """Keep the part of the window that lies in the date's own sentence."""
    ends = list(rules.cues["sentence_end"].finditer(text))
    if not ends:
        return text
    return text[ends[-1].end() :] if last else text[: ends[0].start()]


def _search(cues: object, name: str, text: str) -> bool:
    regex = cues.get(name) if isinstance(cues, dict) else None
    return regex is not None and regex.search(text) is not None


def _match(cues: object, name: str, text: str) -> bool:
    regex = cues.get(name) if isinstance(cues, dict) else None
    return regex is not None and regex.match(text) is not None
