"""Read a matched rule into an Expression: what is written, nothing resolved yet.

Group names and what they mean (a trailing `2` belongs to the end of a range):

- `year`, `year_short`, `month`, `day` (or `day_cardinal`), `nth`: numbers, digits or words
- `month_name`, `weekday`, `weekday_short`, `weekdays`, `weekend`: word lists with the number as value
- `era`: year before the era's first year
- `year_word`, `month_word`, `week_word`, `day_word`: whole units from the reference; with the
  suffix `_prev`, from the date named before; `year_ago`: years back, where a month follows
- `n1`, `unit1`, `n2`, `unit2`, `n3`, `unit3`: distances, in the rule's direction
- `edge`: first (1) or last (-1) day of the month; `direction_prev`: the weekday after or before a date
- `season`, `quarter`: the month that stands for it; `direction`: last, this, next of the yearly ones
- `month_from_prev`: that month, the following one, counted from the date named before
- `event`: key of an event; `exact`: words for the very day of it; `a`, `b`, `c`: parts of an all-digit date
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from typing import Any

from extract.dates.numbers import read_number
from extract.dates.patterns import caught
from extract.dates.records import Anchor, Expression, Span, Step
from extract.dates.rules import DateRule, Rules

_FROM_PREVIOUS = {"direction_prev", "month_from_prev"}
_SHIFTS = ("year", "month", "week", "day")
# Two-digit years below the pivot are of this century.
_PIVOT = 70


def read_match(match: re.Match[str], rule: DateRule, rules: Rules) -> Span | None:
    """Turn a match into a span with its expression(s).

    Returns:
        The span, or None if the numbers are no date (month 13).
    """
    groups = caught(match)
    start, end = match.start(), match.start() + len(match[0].rstrip("., "))
    if rule.orders:
        first = _all_digits(groups, rule)
        return None if first is None else Span(start, end, rule.id, first)
    first = _expression(groups, "", rule, rules)
    if first is None:
        return None
    second = None
    if any(name in groups for name in ("day2", "month2", "year2", "month_name2")):
        second = _second(first, groups, rule, rules)
        if second is None:
            return None
        first = _share(first, second)
    return Span(start, end, rule.id, first, second, rule.condition)


def _expression(groups: dict[str, str], suffix: str, rule: DateRule, rules: Rules) -> Expression | None:
    numbers = {name: _number(groups, name + suffix, rules) for name in ("year", "month", "day", "nth")}
    day = numbers["day"] or _number(groups, "day_cardinal" + suffix, rules)
    edge = None if suffix else _word(groups, "edge", rules)
    year, month = numbers["year"], numbers["month"] or (None if suffix else rule.month)
    if "year_short" + suffix in groups:
        short = _number(groups, "year_short" + suffix, rules)
        year = None if short is None else _century(short)
    if year is not None and not suffix:
        year += rule.era + (_word(groups, "era", rules) or 0)
    for name in ("month_name", "season", "quarter"):
        if name + suffix in groups:
            month = _word(groups, name, rules, suffix)
    expression = Expression(
        year=year,
        month=month,
        day=1 if edge == 1 else day,
        last_day=edge == -1,
        nth=numbers["nth"],
        weekday=_weekday(groups, rules),
        direction=_direction(groups, rules),
        event=_event(groups, rules),
        exact="exact" in groups,
        precision=rule.precision,
        anchor=Anchor.PREVIOUS if groups.keys() & _FROM_PREVIOUS else rule.anchor,
    )
    if not suffix:
        expression = _with_shifts(expression, groups, rule, rules)
    return _checked(expression)


def _with_shifts(expression: Expression, groups: dict[str, str], rule: DateRule, rules: Rules) -> Expression:
    shifts: dict[str, Any] = {}
    anchor = expression.anchor
    for unit in _SHIFTS:
        for name in (f"{unit}_word", f"{unit}_word_prev", f"{unit}_ago"):
            value = _word(groups, name, rules)
            if value is not None:
                shifts[f"{unit}_shift"] = value
                anchor = Anchor.PREVIOUS if name.endswith("_prev") else anchor
    if rule.shift is not None:
        shifts[f"{rule.shift[0]}_shift"] = rule.shift[1]
    steps = []
    for position in "123":
        if f"unit{position}" in groups:
            count = _number(groups, f"n{position}", rules)
            unit = str(rules.words["unit"][_clean(groups[f"unit{position}"])])
            steps.append(Step(unit, rule.sign * (1 if count is None else count)))
    if expression.weekday is not None and "n1" in groups:  # two Sundays from now
        steps.append(Step("week", rule.sign * (_number(groups, "n1", rules) or 1)))
    if not shifts and not steps:
        return expression
    return replace(expression, anchor=anchor, steps=tuple(steps), **shifts)


def _second(first: Expression, groups: dict[str, str], rule: DateRule, rules: Rules) -> Expression | None:
    second = _expression(groups, "2", rule, rules)
    if second is None:
        return None
    if second.month is None and second.day is not None:
        second = replace(second, month=first.month)
    if second.year is None and second.month is not None:
        second = replace(second, year=first.year, year_shift=first.year_shift, month_shift=first.month_shift)
    return second


def _share(first: Expression, second: Expression) -> Expression:
    """Give the start of a range what only its end states (from 28 to 31 October 2022)."""
    if first.month is None and first.day is not None:
        first = replace(first, month=second.month)
    if first.year is None and first.month is not None:
        first = replace(first, year=second.year)
    return first


def _all_digits(groups: dict[str, str], rule: DateRule) -> Expression | None:
    parts = [groups[name] for name in "abc" if name in groups]
    fallback: Expression | None = None
    for order in rule.orders:
        stated = dict(zip(order, parts, strict=True))
        year = None
        if "y" in stated:
            year = int(stated["y"]) if len(stated["y"]) > 2 else _century(int(stated["y"]))
        month, day = int(stated["m"]), int(stated["d"])
        if not (1 <= month <= 12 and 1 <= day <= 31):
            continue
        expression = Expression(year=year, month=month, day=day, anchor=rule.anchor)
        if _exists(year, month, day):
            return expression
        fallback = fallback or replace(expression, impossible=True)
    return fallback


def _checked(expression: Expression) -> Expression | None:
    month, day, year = expression.month, expression.day, expression.year
    if month is not None and not 1 <= month <= 12:
        return None
    if day is not None and not 1 <= day <= 31:
        return None
    if year is not None and not 1 <= year <= 9999:
        return None
    if month is not None and day is not None and not _exists(year, month, day):
        return replace(expression, impossible=True)
    return expression


def _exists(year: int | None, month: int, day: int) -> bool:
    try:
        date(year or 2000, month, day)  # 2000 is a leap year: 29 February waits for its year
    except ValueError:
        return False
    return True


def _century(year: int) -> int:
    return year + (2000 if year < _PIVOT else 1900)


def _number(groups: dict[str, str], name: str, rules: Rules) -> int | None:
    return read_number(groups[name], rules.lang) if name in groups else None


def _word(groups: dict[str, str], name: str, rules: Rules, suffix: str = "") -> int | None:
    if name + suffix not in groups:
        return None
    return int(rules.words[name][_clean(groups[name + suffix])])


def _direction(groups: dict[str, str], rules: Rules) -> int | None:
    for name in ("direction", "direction_prev", "month_from_prev"):
        value = _word(groups, name, rules)
        if value is not None:
            return value
    return None


def _weekday(groups: dict[str, str], rules: Rules) -> int | None:
    for name in ("weekday", "weekday_short", "weekdays", "weekend"):
        value = _word(groups, name, rules)
        if value is not None:
            return value
    return None


def _event(groups: dict[str, str], rules: Rules) -> str | None:
    return str(rules.words["event"][_clean(groups["event"])]) if "event" in groups else None


def _clean(text: str) -> str:
    return " ".join(text.split()).rstrip(".")
