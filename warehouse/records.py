"""Records that go in and out of the warehouse; frozen, times in UTC without a zone."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from enum import StrEnum

from extract.records import Action, Document, Extraction, Fact, PartialDate, Precision, Stage

FOREVER = date(9999, 12, 31)
END_OF_TIME = datetime(9999, 12, 31)  # noqa: DTZ001  all times here are UTC by convention


class WarehouseError(Exception):
    """Something about the warehouse file or what is to be loaded; its text is one clear line."""


class HeldError(WarehouseError):
    """Another process has the file open in a way that excludes us; it may be worth waiting for."""


class Cause(StrEnum):
    """Why a batch is loaded."""

    CRAWL = "crawl"
    INGEST = "ingest"
    TECHNICAL = "technical"
    VERDICT = "verdict"


@dataclass(frozen=True, slots=True)
class Service:
    """What the warehouse needs to know of a service, or of a kind of links.

    Attributes:
        slug: as in `platform` and `target`.
        names: by which people ask for it.
        categories: target slugs whose rules cover it (`ecommerce`, `shorteners` ...).
    """

    slug: str
    names: tuple[str, ...] = ()
    categories: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class SourceRun:
    """What one source did in one run.

    Attributes:
        status: `ok`, `quiet`, `broken` or `skipped`.
        message: what went wrong, in one line; empty if nothing did.
    """

    source_id: str
    started_at: datetime
    finished_at: datetime
    status: str
    requests: int = 0
    snapshots: int = 0
    unchanged: int = 0
    documents: int = 0
    facts: int = 0
    bytes: int = 0
    message: str = ""


@dataclass(frozen=True, slots=True)
class SnapshotRow:
    """One fetch of one page.

    Attributes:
        digest: `sha256:...` of the body.
        warc_file: relative to the archive directory.
        warc_offset: byte offset of the record.
        bytes: length of the body.
        revisit: the body was the same as before: only the state of the page is kept.
        role: `content`, or what else the source uses the page for (`discovery`).
        first_seen, last_changed: of the page; found out from what is stored if not given.
    """

    url: str
    source_id: str
    fetched_at: datetime
    status: int
    content_type: str
    digest: str
    warc_file: str
    warc_offset: int
    bytes: int = 0
    etag: str | None = None
    last_modified: str | None = None
    revisit: bool = False
    next_due: datetime | None = None
    role: str = "content"
    first_seen: datetime | None = None
    last_changed: datetime | None = None


@dataclass(frozen=True, slots=True)
class CrawlRecord:
    """What the next crawl needs to know of a page; `fetched_at` is its last fetch."""

    url: str
    etag: str | None
    last_modified: str | None
    digest: str
    fetched_at: datetime
    next_due: datetime | None
    role: str
    first_seen: datetime
    last_changed: datetime | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """A reviewer's word on one reading, keyed by its words and values.

    It applies to every observation of the same values that has the same sentence (in any document)
    or an overlapping span of the same document. The latest verdict on a reading holds.

    Attributes:
        start, end: half-open code point offsets of the evidence.
        effective_from, effective_to: as read, not as corrected.
        decision: `accept`, `reject` or `correct`.
        corrected: the right fact, for `correct` only.
    """

    document_id: str
    start: int
    end: int
    evidence: str
    platform: str
    surface: str
    target: str
    action: Action
    effective_from: PartialDate | None
    effective_to: PartialDate | None
    region: str | None
    stage: Stage
    decision: str
    reviewer: str
    decided_at: datetime
    reason: str = ""
    corrected: Fact | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """All that one load brings.

    Attributes:
        run_id: name of the load; a known name is not loaded again.
        known_at: when its contents became known (UTC).
        readings: every document read, also those without facts or dropped by the gate.
        extractor_version: version of the rules and weights that read them.
    """

    run_id: str
    known_at: datetime
    cause: Cause
    source_runs: tuple[SourceRun, ...] = ()
    snapshots: tuple[SnapshotRow, ...] = ()
    readings: tuple[tuple[Document, Extraction], ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    extractor_version: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """An observation with the words that support it and where they stand."""

    observation_id: str
    document_id: str
    source_id: str | None
    kind: str
    url: str | None
    title: str
    published: date | None
    published_inferred: bool
    sentence: str
    start: int
    end: int
    confidence: float
    rules: tuple[str, ...]
    warc_file: str | None
    warc_offset: int | None


@dataclass(frozen=True, slots=True)
class State:
    """What holds for one key over one interval.

    Attributes:
        valid_from: first day; of the month or year, if no day is known.
        from_precision: `day`, `month`, `year`, or `by` (no start stated: then at the latest).
        valid_to: first day on which it no longer holds, None if no end is known.
        authority: `notice` if the platform itself says so, else `news`.
    """

    action: str
    valid_from: date
    from_precision: str
    valid_to: date | None
    to_precision: str | None
    authority: str

    @property
    def last_day(self) -> date | None:
        """Last day on which it holds, None if no end is known."""
        return None if self.valid_to is None else self.valid_to - timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Change:
    """One event in the policy of one key.

    Attributes:
        kind: new, reversed, rescheduled, ended, corrected, confirmed or technical.
        effect: the same without technical.
        before, after: what was and what is believed; None is nothing.
        witnesses: independent witnesses of what is believed now.
        contested: other statements contradict it.
        follows: id of an earlier change of the same rule.
        evidence: best first, at most five.
    """

    change_id: str
    run_id: str
    known_at: datetime
    kind: str
    effect: str
    platform: str
    surface: str
    target: str
    region: str | None
    stage: str
    before: State | None
    after: State | None
    witnesses: int
    contested: bool
    follows: str | None
    evidence: tuple[Evidence, ...]

    @property
    def confidence(self) -> float | None:
        """Probability that the likeliest reading among the evidence is right; None without evidence."""
        return max((item.confidence for item in self.evidence), default=None)

    def to_json(self) -> dict[str, object]:
        """Plain values only: days and times as ISO text, nested records as dictionaries."""
        value = plain(self)
        assert isinstance(value, dict)  # noqa: S101  a record is always a dictionary
        return value


@dataclass(frozen=True, slots=True)
class LoadResult:
    """What a load did.

    Attributes:
        known_at: the time recorded, moved forward if it was not after the run before.
        already_loaded: the run's name was known and nothing was done.
        documents, observations, snapshots: rows that were new.
        withdrawn: observations that no longer stand.
        alerts: outbox rows queued.
    """

    run_id: str
    known_at: datetime
    already_loaded: bool = False
    documents: int = 0
    observations: int = 0
    withdrawn: int = 0
    snapshots: int = 0
    changes: tuple[Change, ...] = ()
    alerts: int = 0


@dataclass(frozen=True, slots=True)
class PolicyRow:
    """One row of the policy table as of a day; `valid_to` is None if no end is known."""

    platform: str
    surface: str
    target: str
    region: str | None
    stage: str
    action: str
    valid_from: date
    from_precision: str
    valid_to: date | None
    to_precision: str | None
    authority: str
    contested: bool
    witnesses: int
    evidence_ids: tuple[str, ...]
    sentence: str
    url: str | None
    source_id: str | None
    published: date | None
    known_from: datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer to one concrete question, with the rule that gave it.

    Attributes:
        answer: `allowed`, `restricted`, `blocked` or `unknown`.
        rule_surface, rule_target, rule_region: what the rule that answered was stated for.
        note: what a reader should know besides, in one sentence; empty if nothing.
    """

    answer: str
    rule_surface: str | None
    rule_target: str | None
    rule_region: str | None
    valid_from: date | None
    from_precision: str | None
    valid_to: date | None
    authority: str | None
    contested: bool | None
    evidence_id: str | None
    sentence: str | None
    url: str | None
    source_id: str | None
    published: date | None
    note: str


def partial(day: date | None, precision: str | None) -> PartialDate | None:
    """The partial date whose first day is `day`; `by` counts as a day."""
    if day is None:
        return None
    if precision == Precision.YEAR:
        return PartialDate(day.year)
    if precision == Precision.MONTH:
        return PartialDate(day.year, day.month)
    return PartialDate.of(day)


def plain(value: object) -> object:
    """Turn records into dictionaries, days and times into ISO text; other values stay."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, PartialDate | StrEnum):
        return str(value)
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if hasattr(value, "__dataclass_fields__"):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}  # type: ignore[arg-type]
    return value
