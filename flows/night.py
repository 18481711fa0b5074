"""The stages of a night, each a plain function that can be run again from what the one before stored.

crawl each source -> read and extract -> load in one transaction -> publish -> deliver alerts
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from extract.data import DataError
from extract.records import Document, Extraction
from flows import journal
from flows.delivery import Delivery, deliver
from flows.errors import FailedError, InputError
from flows.reading import extract, read_archive
from flows.routing import load_routes
from flows.settings import Settings
from flows.stores import writing

if TYPE_CHECKING:
    from crawlers.records import CrawlReport, CrawlState, NotContent, Source
    from warehouse.records import CrawlRecord, LoadResult, SnapshotRow, SourceRun


@dataclass(frozen=True, slots=True)
class SourceWork:
    """One source's part of a run, ready to be loaded."""

    run: SourceRun
    snapshots: tuple[SnapshotRow, ...]
    readings: tuple[tuple[Document, Extraction], ...]


def utc_now() -> datetime:
    """Return the time as the warehouse stores it: UTC without a zone, whole seconds."""
    return datetime.now(UTC).replace(tzinfo=None, microsecond=0)


def new_run_id(now: datetime) -> str:
    """Return an id that sorts by time and is never given twice."""
    return f"{now:%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"


def declared_sources(settings: Settings) -> tuple[Source, ...]:
    """Return all declared sources.

    Raises:
        InputError: a declaration is wrong; names file and key.
    """
    from crawlers.sources import DEFAULT_DIRECTORY, SourceError, load_sources

    try:
        return load_sources(settings.sources or DEFAULT_DIRECTORY)
    except SourceError as error:
        raise InputError(str(error)) from None


def pick_sources(declared: Iterable[Source], only: Collection[str]) -> tuple[Source, ...]:
    """Return the sources that are named, or all if none is.

    Raises:
        InputError: a name is not declared.
    """
    by_id = {source.id: source for source in declared}
    for name in only:
        if name not in by_id:
            raise InputError(f"unknown source {name!r}; `linkpolicy sources list` shows those declared")
    return tuple(source for source in by_id.values() if not only or source.id in only)


def due_sources(settings: Settings, sources: Iterable[Source], now: datetime) -> tuple[Source, ...]:
    """Leave out the weekly and monthly sources whose time has not come; the others are due in every run."""
    from crawlers.records import Schedule
    from crawlers.schedule import source_is_due

    def last_run(source: Source) -> datetime | None:
        return max((run.started_at for run in journal.history(settings.state, source.id)), default=None)

    return tuple(
        source
        for source in sources
        if source.schedule is Schedule.NIGHTLY or source_is_due(source, last_run(source), now)
    )


def known_pages(settings: Settings, sources: Iterable[Source]) -> dict[str, CrawlState]:
    """Return what the warehouse knows of each source's pages.

    Raises:
        WarehouseError: the warehouse cannot be opened.
    """
    from warehouse.load import crawl_state

    with writing(settings) as connection:
        return {source.id: _state(crawl_state(connection, source.id)) for source in sources}


def _state(known: Mapping[str, CrawlRecord]) -> CrawlState:
    from crawlers.records import CrawlState, PageState

    return CrawlState(
        {
            url: PageState(
                etag=record.etag,
                last_modified=record.last_modified,
                digest=record.digest or None,
                last_fetched=record.fetched_at,
                last_changed=record.last_changed,
                next_due=record.next_due,
            )
            for url, record in known.items()
        }
    )


def crawl(settings: Settings, run_id: str, source: Source, state: CrawlState) -> CrawlReport:
    """Crawl one source in its own process; its faults are in the report.

    What a killed run archived and did not load is taken up by the crawl and reported again.
    """
    from crawlers.crawl import crawl_source
    from crawlers.settings import Limits

    limits = Limits(seconds=settings.source_timeout)
    return crawl_source(
        source, settings.archive, state, run_id=run_id, limits=limits, contact=settings.contact
    )


