"""The stages of a night, each a plain function that can be run again from what the one before stored.

crawl each source -> read and extract -> load in one transaction -> publish -> deliver alerts
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from extract.records import Document, Extraction
from flows.delivery import Delivery, deliver
from flows.errors import InputError
from flows.reading import Reading, extract, read_archive
from flows.routing import load_routes
from flows.settings import Settings

if TYPE_CHECKING:
    from crawlers.records import CrawlReport, CrawlState, Source
    from warehouse.records import LoadResult, SnapshotRow, SourceRun


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


def known_pages(settings: Settings, sources: Iterable[Source]) -> dict[str, CrawlState]:
    """Return what the warehouse knows of each source's pages.

    Raises:
        WarehouseError: the warehouse cannot be opened.
    """
    from crawlers.records import CrawlState, PageState
    from warehouse.load import crawl_state
    from warehouse.store import connect

    connection = connect(settings.warehouse)
    try:
        return {
            source.id: CrawlState(
                {
                    url: PageState(
                        etag=record.etag,
                        last_modified=record.last_modified,
                        digest=record.digest or None,
                        last_fetched=record.fetched_at,
                        next_due=record.next_due,
                    )
                    for url, record in crawl_state(connection, source.id).items()
                }
            )
            for source in sources
        }
    finally:
        connection.close()


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
    readings: list[Reading] = []
    pairs: list[tuple[Document, Extraction]] = []
    try:
        for name in report.warc_files:
            for reading in read_archive(settings.archive / name, sources):
                readings.append(reading)
                if reading.document:
                    pairs.append((reading.document, extract(reading.document)))
        fault = ""
    except InputError as error:
        fault = str(error)
    except Exception as error:  # noqa: BLE001 - one page that trips the reader must not cost the other sources
        fault = f"reading failed: {type(error).__name__}: {error}"
    refused = {r.snapshot.url: r.refused.kind.value for r in readings if r.refused}
    run = _source_run(report, source, pairs, refused)
    if fault:
        run = replace(run, status="broken", message=fault)
    return SourceWork(run, _snapshot_rows(report), tuple(pairs))


def _source_run(
    report: CrawlReport,
    source: Source | None,
    pairs: Collection[tuple[Document, Extraction]],
    refused: Mapping[str, str],
) -> SourceRun:
    from crawlers.records import Outcome
    from warehouse.records import SourceRun

    status, message = verdict(report, source, refused)
    return SourceRun(
        source_id=report.source_id,
        started_at=report.started_at,
        finished_at=report.finished_at,
        status=status,
        requests=report.requests,
        snapshots=report.count(Outcome.NEW, Outcome.CHANGED),
        unchanged=report.count(Outcome.UNCHANGED),
        documents=len(pairs),
        facts=sum(len(extraction.facts) for _, extraction in pairs),
        bytes=report.bytes_received,
        message=message,
    )


def verdict(report: CrawlReport, source: Source | None, refused: Mapping[str, str]) -> tuple[str, str]:
    """Judge one crawl: `ok`, `quiet` (nothing new) or `broken`, and why.

    Args:
        report: of the crawl.
        source: its declaration, None if it is declared no more.
        refused: reason by URL of the pages that were archived but hold no content.
    """
    from crawlers.records import Outcome

    if report.error or report.ended != "finished":
        return "broken", report.error or report.ended
    failed = {page.url: page.reason or page.outcome.value for page in report.failures} | dict(refused)
    problems = [f"{reason} ({url})" for url, reason in failed.items()]
    had = report.count(Outcome.NEW, Outcome.CHANGED, Outcome.UNCHANGED) - len(refused)
    if problems and had <= 0:
        return "broken", problems[0]
    if source and report.listed < source.min_items:
        return "broken", f"{report.listed} items listed, at least {source.min_items} expected"
    message = f"{len(problems)} pages failed: {problems[0]}" if problems else ""
    return ("ok" if report.count(Outcome.NEW, Outcome.CHANGED) else "quiet"), message


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
        )
        for page in report.pages
        if page.state is not None
    )


def load(settings: Settings, run_id: str, works: Iterable[SourceWork], now: datetime) -> LoadResult:
    """Load a run in one transaction: ledger, snapshots, observations, policy, changes, alerts.

    Raises:
        WarehouseError: the warehouse cannot be opened.
    """
    from extract.pipeline import EXTRACTOR_VERSION

    from warehouse.load import load_batch
    from warehouse.records import Batch, Cause
    from warehouse.store import close, connect

    works = tuple(works)
    routes = load_routes(settings)
    batch = Batch(
        run_id=run_id,
        known_at=now,
        cause=Cause.CRAWL,
        source_runs=tuple(work.run for work in works),
        snapshots=tuple(row for work in works for row in work.snapshots),
        readings=tuple(pair for work in works for pair in work.readings),
        extractor_version=EXTRACTOR_VERSION,
    )
    connection = connect(settings.warehouse)
    try:
        return load_batch(connection, batch, routes.channels_at(now))
    finally:
        close(connection)


def publish(settings: Settings) -> Path:
    """Check the warehouse and replace the published file.

    Raises:
        CheckError: a check found offending rows; the last good file stays.
    """
    from warehouse.publish import publish as replace_published

    return replace_published(settings.warehouse, settings.published, keep=settings.keep_published)


def deliver_alerts(settings: Settings, now: datetime) -> Delivery:
    """Send what waits in the outbox.

    Raises:
        WarehouseError: the warehouse cannot be opened.
    """
    from warehouse.store import close, connect

    routes = load_routes(settings)
    connection = connect(settings.warehouse)
    try:
        return deliver(connection, routes, now, alerts_log=settings.alerts_log, template=settings.template)
    finally:
        close(connection)
