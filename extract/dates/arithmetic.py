"""Arithmetic on the calendar: steps, weekdays, months, weeks. No language, no context."""

from __future__ import annotations

import calendar
from datetime import date, timedelta

from extract.dates.records import Step
from extract.records import PartialDate

DAY_UNITS = frozenset({"day", "week", "fortnight", "business_day"})
_LENGTHS = {"day": 1, "week": 7, "fortnight": 14, "half_month": 15}
_MONTHS = {"month": 1, "quarter": 3, "half_year": 6, "year": 12, "decade": 120}


def add(day: date, step: Step) -> date:
    """Take one step from a day; a day that the month reached lacks becomes its last."""
    if step.unit in _LENGTHS:
        return day + timedelta(days=_LENGTHS[step.unit] * step.count)
    if step.unit == "business_day":
        return _add_business_days(day, step.count)
    months = step.count * _MONTHS[step.unit]
    year, month = month_plus(day.year, day.month, months)
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def _add_business_days(day: date, count: int) -> date:
    weeks, rest = divmod(abs(count), 5)
    sign = 1 if count >= 0 else -1
    day += timedelta(weeks=sign * weeks)
    while rest:
        day += timedelta(days=sign)
        rest -= day.weekday() < 5
    return day


def count_weekdays(day: date, weekday: int, count: int) -> date:
    """Give the count-th such weekday after (or, if negative, before) a day."""
    sign = 1 if count > 0 else -1
    ahead = (weekday - day.isoweekday()) * sign % 7 or 7
    return day + timedelta(days=sign * (ahead + 7 * (abs(count) - 1)))


def month_plus(year: int, month: int, months: int) -> tuple[int, int]:
    """Add months to a year and month."""
    total = year * 12 + month - 1 + months
    return total // 12, total % 12 + 1


def exists(year: int, month: int, day: int | None) -> bool:
    """Whether the calendar has the day (or, without one, the month)."""
    return 1 <= year <= 9999 and (day is None or 1 <= day <= calendar.monthrange(year, month)[1])


def whole_week(monday: date) -> PartialDate:
    """A week is its month if it lies in one, else its year: no day is invented."""
    sunday = monday + timedelta(days=6)
    if monday.month == sunday.month:
        return PartialDate(monday.year, monday.month)
    return PartialDate(monday.year) if monday.year == sunday.year else PartialDate(sunday.year)
