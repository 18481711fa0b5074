"""One night from start to end; its stages are plain calls here and Prefect tasks in `nightly`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from flows import journal, lake, night, sourcework
from flows.damage import put_aside
from flows.delivery import Delivery
from flows.errors import CommandError
from flows.health import tell
from flows.lock import only_run
from flows.messages import check_template
from flows.night import utc_now
from flows.progress import begin, note, watched
from flows.reading import check_extractor
from flows.redaction import redacted
from flows.routing import is_history, load_routes
from flows.settings import Settings
from flows.sourcework import SourceWork
from flows.status import write_metrics
from flows.unread import Unread, due, keep_unread, unread_pages, with_failed

if TYPE_CHECKING:
    from crawlers.records import CrawlReport, CrawlState, Source
    from warehouse.records import LoadResult, SourceRun


class Stages(Protocol):
    """What carries out the stages of a night. Nothing raises for the fault of one source."""

    def crawl(
        self, settings: Settings, run_id: str, sources: Sequence[Source], states: Mapping[str, CrawlState]
    ) -> list[CrawlReport]:
        """Crawl all sources, one report each."""

    def read(
        self, settings: Settings, reports: Sequence[CrawlReport], sources: Mapping[str, Source], now: datetime
    ) -> list[SourceWork]:
        """Read and extract what was archived, one work a report."""

    def read_again(
        self, settings: Settings, pages: Sequence[Unread], sources: Mapping[str, Source], now: datetime
    ) -> SourceWork:
        """See `sourcework.read_again`."""

    def load(self, settings: Settings, run_id: str, works: Sequence[SourceWork], now: datetime) -> LoadResult:
        """See `night.load`."""

    def publish(self, settings: Settings) -> None:
        """See `night.publish`."""

    def deliver(self, settings: Settings, now: datetime) -> Delivery:
        """See `night.deliver_alerts`."""

    def write_lake(self, settings: Settings) -> tuple[str, ...]:
        """See `lake.write_lake`."""


@dataclass(frozen=True, slots=True)
class Night:
    """What one night came to; kept in `state/nights.jsonl` for `linkpolicy status`.

    Attributes:
        sources: each source's run.
        changes: number of policy changes by kind.
        alerts: changes that somebody is told of.
        history: changes that took effect too long ago to be told.
        messages: alerts by channel, each a row of the outbox.
        delivered: messages that were sent, those of earlier nights included.
        dead: alerts given up, by channel.
        unread: URL and reason of each page that could not be read in this night for the first time.
        problems: one line for each thing that failed, empty if all is well.
    """

    run_id: str
    started_at: datetime
    finished_at: datetime
    sources: tuple[SourceRun, ...]
    documents: int
    observations: int
    changes: Mapping[str, int]
    alerts: int
    history: int
    messages: int
    delivered: int
    dead: Mapping[str, int]
    unread: tuple[tuple[str, str], ...]
    problems: tuple[str, ...]

    def summary(self) -> str:
        """Return the night in one line."""
        broken = sum(run.status == "broken" for run in self.sources)
        sources = f"{len(self.sources)} sources" + (f" ({broken} broken)" if broken else "")
        changes = ", ".join(f"{count} {kind}" for kind, count in self.changes.items()) or "none"
        alerts = f"{self.alerts}"
        if self.messages or self.delivered:
            alerts += f" ({self.messages} messages by channel, {self.delivered} delivered)"
        if self.history:
            alerts += f"; {self.history} changes are history (LINKPOLICY_ALERT_MAX_AGE_DAYS) and alert nobody"
        return (
            f"{sources}, {self.documents} new documents, {self.observations} new statements; "
            f"changes of policy: {changes}; alerts: {alerts}"
        )

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        values: dict[str, Any] = _plain(asdict(self))
        return values


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


def run_night(
    settings: Settings,
    only: Sequence[str],
    stages: Stages,
    clock: Callable[[], datetime] = utc_now,
) -> Night:
    """Crawl, read, load, publish and alert once; what a killed run left behind is taken up.

    A night that an error ends is kept in the journal too, with what it came to and the error as its problem.

    Args:
        settings: of this machine.
        stages: what carries out the stages.
        only: ids of the sources to crawl; empty for all whose schedule wants them tonight.
        clock: the time in UTC without a zone.

    Raises:
        InputError: declarations, routes, template or the data directory cannot be used.
        BusyError: another run is going on.
        DataError: rules or weights of the extractor cannot be used.
        WarehouseError: the warehouse cannot be used.
    """
    declared = night.declared_sources(settings)
    sources = night.pick_sources(declared, only)
    routes = load_routes(settings)  # a wrong file is told before hours of crawling, not after
    check_template(settings.template)
    check_extractor()
    with only_run(settings.state, wait=settings.busy == "wait"), watched(settings.state):
        started_at = clock()
        damaged = put_aside(settings.state, started_at)
        if not only:
            sources = night.due_sources(settings, sources, started_at)
        run_id = night.new_run_id(started_at)
        begin(settings.state, run_id, started_at, len(sources))
        begun = _begun(run_id, started_at, damaged)
        with _kept_if_it_fails(settings, begun, clock):
            reports = stages.crawl(settings, run_id, sources, night.known_pages(settings, sources))
            note(settings.state, stage="read")
            read = _read(settings, stages, reports, {source.id: source for source in declared}, started_at)
            works = read.works
            note(settings.state, stage="load")
            loaded = stages.load(settings, run_id, works, clock())
            keep_unread(settings.state, read.left)
            outcome = replace(
                begun,
                sources=tuple(work.run for work in works if work.run),
                documents=loaded.documents,
                observations=loaded.observations,
                changes=dict(Counter(change.kind for change in loaded.changes)),
                alerts=night.told_changes(settings, run_id) if loaded.alerts else 0,
                history=sum(is_history(c, loaded.known_at.date(), routes.max_age) for c in loaded.changes),
                messages=loaded.alerts,
                unread=tuple((page.url, page.reason) for page in read.new),
                problems=(*damaged, *_broken(works), *_unread(read.new)),
            )
        with _kept_if_it_fails(settings, outcome, clock):
            note(settings.state, stage="publish")
            delivery = _publish_and_deliver(settings, stages, clock)
        outcome = replace(
            outcome,
            finished_at=clock(),
            delivered=delivery.sent,
            dead=dict(delivery.dead),
            problems=(*outcome.problems, *delivery.problems),
        )
        journal.keep_night(settings.state, outcome.to_dict())
        return replace(outcome, problems=(*outcome.problems, *_tell(settings, clock())))


def _begun(run_id: str, started_at: datetime, problems: tuple[str, ...]) -> Night:
    """Return a night that has come to nothing yet."""
    return Night(
        run_id=run_id,
        started_at=started_at,
        finished_at=started_at,
        sources=(),
        documents=0,
        observations=0,
        changes={},
        alerts=0,
        history=0,
        messages=0,
        delivered=0,
        dead={},
        unread=(),
        problems=problems,
    )


@contextmanager
def _kept_if_it_fails(settings: Settings, outcome: Night, clock: Callable[[], datetime]) -> Iterator[None]:
    """Keep the record of a night that an error or a signal ends, for `status` must not be silent about it.

    What was not loaded stands in no such record: the next start takes it up. Of an error the operator is told
    at once, as of all else; who stops a night knows.
    """
    try:
        yield
    except Exception as error:
        why = redacted(" ".join(f"{journal.FAILED}: {error or type(error).__name__}".split()))
        with suppress(OSError, CommandError):  # of a full disk, say: the error itself is what is to be told
            _keep_ended(settings, outcome, why, clock)
            _tell(settings, clock())
        raise
    except (KeyboardInterrupt, SystemExit):
        why = f"{journal.STOPPED} before its end: `linkpolicy run` makes up for it"
        with suppress(OSError, CommandError):
            _keep_ended(settings, outcome, why, clock)
        raise


def _keep_ended(settings: Settings, outcome: Night, why: str, clock: Callable[[], datetime]) -> None:
    ended = replace(outcome, finished_at=clock(), problems=(*outcome.problems, why))
    journal.keep_night(settings.state, ended.to_dict())


@dataclass(frozen=True, slots=True)
class _Readings:
    """What a night has read.

    Attributes:
        works: one a source, and one for the pages that were tried again.
        new: pages that could not be read for the first time.
        left: all pages that are still to be read, once the works are loaded.
    """

    works: tuple[SourceWork, ...]
    new: tuple[Unread, ...]
    left: tuple[Unread, ...]


def _read(
    settings: Settings,
    stages: Stages,
    reports: Sequence[CrawlReport],
    sources: Mapping[str, Source],
    now: datetime,
) -> _Readings:
    """Read what was archived and, once more, what tripped the reader in earlier nights."""
    works = stages.read(settings, reports, sources, now)
    kept = unread_pages(settings.state)
    fetched = {
        (work.run.source_id, row.url)
        for work in works
        if work.run
        for row in work.snapshots
        if not row.revisit
    }
    tried = due(kept, sourcework.extractor_version(), fetched)
    if tried:
        works.append(stages.read_again(settings, tried, sources, now))
    failed = [page for work in works for page in work.unread]
    # What was read at last stays on the list until it is loaded, for a kill may come before.
    keep_unread(settings.state, with_failed(kept, failed))
    known = {page.place for page in kept}
    return _Readings(
        works=tuple(works),
        new=tuple(page for page in failed if page.place not in known),
        left=with_failed([p for p in kept if p not in tried and p.address not in fetched], failed, kept),
    )


def _broken(works: Sequence[SourceWork]) -> list[str]:
    runs = [work.run for work in works if work.run]
    return [f"source {run.source_id}: {run.message}" for run in runs if run.status == "broken"]


def _unread(new: Sequence[Unread]) -> list[str]:
    if not new:
        return []
    number = "1 page" if len(new) == 1 else f"{len(new)} pages"
    return [f"{number} could not be read and will be tried again: {new[0].url}: {new[0].reason}"]


def _tell(settings: Settings, now: datetime) -> list[str]:
    """Tell the operator what changed for the worse or the better, and write the metrics; return what failed.

    The night itself is over: neither may fail it.
    """
    from warehouse.records import WarehouseError

    name = settings.operator_channel
    problems = tell(settings, load_routes(settings).channels[name] if name else None)
    try:
        write_metrics(settings, now)
    except (CommandError, WarehouseError, OSError) as error:
        problems.append(f"metrics not written: {error}")
    return problems


def _publish_and_deliver(settings: Settings, stages: Stages, clock: Callable[[], datetime]) -> Delivery:
    """Return what was sent and what failed. What is not published alerts nobody; the lake delays no alert."""
    from warehouse.checks import CheckError
    from warehouse.records import WarehouseError

    try:
        stages.publish(settings)
    except (CheckError, WarehouseError, OSError) as error:
        return Delivery(0, {}, (f"not published, alerts held back: {error}",))
    note(settings.state, stage="deliver")
    try:
        delivery = stages.deliver(settings, clock())
    except (CommandError, WarehouseError) as error:
        delivery = Delivery(0, {}, (f"alerts not delivered: {error}",))
    if settings.lake is None:
        return delivery
    note(settings.state, stage="lake")
    return replace(delivery, problems=(*delivery.problems, *stages.write_lake(settings)))


class PlainStages:
    """Carries out the stages by plain calls in this process, without Prefect."""

    def crawl(
        self, settings: Settings, run_id: str, sources: Sequence[Source], states: Mapping[str, CrawlState]
    ) -> list[CrawlReport]:
        """Crawl some sources at a time, each in its own process."""
        from crawlers.processes import ending_with_the_run

        with ThreadPoolExecutor(settings.parallel_sources) as pool, ending_with_the_run():
            return list(pool.map(lambda s: night.crawl(settings, run_id, s, states[s.id]), sources))

    def read(
        self, settings: Settings, reports: Sequence[CrawlReport], sources: Mapping[str, Source], now: datetime
    ) -> list[SourceWork]:
        """Read one source after the other."""
        return [
            sourcework.read_source(settings, report, sources.get(report.source_id), now) for report in reports
        ]

    def read_again(
        self, settings: Settings, pages: Sequence[Unread], sources: Mapping[str, Source], now: datetime
    ) -> SourceWork:
        """Read one page after the other."""
        return sourcework.read_again(settings, pages, sources, now)

    def load(self, settings: Settings, run_id: str, works: Sequence[SourceWork], now: datetime) -> LoadResult:
        """Load the run."""
        return night.load(settings, run_id, works, now)

    def publish(self, settings: Settings) -> None:
        """Publish the warehouse."""
        night.publish(settings)

    def deliver(self, settings: Settings, now: datetime) -> Delivery:
        """Send what waits."""
        return night.deliver_alerts(settings, now)

    def write_lake(self, settings: Settings) -> tuple[str, ...]:
        """Write the lake."""
        return lake.write_lake(settings)
