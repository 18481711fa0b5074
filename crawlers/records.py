"""Records of crawling: what is declared (Source) and fetched (Snapshot).

The records of a run (CrawlState, CrawlReport) stand in `crawlers.reports` and are offered here too.
Everything is frozen; all times are UTC without a zone, as the warehouse stores them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path

from crawlers.reports import CrawlReport, CrawlState, Outcome, PageResult, PageState, Role
from extract.records import Kind, Lang

__all__ = [
    "CrawlReport",
    "CrawlState",
    "DateOrigin",
    "Discovery",
    "NotContent",
    "Outcome",
    "PageResult",
    "PageState",
    "Politeness",
    "Refusal",
    "Revisit",
    "Role",
    "Schedule",
    "Selectors",
    "Snapshot",
    "Source",
]


class Discovery(StrEnum):
    """How the pages of a source are found."""

    PAGES = "pages"
    INDEX = "index"
    FEED = "feed"
    SITEMAP = "sitemap"
    API = "api"
    FILES = "files"


class Revisit(StrEnum):
    """When a page that has been fetched is fetched again (always with a conditional request)."""

    ALWAYS = "always"
    DECAY = "decay"
    NEVER = "never"


class Schedule(StrEnum):
    """How often a source is crawled at all."""

    NIGHTLY = "nightly"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


class Refusal(StrEnum):
    """Why a page is no content."""

    CONSENT_WALL = "consent_wall"
    CHALLENGE = "challenge"
    LOGIN = "login"
    SOFT_404 = "soft_404"
    EMPTY_SHELL = "empty_shell"
    MAINTENANCE = "maintenance"
    HTTP_ERROR = "http_error"
    NOT_TEXT = "not_text"
    NO_TEXT = "no_text"
    SELECTOR_MISSED = "selector_missed"
    OTHER_LANGUAGE = "other_language"
    UNREADABLE = "unreadable"


class DateOrigin(StrEnum):
    """Where a publication date was read, from the most to the least certain."""

    SELECTOR = "selector"
    METADATA = "metadata"
    LISTING = "listing"
    GUESSED = "guessed"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Selectors:
    """CSS selectors that read one layout of a source's pages.

    Attributes:
        valid_until: last day on which the site had this layout; None is today's layout.
        title, content, published, updated: where to read each, None leaves it to generic reading.
        drop: what to remove before reading, everywhere on the page.
        date_format: strptime format of the dates, None for the usual Chinese and English forms.
    """

    valid_until: date | None = None
    title: str | None = None
    content: str | None = None
    drop: tuple[str, ...] = ()
    published: str | None = None
    updated: str | None = None
    date_format: str | None = None


@dataclass(frozen=True, slots=True)
class Politeness:
    """How hard a source may be asked.

    Attributes:
        delay: least seconds between two requests to one host; the crawler goes slower, never faster.
        concurrency: connections to one host at a time.
        obey_robots: False only for sources on the reviewed list of exceptions.
    """

    delay: float = 1.0
    concurrency: int = 1
    obey_robots: bool = True


@dataclass(frozen=True, slots=True)
class Source:
    """One declared source.

    Attributes:
        id: equals the stem of its file.
        kind: notice (the platform's own voice) or news.
        platform: slug of the platform whose own voice it is, None for news.
        language: language of all its pages, None to tell by the script.
        timezone: IANA zone in which its dates are meant.
        discovery: how pages are found, starting at `urls`.
        links: CSS selector of the links to articles (index), None for all links.
        next_page: CSS selector of the link to the next listing page (index).
        max_pages: most listing pages, sitemaps or API pages to read in one run.
        include, exclude: regular expressions an article's URL must match one of, and none of.
        items, item_url, item_title, item_published: dotted paths in a JSON listing (api).
        min_items, max_items: articles expected in the listings of a run; more are not fetched.
        revisit: when known pages are fetched again.
        render: pages are shown by Chromium before they are archived (extra `browser`).
        local: the hosts of `urls` may lie on this machine.
        last_verified: day on which a person last saw it work, None if never.
        path: the declaration's file.
    """

    id: str
    name: str
    kind: Kind
    discovery: Discovery
    urls: tuple[str, ...]
    platform: str | None = None
    language: Lang | None = None
    timezone: str = "UTC"
    links: str | None = None
    next_page: str | None = None
    max_pages: int = 5
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    items: str | None = None
    item_url: str | None = None
    item_title: str | None = None
    item_published: str | None = None
    min_items: int = 0
    max_items: int = 500
    schedule: Schedule = Schedule.NIGHTLY
    revisit: Revisit = Revisit.DECAY
    politeness: Politeness = Politeness()
    selectors: tuple[Selectors, ...] = ()
    render: bool = False
    local: bool = False
    last_verified: date | None = None
    path: Path | None = None

    def selectors_on(self, day: date) -> Selectors | None:
        """Return the selectors that fit the layout of a day, None if the source declares none."""
        for candidate in self.selectors:
            if candidate.valid_until is None or day <= candidate.valid_until:
                return candidate
        return None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One page as it was received, read back from the archive.

    Attributes:
        url: what was asked for; the key by which a page is known everywhere.
        fetched_at: UTC without a zone.
        body: payload with transfer and content encoding removed; empty for a revisit.
        digest: `sha256:` and the hexadecimal SHA-256 of the body.
        warc_file: name of the archive file, without its directory.
        warc_offset: byte offset of the record in that file.
        revisit: the body is identical to an earlier record's and not stored again.
        listed: publication day by the listing or feed that led here, None if it gave none.
        listed_title: headline by that listing, empty if it gave none.
        final_url: where the content was, after redirects; empty if nowhere else.
    """

    url: str
    source_id: str
    fetched_at: datetime
    status: int
    content_type: str
    body: bytes = field(repr=False)
    digest: str
    warc_file: str
    warc_offset: int
    revisit: bool = False
    listed: date | None = None
    listed_title: str = ""
    final_url: str = ""


@dataclass(frozen=True, slots=True)
class NotContent:
    """A page that was fetched but holds nothing to read.

    Attributes:
        kind: which sort of page it is.
        evidence: what it was recognised by, in a few words.
    """

    kind: Refusal
    evidence: str
    url: str = ""
