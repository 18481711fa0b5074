"""Choose among the years, months and weeks that a date without them may mean."""

from __future__ import annotations

from datetime import date, timedelta

from extract.dates.arithmetic import exists, month_plus, whole_week
from extract.records import PartialDate

# How many days from the reference a month and day without a year may lie and still be of its year:
# looking back is more usual than looking ahead, and the tense of the sentence only leans.
_AHEAD = {-1: 60, 0: 210, 1: 270, 2: 366, 3: 270}
_BACK = {-1: 366, 0: 270, 1: 150, 2: 60, 3: 240}
# A bare day against the tense counts as so many days further away; one in the reference's month as nearer.
_WRONG_WAY, _SAME_MONTH = 15, 10


def choose_year(
    dates: list[PartialDate], direction: int | None, reference: date, tense: int
) -> PartialDate | None:
    """Pick the year: by the words last, this, next; else the least strange."""
    if direction == 0:
        dates = [found for found in dates if found.year == reference.year]
    elif direction is not None and direction < 0:
        dates = [found for found in dates if found.last < reference][-1:]
    elif direction is not None:
        dates = [found for found in dates if found.first > reference][:1]
    return min(dates, key=lambda found: _strangeness(found, reference, tense), default=None)


def _strangeness(found: PartialDate, reference: date, tense: int) -> tuple[bool, int, int]:
    """Order years by how odd the date would be: out of reach, not of this year, far."""
    days = (
        (found.first - reference).days if found.first > reference else min((found.last - reference).days, 0)
    )
    return not -_BACK[tense] <= days <= _AHEAD[tense], abs(found.year - reference.year), abs(days)


def nearest_year(month: int, day: int | None, other: PartialDate) -> PartialDate | None:
    """Give the month and day in the year that brings them nearest to another date."""
    years = [year for year in range(other.year - 1, other.year + 2) if exists(year, month, day)]
    dates = [PartialDate(year, month, day) for year in years]
    return min(dates, key=lambda found: abs(found.first - other.first), default=None)


def month_from(month: int, direction: int, named: PartialDate) -> PartialDate:
    """That month of the year named before, or the one following or preceding that date."""
    passed = named.month is None or month <= named.month
    year = named.year + (1 if direction > 0 and passed else -1 if direction < 0 and not passed else 0)
    return PartialDate(year, month)


def nearest_day(day: int, weekday: int | None, reference: date, tense: int) -> PartialDate:
    """Give such a day of a month near to the reference; the weekday, if stated, must agree if it can."""
    months = [month_plus(reference.year, reference.month, step) for step in (-2, -1, 0, 1, 2)]
    days = [date(year, month, day) for year, month in months if exists(year, month, day)]
    if weekday is not None:
        days = [found for found in days if found.isoweekday() == weekday] or days
    return PartialDate.of(min(days, key=lambda found: _day_strangeness(found, reference, tense)))


def _day_strangeness(found: date, reference: date, tense: int) -> int:
    days = (found - reference).days
    same_month = (found.year, found.month) == (reference.year, reference.month)
    return abs(days) + (_WRONG_WAY if days * tense < 0 else 0) - (_SAME_MONTH if same_month else 0)


def weekday_around(day: date, weekday: int, tense: int) -> date:
    """The next such weekday in a sentence about the future, else the last one; today is either.

    Whoever writes on a Wednesday of what holds "from Wednesday" means that day: in 22 of 22 annotated facts.
    """
    ahead = (weekday - day.isoweekday()) % 7
    return day + timedelta(days=ahead) if tense > 0 else day - timedelta(days=-ahead % 7)


def in_week(day: date, weeks: int, weekday: int | None) -> PartialDate:
    """Give a weekday, or the whole, of the week so many weeks from a day's own."""
    monday = day - timedelta(days=day.weekday()) + timedelta(weeks=weeks)
    return whole_week(monday) if weekday is None else PartialDate.of(monday + timedelta(days=weekday - 1))
