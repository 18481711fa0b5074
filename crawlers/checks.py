"""Checks of single declared values: each returns a TOML value typed, or raises NotAllowedError."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, datetime
from enum import StrEnum
from typing import Any, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cssselect import HTMLTranslator, SelectorError

from crawlers.addresses import is_private_host, is_web_url
from crawlers.records import Discovery, Politeness, Source

_E = TypeVar("_E", bound=StrEnum)
_ID = re.compile(r"[a-z0-9]+(?:_[a-z0-9]+)*")
_POLITE = Politeness()


class NotAllowedError(ValueError):
    """A declared value that is not allowed; the message says what is."""


def text(value: Any) -> str:
    """Take a string that is not empty."""
    if not isinstance(value, str) or not value.strip():
        raise NotAllowedError("must be a string that is not empty")
    return value


def texts(value: Any) -> tuple[str, ...]:
    """Take a list of one or more strings."""
    if not isinstance(value, list) or not value:
        raise NotAllowedError("must be a list of one or more strings")
    return tuple(text(item) for item in value)


def identifier(value: Any) -> str:
    """Take a slug."""
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise NotAllowedError(f"{value!r} is no slug: lower case letters, digits, words joined by _")
    return value


def flag(value: Any) -> bool:
    """Take true or false."""
    if not isinstance(value, bool):
        raise NotAllowedError(f"{value!r} must be true or false")
    return value


def one_of(kind: type[_E]) -> Callable[[Any], _E]:
    """Take one of an enum's values."""

    def check(value: Any) -> _E:
        allowed = [member.value for member in kind]
        if value not in allowed:
            raise NotAllowedError(f"{value!r} is not allowed; one of {', '.join(allowed)}")
        return kind(value)

    return check


def whole(least: int, most: int) -> Callable[[Any], int]:
    """Take a whole number within bounds."""

    def check(value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise NotAllowedError(f"{value!r} must be a whole number from {least} to {most}")
        return value

    return check


def seconds(value: Any) -> float:
    """Take a number of seconds, at most an hour."""
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not 0 <= value <= 3600:
        raise NotAllowedError(f"{value!r} must be a number of seconds from 0 to 3600")
    return float(value)


def day(value: Any) -> date:
    """Take a TOML date."""
    if not isinstance(value, date) or isinstance(value, datetime):
        raise NotAllowedError(f"{value!r} must be a date without quotes, as in 2026-03-01")
    return value


def date_format(value: Any) -> str:
    """Take a format of strptime that tells a day."""
    format_ = text(value)
    try:
        read = datetime.strptime(date(2023, 11, 28).strftime(format_), format_)  # noqa: DTZ007 (a day)
    except ValueError as error:
        raise NotAllowedError(f"{format_!r} is no date format: {error}") from None
    if (read.month, read.day) != (11, 28):
        raise NotAllowedError(f"{format_!r} tells no day; a format is like %Y-%m-%d")
    return format_


def day_or_empty(value: Any) -> date | None:
    """Take a TOML date, or an empty string for never."""
    return None if value == "" else day(value)


def timezone(value: Any) -> str:
    """Take the name of an IANA time zone."""
    try:
        ZoneInfo(text(value))
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: "Asia" is a directory of zones
        raise NotAllowedError(f"{value!r} is no IANA time zone, as in Asia/Shanghai") from None
    return str(value)


def selector(value: Any) -> str:
    """Take a CSS selector."""
    try:
        HTMLTranslator().css_to_xpath(text(value))
    except SelectorError as error:
        raise NotAllowedError(f"{value!r} is no CSS selector: {error}") from None
    return str(value)


def selectors(value: Any) -> tuple[str, ...]:
    """Take a list of CSS selectors."""
    return tuple(selector(item) for item in texts(value))


def patterns(value: Any) -> tuple[str, ...]:
    """Take a list of regular expressions."""
    for pattern in texts(value):
        try:
            re.compile(pattern)
        except re.error as error:
            raise NotAllowedError(f"{pattern!r} is no regular expression: {error}") from None
    return tuple(value)


def table(value: Any) -> dict[str, Any]:
    """Take a table."""
    if not isinstance(value, dict):
        raise NotAllowedError("must be a table")
    return value


def tables(value: Any) -> list[dict[str, Any]]:
    """Take an array of tables."""
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise NotAllowedError("must be an array of tables, [[...]]")
    return value


def start_url_problem(url: str, source: Source) -> str | None:
    """Say why a source must not start at a URL, None if it may."""
    if source.discovery is Discovery.FILES:
        return "is a URL; type files takes paths" if "://" in url else None
    if not is_web_url(url):
        return "must be an http or https URL"
    parts = urlsplit(url)
    if parts.username or parts.password:
        return "must not hold credentials"
    if is_private_host(parts.hostname or "") and not source.local:
        return "lies on this machine or in a private network; allowed only with local = true"
    return None


def less_polite(source: Source) -> Iterator[str]:
    """Yield the keys that ask more of a host than the default does."""
    politeness = source.politeness
    if source.render:  # the parts of a page are fetched without the delay
        yield "render"
    if politeness.delay < _POLITE.delay:
        yield "delay"
    if politeness.concurrency > _POLITE.concurrency:
        yield "concurrency"
    if not politeness.obey_robots:
        yield "obey_robots"