def read_source(settings: Settings, report: CrawlReport, source: Source | None) -> SourceWork:
    """Read and extract what one crawl archived; a fault ends up in the source's run, never in an error."""
    sources = {source.id: source} if source else {}
    refused: list[NotContent] = []
    pairs: list[tuple[Document, Extraction]] = []
    faults: list[str] = []
    try:
        for name in report.warc_files:
            for reading in read_archive(settings.archive / name, sources):
                if reading.refused:
                    refused.append(reading.refused)
                if reading.document:
                    extraction = extract(reading.document)
                    if isinstance(extraction, str):
                        faults.append(f"{extraction} ({reading.document.url})")
                    else:
                        pairs.append((reading.document, extraction))
    except (InputError, DataError) as error:
        faults.append(str(error))
    except Exception as error:  # noqa: BLE001 - a page that trips the reader must not cost the other sources
        faults.append(f"reading failed: {type(error).__name__}: {error}")
    run = _source_run(settings, report, source, refused)
    run = replace(run, documents=len(pairs), facts=sum(len(extraction.facts) for _, extraction in pairs))
    if faults:
        run = replace(run, status="broken", message="; ".join(faults[:3]))
    return SourceWork(run, _snapshot_rows(report), tuple(pairs))


def _source_run(
    settings: Settings, report: CrawlReport, source: Source | None, refused: Sequence[NotContent]
) -> SourceRun:
    from crawlers.health import Health, PastRun, judge, news_of
    from crawlers.records import Outcome
    from warehouse.records import SourceRun

    status, message = "ok", ""
    if source is not None:
        history = [
            PastRun(run.started_at, Health(run.status), run.news)
            for run in journal.history(settings.state, source.id)
        ]
        verdict = judge(source, report, history, refused)
        status, message = verdict.status.value, verdict.evidence
        if verdict.since < report.started_at and verdict.status is not Health.QUIET and message:
            message += f" (since {verdict.since:%Y-%m-%d})"
    return SourceRun(
        source_id=report.source_id,
        started_at=report.started_at,
        finished_at=report.finished_at,
        status=status,
        requests=report.requests,
        snapshots=news_of(report),
        unchanged=report.count(Outcome.UNCHANGED),
        bytes=report.bytes_received,
        message=message,
    )


def _snapshot_rows(report: CrawlReport) -> tuple[SnapshotRow, ...]:
    from crawlers.records import Outcome
    from warehouse.records import SnapshotRow

    return tuple(
        SnapshotRow(
            url=page.url,
            source_id=report.source_id,
            fetched_at=page.fetched_at,
            status=page.status or 0,
            content_type=page.content_type,
            digest=page.state.digest or "",
            warc_file=page.warc_file,
            warc_offset=page.warc_offset,
            bytes=page.size,
            etag=page.state.etag,
            last_modified=page.state.last_modified,
            revisit=page.outcome is Outcome.UNCHANGED,
            next_due=page.state.next_due,
            role=page.role.value,
            last_changed=page.state.last_changed,
        )
        for page in report.pages
        if page.state is not None
    )


def load(settings: Settings, run_id: str, works: Iterable[SourceWork], now: datetime) -> LoadResult:
    """Load a run in one transaction: ledger, snapshots, observations, policy, changes, alerts.

    Raises:
        WarehouseError: the warehouse cannot be opened.
    """
    from extract.pipeline import extractor_version
    from warehouse.load import load_batch
    from warehouse.records import Batch, Cause

    works = tuple(works)
    routes = load_routes(settings)
    batch = Batch(
        run_id=run_id,
        known_at=now,
        cause=Cause.CRAWL,
        source_runs=tuple(work.run for work in works),
        snapshots=tuple(row for work in works for row in work.snapshots),
        readings=tuple(pair for work in works for pair in work.readings),
        extractor_version=extractor_version(),
    )
    with writing(settings) as connection:
        return load_batch(connection, batch, routes.channels_at(now))


def publish(settings: Settings) -> Path:
    """Check the warehouse, replace the published file, then the feed and the calendar made from it.

    Raises:
        CheckError: a check found offending rows; the last good file stays.
    """
    from flows.exports import write_exports
    from warehouse.publish import publish as replace_published

    published = replace_published(settings.warehouse, settings.published, keep=settings.keep_published)
    write_exports(settings, utc_now())
    return published


def publish_or_fail(settings: Settings) -> Path:
    """Publish outside a night.

    Raises:
        FailedError: a check found offending rows; what was loaded stays loaded.
    """
    from warehouse.checks import CheckError

    try:
        return publish(settings)
    except CheckError as error:
        raise FailedError(f"loaded, but not published: {error}") from None


def deliver_alerts(settings: Settings, now: datetime) -> Delivery:
    """Send what waits in the outbox.

    Raises:
        WarehouseError: the warehouse cannot be opened.
    """
    routes = load_routes(settings)
    with writing(settings) as connection:
        return deliver(connection, routes, now, alerts_log=settings.alerts_log, template=settings.template)
