"""What is known of a source's pages between two runs, and what one run reports; as JSON too."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any


class Role(StrEnum):
    """What a fetched page is for: to be read, or only to find others."""

    CONTENT = "content"
    DISCOVERY = "discovery"


class Outcome(StrEnum):
    """What came of one page in one run."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    BLOCKED = "blocked"
    GONE = "gone"
    REFUSED = "refused"
    FAILED = "failed"
    DEFERRED = "deferred"


@dataclass(frozen=True, slots=True)
class PageState:
    """What the next run needs to know of one page.

    Attributes:
        etag, last_modified: validators for conditional requests, as the server sent them.
        digest: of the last body that was received.
        last_fetched: last time the server answered, with or without a body.
        last_changed: last time the body was another one than before, None if not known.
        next_due: not fetched again before; None is always due.
    """

    etag: str | None = None
    last_modified: str | None = None
    digest: str | None = None
    last_fetched: datetime | None = None
    last_changed: datetime | None = None
    next_due: datetime | None = None

    def after_refusal(self, moment: datetime) -> PageState:
        """Return the state after an answer without content: what was had before stays known.

        Validators go, lest the wall itself be "not modified" the next time.
        """
        return replace(self, etag=None, last_modified=None, last_fetched=moment)


@dataclass(frozen=True, slots=True)
class CrawlState:
    """The known pages of one source, by requested URL."""

    pages: Mapping[str, PageState] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {url: _plain(page) for url, page in self.pages.items()}

    @classmethod
    def from_dict(cls, data: Mapping[str, Mapping[str, Any]]) -> CrawlState:
        """Read `to_dict`'s value, or any mapping of URL to PageState's fields; unknown keys are ignored."""
        return cls({url: _page_state(values) for url, values in data.items()})


@dataclass(frozen=True, slots=True)
class PageResult:
    """What came of one page in one run.

    Attributes:
        url: as requested (the key of the crawl state).
        final_url: after redirects.
        role: content, or discovery (listings, feeds).
        reason: why it was blocked, refused or failed; empty if it was not.
        size: bytes of the body, 0 without one.
        state: what the next run needs to know; None if the page could not be had.
        warc_file, warc_offset: the record written in this run, empty and -1 without one.
    """

    url: str
    final_url: str
    role: Role
    outcome: Outcome
    fetched_at: datetime
    status: int | None = None
    reason: str = ""
    content_type: str = ""
    size: int = 0
    digest: str | None = None
    state: PageState | None = None
    warc_file: str = ""
    warc_offset: int = -1


@dataclass(frozen=True, slots=True)
class CrawlReport:
    """All that one run of one source did.

    Attributes:
        ended: `finished`, `time limit`, `timed out`, `crashed` or `not started`.
        error: what went wrong with the run as a whole, empty if nothing.
        warc_files: names of the archive files to read for this run (recovered ones too).
        listed: article links found in listings, before those known are left out.
        left_out: articles and listings left for the next run, by the declared maximum or the time limit.
        bytes_received: bytes of all responses as transferred.
        requests: requests sent, with retries and robots.txt.
        seconds: duration of the run.
        pages: one result a page.
    """

    source_id: str
    run_id: str
    started_at: datetime
    finished_at: datetime
    ended: str = "finished"
    error: str = ""
    warc_files: tuple[str, ...] = ()
    listed: int = 0
    left_out: int = 0
    bytes_received: int = 0
    requests: int = 0
    seconds: float = 0.0
    pages: tuple[PageResult, ...] = ()

    def count(self, *outcomes: Outcome, role: Role | None = None) -> int:
        """Count pages by outcome and role."""
        return sum(page.outcome in outcomes and role in (None, page.role) for page in self.pages)

    @property
    def failures(self) -> tuple[PageResult, ...]:
        """Pages that could not be had, each with its reason."""
        bad = (Outcome.FAILED, Outcome.BLOCKED, Outcome.REFUSED)
        return tuple(page for page in self.pages if page.outcome in bad)

    def to_json(self) -> str:
        """Return one JSON object."""
        return json.dumps(
            _plain(self) | {"pages": [_plain_page(page) for page in self.pages]}, ensure_ascii=False
        )

    @classmethod
    def from_json(cls, text: str) -> CrawlReport:
        """Read `to_json`'s value.

        Raises:
            ValueError: the text is no JSON, or lacks a field.
        """
        try:
            data = json.loads(text)
            pages = tuple(_page_result(page) for page in data.pop("pages"))
            return cls(
                **_timed(data, "started_at", "finished_at") | {"warc_files": tuple(data["warc_files"])},
                pages=pages,
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"not a crawl report: {error}") from None

    @classmethod
    def read(cls, path: Path) -> CrawlReport:
        """Read a report file.

        Raises:
            OSError: the file cannot be read.
            ValueError: it holds no report.
        """
        return cls.from_json(path.read_text(encoding="utf-8"))


def _plain(record: Any) -> dict[str, Any]:
    return {name: _value(value) for name, value in _items(record)}


def _items(record: Any) -> Iterator[tuple[str, Any]]:
    return ((f.name, getattr(record, f.name)) for f in fields(record) if f.name != "pages")


def _value(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


def _plain_page(page: PageResult) -> dict[str, Any]:
    return _plain(page) | {"state": _plain(page.state) if page.state else None}


_STATE_TIMES = ("last_changed", "last_fetched", "next_due")


def _page_state(values: Mapping[str, Any]) -> PageState:
    known = {f.name: values[f.name] for f in fields(PageState) if f.name in values}
    return PageState(**_timed(known, *_STATE_TIMES))


def _page_result(values: dict[str, Any]) -> PageResult:
    state = values["state"]
    typed = {"role": Role(values["role"]), "outcome": Outcome(values["outcome"])}
    return PageResult(
        **_timed(values, "fetched_at") | typed | {"state": _page_state(state) if state else None}
    )


def _timed(values: Mapping[str, Any], *names: str) -> dict[str, Any]:
    times = {n: datetime.fromisoformat(v) for n in names if isinstance(v := values.get(n), str)}
    return dict(values) | times
