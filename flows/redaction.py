"""Keep secrets out of logs and reports: what is hidden here is replaced wherever a log record is made."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

HIDDEN = "[hidden]"
_SHORTEST = 6  # characters: what is shorter would blank out ordinary words
_SHORTEST_SEGMENT = 16  # of a path: names are shorter, tokens longer

_secrets: set[str] = set()
_make_record = logging.getLogRecordFactory()


def hide(secrets: Iterable[str]) -> None:
    """Hide these words from now on, in all log records of this process."""
    _secrets.update(secret for secret in secrets if len(secret) >= _SHORTEST)
    logging.setLogRecordFactory(_record)


def hide_url(url: str) -> None:
    """Hide a URL, and what in it may be a secret: password, user, queries, long parts of the path."""
    parts = urlsplit(url)
    path = [part for part in parts.path.split("/") if len(part) >= _SHORTEST_SEGMENT]
    words = [
        parts.username or "",
        parts.password or "",
        *(value for _, value in parse_qsl(parts.query)),
        *path,
    ]
    hide([url, *words, *(unquote(word) for word in words)])


def redacted(text: str) -> str:
    """Return a text without what is hidden."""
    for secret in sorted(_secrets, key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    return text


def _record(*values: Any, **named: Any) -> logging.LogRecord:
    record = _make_record(*values, **named)
    try:
        message = record.getMessage()
    except (TypeError, ValueError):  # wrong arguments: for the handler to complain of
        return record
    if (clean := redacted(message)) != message:
        record.msg, record.args = clean, ()
    if record.exc_info and record.exc_info[0] is not None:
        # Formatters print this text where it is there, and make their own where it is not.
        record.exc_text = redacted("".join(traceback.format_exception(*record.exc_info)).rstrip())
    return record
