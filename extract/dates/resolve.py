"""Resolve expressions against a reference day and the dates named before: the calendar stage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from extract.dates.arithmetic import DAY_UNITS, add, count_weekdays, exists, month_plus
from extract.dates.choose import choose_year, in_week, month_from, nearest_day, nearest_year, weekday_around
from extract.dates.records import Anchor, Expression
from extract.dates.rules import Event
from extract.records import PartialDate

_YEAR_UNITS = {"year", "decade"}

# A day told as future may lie so many days back and still be meant.
_PAST_ENOUGH = 7


@dataclass(frozen=True, slots=True)
class Context:
    """What decides the parts that a mention leaves open.

    Attributes:
        reference: publication day, or None.
        precise: whether days, weeks and months may be counted from the reference, or years only.
        previous: the date named last, of any precision; `previous_month`, `previous_day`: the last one
            that is known to the month, to the day.
        year: an explicit year named earlier in the same paragraph.
        said: the last day that had come, named in the sentence or the one before.
        since: how many sentences have ended since `said` was named.
        listed: in a list of dated lines that began with a full date, the date of the line before.
        tense: -1 if the words around speak of the past, 0 of neither, 1 of the future, 2 of an
            end, 3 if only a small word (from, by) leans to the future.
        events: when holidays and sales events lie.
    """

    reference: date | None
    year: int | None
    tense: int
    events: Mapping[str, Event]
    previous: PartialDate | None = None
    previous_month: PartialDate | None = None
    previous_day: PartialDate | None = None
    said: PartialDate | None = None
    since: int = 0
    listed: PartialDate | None = None
    precise: bool = True

    def after(self, value: PartialDate, year: int | None) -> Context:
        """The same context once a date has been named; `year` is carried on."""
        return Context(
            self.reference,
            year,
            self.tense,
            self.events,
            previous=value,
            previous_month=value if value.month is not None else self.previous_month,
            previous_day=value if value.day is not None else self.previous_day,
            said=self.said,
            since=self.since,
            listed=self.listed,
            precise=self.precise,
        )


def resolve(expression: Expression, context: Context) -> PartialDate | None:
    """Give the date that an expression comes to, or None if something needed is unknown."""
    if expression.impossible:
        return None
    try:
        value = _resolve(expression, context)
        if value is not None and expression.last_day:
            value = PartialDate.of(value.last)
    except (ValueError, OverflowError):  # outside of the calendar
        return None
    return None if value is None else _cap(value, expression.precision)


def _resolve(expression: Expression, context: Context) -> PartialDate | None:
    if expression.steps:
        return _after_steps(expression, context)
    if expression.event is not None:
        return _event(expression, context)
    if expression.month is not None or expression.month_shift is not None or expression.nth is not None:
        return _nth_weekday(expression, context) if expression.nth else _in_month(expression, context)
    if expression.year is not None or expression.year_shift is not None:
        year = _stated_year(expression, context)
        return None if year is None else PartialDate(year)
    return _near(expression, context) if expression.day is None else _bare_day(expression, context)


def _cap(value: PartialDate, precision: str) -> PartialDate:
    if precision == "year":
        return PartialDate(value.year)
    return PartialDate(value.year, value.month) if precision == "month" else value


def _base(expression: Expression, context: Context) -> PartialDate | None:
    """What shifts count from: the date named before if the words say so, else the reference."""
    if expression.anchor is Anchor.NAMED:
        return context.previous
    if expression.anchor is Anchor.PREVIOUS:
        named = _named_before(expression, context)
        if named is not None:
            return named
    if expression.anchor is Anchor.SAID and context.said is not None:
        return context.said
    if context.reference is None or not (context.precise or expression.year_shift is not None):
        return None
    return PartialDate.of(context.reference)


def _named_before(expression: Expression, context: Context) -> PartialDate | None:
    """The last date fine enough for what is asked: a day for days and weeks, a month for months."""
    if expression.year_shift is not None or {step.unit for step in expression.steps} & _YEAR_UNITS:
        return context.previous
    if expression.month_shift is not None or any(step.unit not in DAY_UNITS for step in expression.steps):
        return context.previous_month or context.previous
    return context.previous_day or context.previous_month or context.previous


def _stated_year(expression: Expression, context: Context) -> int | None:
    if expression.year is not None:
        return expression.year
    if expression.year_shift is None:
        return None
    base = _base(expression, context)
    return None if base is None else base.year + expression.year_shift


def _after_steps(expression: Expression, context: Context) -> PartialDate | None:
    stated = expression.month is not None  # ten days after 1 May
    base = _in_month(expression, context) if stated else _base(expression, context)
    if base is None:
        return None
    if expression.weekday is not None:  # two Sundays from now
        return PartialDate.of(count_weekdays(base.first, expression.weekday, expression.steps[0].count))
    day = base.first + timedelta(days=expression.day_shift or 0)
    for step in expression.steps:
        day = add(day, step)
    units = {step.unit for step in expression.steps}
    fine = "day" if units & DAY_UNITS else "month" if units - _YEAR_UNITS else "year"
    if base.day is None and fine == "day":  # three weeks after a month: some month, no day
        fine = "month" if base.month is not None else "year"
    return _cap(PartialDate.of(day), fine)


def _event(expression: Expression, context: Context) -> PartialDate | None:
    """A holiday or sales event is its month, or its year where the month is not known."""
    event = context.events[expression.event or ""]
    day = event.exact_day if expression.exact else event.day
    year = _stated_year(expression, context)
    if event.month is not None:
        return _in_month(replace(expression, event=None, month=event.month, day=day), context)
    if year is not None:
        moving = event.days.get(year)
        return PartialDate(year) if moving is None else _moving(moving, exact=expression.exact)
    if context.reference is None:
        return None
    dates = [_moving(moving, exact=expression.exact) for moving in event.days.values()]
    return choose_year(dates, expression.direction, context.reference, context.tense)


def _moving(day: date, *, exact: bool) -> PartialDate:
    return PartialDate.of(day) if exact else PartialDate(day.year, day.month)


def _nth_weekday(expression: Expression, context: Context) -> PartialDate | None:
    whole = replace(expression, nth=None, weekday=None, day=None)
    if whole.month is None and whole.month_shift is None:
        whole = replace(whole, month_shift=0)
    month = _in_month(whole, context)
    if month is None or month.month is None or expression.weekday is None or expression.nth is None:
        return None
    first = 1 + (expression.weekday - month.first.isoweekday()) % 7
    return PartialDate(month.year, month.month, first + 7 * (expression.nth - 1))


def _in_month(expression: Expression, context: Context) -> PartialDate | None:
    year = _stated_year(expression, context)
    month = expression.month
    if month is None:
        base = _base(expression, context)
        if base is None or base.month is None:
            return None
        shifted, month = month_plus(base.year, base.month, expression.month_shift or 0)
        year = year if year is not None else shifted
    if year is None:
        return _without_year(replace(expression, month=month), context)
    return PartialDate(year, month, expression.day)


def _without_year(expression: Expression, context: Context) -> PartialDate | None:
    month, day = expression.month or 1, expression.day
    if expression.anchor is Anchor.PREVIOUS and expression.direction is not None and context.previous:
        return month_from(month, expression.direction, context.previous)
    if context.listed is not None and expression.direction is None:
        return nearest_year(month, day, context.listed)
    if context.year is not None and expression.direction is None and exists(context.year, month, day):
        carried = PartialDate(context.year, month, day)
        if context.tense != 1 or context.reference is None or carried.last >= context.reference:
            return carried  # else: "in use since 2012, will be withdrawn on 4 April"
    if context.reference is None:
        return None
    reference = context.reference
    reach = 4 if (month, day) == (2, 29) else 1
    years = range(reference.year - reach, reference.year + reach + 1)
    dates = [PartialDate(year, month, day) for year in years if exists(year, month, day)]
    if expression.weekday is not None and day is not None:  # Tuesday, 15 August: some years only
        dates = [found for found in dates if found.first.isoweekday() == expression.weekday] or dates
    return choose_year(dates, expression.direction, reference, context.tense)


def _bare_day(expression: Expression, context: Context) -> PartialDate | None:
    """A day without a month: of the month named last, else the nearest one to the reference."""
    day, reference = expression.day or 1, context.reference
    if expression.anchor is Anchor.PREVIOUS and context.previous_month is not None:
        named = _in_named_month(day, context.previous_month, context)
        if named is not None:
            return named
    if reference is None or not context.precise:
        return None
    return nearest_day(day, expression.weekday, reference, context.tense)


def _in_named_month(day: int, named: PartialDate, context: Context) -> PartialDate | None:
    year, month = named.year, named.month or 1
    if named.day is not None and day < named.day - 20 and context.tense >= 0:
        year, month = month_plus(year, month, 1)  # opens on 28 October, in chats from the 3rd
    if not exists(year, month, day):
        return None
    found = PartialDate(year, month, day)
    if context.reference is not None:
        days = (found.first - context.reference).days
        if (context.tense < 0 < days) or (context.tense > 0 and days < -_PAST_ENOUGH):
            return None  # told as past but still to come, or the other way round: of another month
    return found


def _near(expression: Expression, context: Context) -> PartialDate | None:
    """Days and weeks around the anchor: tomorrow, next Tuesday, this week."""
    base = _base(expression, context)
    if base is None:
        return None
    if expression.week_shift is not None:
        return in_week(base.first, expression.week_shift, expression.weekday)
    if expression.weekday is not None:
        if expression.anchor is Anchor.PREVIOUS and expression.direction is not None:
            return PartialDate.of(_weekday_from(base.first, expression.weekday, expression.direction))
        return PartialDate.of(weekday_around(base.first, expression.weekday, context.tense))
    if base.day is None:  # "the next day" after a month: nothing finer is known
        return base
    return PartialDate.of(base.first + timedelta(days=expression.day_shift or 0))


def _weekday_from(day: date, weekday: int, direction: int) -> date:
    """The weekday before or after a day; if it is the same one (0), the day itself or else the next."""
    if direction == 0 and day.isoweekday() == weekday:
        return day
    return count_weekdays(day, weekday, direction or 1)
