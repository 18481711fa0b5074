"""Say in plain words why a request brought no response."""

from __future__ import annotations

import re

from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
)

from crawlers.errors import AddressRefusedError, HostClosedError, RobotsRefusedError
from crawlers.records import Outcome

_PHRASES: tuple[tuple[type[BaseException], str], ...] = (
    (CannotResolveHostError, "host name cannot be resolved"),
    (DownloadConnectionRefusedError, "connection refused"),
    (DownloadTimeoutError, "no complete answer in time"),
    (DownloadCancelledError, "body larger than allowed"),
    (ResponseDataLossError, "the answer was cut off"),
)
# Twisted hands out lists of failures, printed as `[<twisted.python.failure.Failure a.b.Error: text>]`.
_INNER = re.compile(r"Failure [\w.]*?(\w+): (.*?)>?\]?$", re.DOTALL)
_LONGEST = 200  # characters


def outcome_of(error: BaseException) -> Outcome:
    """Tell whether we refused the request, put it off, or failed."""
    if isinstance(error, (AddressRefusedError, RobotsRefusedError)):
        return Outcome.REFUSED
    return Outcome.DEFERRED if isinstance(error, HostClosedError) else Outcome.FAILED


def reason_of(error: BaseException) -> str:
    """Return one short line."""
    for kind, phrase in _PHRASES:
        if isinstance(error, kind):
            return phrase
    text = " ".join(str(error).split())
    if isinstance(error, IgnoreRequest):
        return text[:_LONGEST]
    if "certificate verify failed" in text:
        return "TLS: certificate verify failed"
    inner = _INNER.search(text)
    name, said = inner.groups() if inner else (type(error).__name__, text)
    return f"{name}: {said}".rstrip(": ")[:_LONGEST]
