"""Join two neighbouring dates into a range: from 28 October to 31 December, 10月28日至12月31日."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from extract.dates.records import Anchor, Expression, Span
from extract.dates.rules import Rules

# The longest thing that may stand between the two ends: "at midnight on the 3rd through to".
_MAX_GAP = 24
_OPENING_WINDOW = 12


def join_ranges(spans: Iterator[Span], folded: str, rules: Rules) -> Iterator[Span]:
    """Merge neighbours that a range word or dash joins; all others pass unchanged."""
    waiting: Span | None = None
    for span in spans:
        if waiting is None:
            waiting = span
        elif _joined(waiting, span, folded, rules):
            yield _range(waiting, span)
            waiting = None
        else:
            yield waiting
            waiting = span
    if waiting is not None:
        yield waiting


def _joined(left: Span, right: Span, folded: str, rules: Rules) -> bool:
    if left.second is not None or right.second is not None or right.start - left.end > _MAX_GAP:
        return False
    gap = folded[left.end : right.start]
    if rules.joins["range"].fullmatch(gap):
        return True
    opening = folded[max(0, left.start - _OPENING_WINDOW) : left.start]
    return bool(rules.joins["pair"].fullmatch(gap) and rules.joins["pair_opening"].search(opening))


def _range(left: Span, right: Span) -> Span:
    first, second = left.first, right.first
    if (
        second.year is not None
        and first.month is not None
        and first.year is None
        and first.year_shift is None
    ):
        # from 28 October to 3 January 2023: the start lies before the end
        earlier = second.month is not None and first.month > second.month
        first = replace(first, year=second.year - earlier)
    if _floats(first) and second.day is not None and second.month is not None:
        first = _with_month_of(first, second)
    if _floats(second):
        second = replace(second, anchor=Anchor.PREVIOUS)
    return Span(left.start, right.end, left.rule, first, second)


def _with_month_of(first: Expression, second: Expression) -> Expression:
    """Give a bare day the month before that of the end, or the same one: from the 28th to 3 November."""
    before = (first.day or 0) > (second.day or 0)
    month = (second.month or 1) - before
    if month > 0:
        return replace(first, month=month, year=second.year)
    return replace(first, month=12, year=None if second.year is None else second.year - 1)


def _floats(expression: Expression) -> bool:
    return expression.day is not None and expression.month is None and expression.month_shift is None
