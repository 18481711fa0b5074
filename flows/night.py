"""The stages of a night, each a plain function that can be run again from what the one before stored.

crawl each source -> read and extract -> load in one transaction -> publish -> deliver alerts
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from flows import journal
from flows.delivery import Delivery, deliver
from flows.errors import FailedError, InputError
from flows.lake import write_lake
from flows.later import channels_unless_flip, queue_later
from flows.messages import check_template
from flows.progress import note
from flows.routing import load_routes
from flows.settings import Settings
from flows.sourcework import SourceWork, extractor_version
from flows.stores import looking, patiently, published_runs, writing

if TYPE_CHECKING:
    from crawlers.records import CrawlReport, CrawlState, Source
    from warehouse.records import CrawlRecord, LoadResult


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
    from extract.vocabulary import load_vocabulary

    try:
        return load_sources(settings.sources or DEFAULT_DIRECTORY, load_vocabulary().services)
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
    note(settings.state, crawling=source.id)
    report = crawl_source(
        source, settings.archive, state, run_id=run_id, limits=limits, contact=settings.contact
    )
    note(settings.state, crawled=source.id)
    return report


def load(settings: Settings, run_id: str, works: Iterable[SourceWork], now: datetime) -> LoadResult:
    """Load a run in one transaction: ledger, snapshots, observations, policy, changes, alerts.

    Raises:
        WarehouseError: the warehouse cannot be opened.
    """
    from warehouse.load import load_batch
    from warehouse.records import Batch, Cause

    works = tuple(works)
    routes = load_routes(settings)
    batch = Batch(
        run_id=run_id,
        known_at=now,
        cause=Cause.CRAWL,
        source_runs=tuple(work.run for work in works if work.run),
        snapshots=tuple(row for work in works for row in work.snapshots),
        readings=tuple(pair for work in works for pair in work.readings),
        extractor_version=extractor_version(),
    )
    with writing(settings) as connection:
        return load_batch(connection, batch, channels_unless_flip(connection, routes, now))


def publish(settings: Settings) -> Path:
    """Check the warehouse, replace the published file, then the feed and the calendar made from it.

    Raises:
        CheckError: a check found offending rows; the last good file stays.
        WarehouseError: the warehouse cannot be read, or the published file not be written.
        HeldError: somebody has held the warehouse for ten minutes.
    """
    from flows.exports import write_exports
    from warehouse.publish import publish as replace_published

    published = patiently(
        settings.warehouse,
        lambda: replace_published(settings.warehouse, settings.published, keep=settings.keep_published),
    )
    write_exports(settings, utc_now())
    return published


def publish_or_fail(settings: Settings) -> Path:
    """Publish outside a night, into the lake too if there is one.

    Raises:
        FailedError: a check found offending rows, or all is well but the lake; what was loaded stays loaded.
    """
    from warehouse.checks import CheckError

    try:
        published = publish(settings)
    except CheckError as error:
        raise FailedError(f"loaded, but not published: {error}") from None
    if failed := write_lake(settings):
        raise FailedError(f"loaded and published, but {failed[0]}")
    return published


def told_changes(settings: Settings, run_id: str) -> int:
    """Return how many changes of a run somebody is told of.

    Raises:
        WarehouseError: the warehouse cannot be opened.
    """
    sql = "SELECT count(DISTINCT change_id) FROM alert WHERE run_id = $run"
    with looking(settings) as connection:
        found = connection.execute(sql, {"run": run_id}).fetchone()
    return int(found[0]) if found else 0


def deliver_alerts(settings: Settings, now: datetime) -> Delivery:
    """Send what waits in the outbox, with what has become due since the nights of its changes.

    Alerts of a run that is not published wait: an hourly delivery must not tell what a night held back.

    Raises:
        InputError: routes or template cannot be used.
        WarehouseError: the warehouse cannot be opened.
    """
    routes = load_routes(settings)
    check_template(settings.template)
    published = published_runs(settings)
    with writing(settings) as connection:
        queue_later(connection, routes, now)
        return deliver(
            connection,
            routes,
            now,
            alerts_log=settings.alerts_log,
            template=settings.template,
            published=published,
        )
