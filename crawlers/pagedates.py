"""Single dates as they stand on pages and in listings, Chinese and English."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from zoneinfo import ZoneInfo

_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_MONTH = r"(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
# Hours alone are an offset only behind seconds: else they end a span, as in 10:00-12.
_ISO_MOMENT = re.compile(
    r"(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)\s?"
    r"(Z|(?:UTC|GMT)(?![+-])|[+-]\d{2}:?\d{2}|(?<=:\d{2}:\d{2})[+-]\d{2})",
    re.IGNORECASE,
)
_NUMERIC = re.compile(r"(?<!\d)((?:19|20)\d{2})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})(?!\d)")
_COMPACT = re.compile(r"(?<!\d)((?:19|20)\d{2})(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?!\d)")
_DAY_FIRST = re.compile(
    rf"(?<!\d)(\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?{_MONTH},?\s+((?:19|20)\d{{2}})", re.IGNORECASE
)
_MONTH_FIRST = re.compile(rf"\b{_MONTH}\s+(\d{{1,2}})(?:st|nd|rd|th)?,?\s+((?:19|20)\d{{2}})", re.IGNORECASE)


def parse_day(text: str, timezone: str = "UTC", date_format: str | None = None) -> date | None:
    """Read the first date in a short text, None if there is none.

    Args:
        text: what stands at the place of the date.
        timezone: IANA zone in which the day is wanted; a moment with an offset is converted to it.
        date_format: strptime format to try first.
    """
    text = text.strip()
    if date_format:
        try:
            return datetime.strptime(text, date_format).date()  # noqa: DTZ007 (a day of the source's zone)
        except ValueError:
            pass
    moment = _moment(text)
    if moment is None:
        return _written_day(text)
    try:
        return moment.astimezone(ZoneInfo(timezone)).date()
    except OverflowError:  # a day of the year 0 or 10000 there
        return None


def _moment(text: str) -> datetime | None:
    """Read an ISO or RFC 2822 moment that has an offset."""
    match = _ISO_MOMENT.search(text)
    try:
        moment = _iso_moment(*match.groups()) if match else parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if moment.tzinfo is None and text.endswith("-0000"):
        moment = moment.replace(tzinfo=UTC)
    return moment if moment.tzinfo else None


def _iso_moment(day: str, time: str, offset: str) -> datetime:
    return datetime.fromisoformat(f"{day}T{time}{'+00:00' if offset[0].isalpha() else offset}")


def _written_day(text: str) -> date | None:
    for pattern in (_NUMERIC, _COMPACT):
        if match := pattern.search(text):
            year, month, day = (int(part) for part in match.groups())
            return _calendar(year, month, day)
    if match := _DAY_FIRST.search(text):
        return _calendar(int(match[3]), _month(match[2]), int(match[1]))
    if match := _MONTH_FIRST.search(text):
        return _calendar(int(match[3]), _month(match[1]), int(match[2]))
    return None


def _month(name: str) -> int:
    return _MONTHS.index(name[:3].lower()) + 1


def _calendar(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
