"""The night as a Prefect flow: one thin task a stage and source around `flows.night`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from prefect import flow, get_run_logger, task
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.futures import PrefectFuture
from prefect.states import Cancelled, Completed, Failed
from prefect.task_runners import TaskRunner, ThreadPoolTaskRunner
from prefect.tasks import exponential_backoff

from flows import lake, night, sourcework
from flows.delivery import Delivery
from flows.errors import BusyError, FailedError
from flows.lock import only_run
from flows.redaction import redacted
from flows.run import Night, run_night
from flows.settings import Settings, load_settings
from flows.sourcework import SourceWork
from warehouse.records import HeldError

if TYPE_CHECKING:
    from crawlers.records import CrawlReport, CrawlState, Source
    from flows.unread import Unread
    from warehouse.records import LoadResult


_LONGEST_NIGHT = 6 * 3600.0  # seconds; each source has a limit of its own in the settings
_LONGEST_DELIVERY = 1800.0


@task(task_run_name="crawl {source.id}", tags=["crawl"], cache_policy=NO_CACHE)
def crawl(settings: Settings, run_id: str, source: Source, state: CrawlState) -> CrawlReport:
    """Crawl one source; no retries here, for the crawl has its own and never raises."""
    return night.crawl(settings, run_id, source, state)


@task(task_run_name="read {report.source_id}", tags=["extract"], cache_policy=NO_CACHE)
def read(settings: Settings, report: CrawlReport, source: Source | None, now: datetime) -> SourceWork:
    """Read and extract what one crawl archived."""
    return sourcework.read_source(settings, report, source, now)


@task(tags=["extract"], cache_policy=NO_CACHE)
def read_again(
    settings: Settings, pages: Sequence[Unread], sources: Mapping[str, Source], now: datetime
) -> SourceWork:
    """Try once more what could not be read in earlier nights."""
    return sourcework.read_again(settings, pages, sources, now)


def _is_held(_task: object, _run: object, state: State[Any]) -> bool:
    """Tell whether another process held the warehouse: a person who looks into it, for example."""
    return isinstance(state.result(raise_on_failure=False), HeldError)


_PATIENT: dict[str, Any] = {
    "retries": 3,
    "retry_delay_seconds": exponential_backoff(backoff_factor=10),
    "retry_condition_fn": _is_held,
}


@task(tags=["warehouse"], cache_policy=NO_CACHE, **_PATIENT)
def load(settings: Settings, run_id: str, works: Sequence[SourceWork], now: datetime) -> LoadResult:
    """Load a run in one transaction."""
    return night.load(settings, run_id, works, now)


@task(tags=["warehouse"], cache_policy=NO_CACHE, **_PATIENT)
def publish(settings: Settings) -> Path:
    """Check and publish the warehouse."""
    return night.publish(settings)


@task(tags=["alerts"], cache_policy=NO_CACHE, **_PATIENT)
def deliver(settings: Settings, now: datetime) -> Delivery:
    """Send what waits; what does not arrive is tried again by the outbox, not by Prefect."""
    return night.deliver_alerts(settings, now)


@task(tags=["warehouse"], cache_policy=NO_CACHE)
def write_lake(settings: Settings) -> tuple[str, ...]:
    """Write what is published into the lake; never raises for a fault of the lake."""
    return lake.write_lake(settings)


class PrefectStages:
    """Carries out the stages as Prefect tasks: sources side by side, the warehouse in one task at a time."""

    def crawl(
        self, settings: Settings, run_id: str, sources: Sequence[Source], states: Mapping[str, CrawlState]
    ) -> list[CrawlReport]:
        """Crawl some sources at a time, each in its own process."""
        from crawlers.processes import ending_with_the_run

        with ending_with_the_run():
            futures = [crawl.submit(settings, run_id, source, states[source.id]) for source in sources]
            reports = [future.result() for future in futures]
        for report in reports:
            get_run_logger().info("%s: %s, %d pages", report.source_id, report.ended, len(report.pages))
        return reports

    def read(
        self, settings: Settings, reports: Sequence[CrawlReport], sources: Mapping[str, Source], now: datetime
    ) -> list[SourceWork]:
        """Read and extract, one task a source."""
        futures = [read.submit(settings, report, sources.get(report.source_id), now) for report in reports]
        return [future.result() for future in futures]

    def read_again(
        self, settings: Settings, pages: Sequence[Unread], sources: Mapping[str, Source], now: datetime
    ) -> SourceWork:
        """Try what is left of earlier nights in one task."""
        return read_again(settings, pages, sources, now)

    def load(self, settings: Settings, run_id: str, works: Sequence[SourceWork], now: datetime) -> LoadResult:
        """Load the run in one task and one transaction."""
        return load(settings, run_id, works, now)

    def publish(self, settings: Settings) -> None:
        """Publish the warehouse."""
        publish(settings)

    def deliver(self, settings: Settings, now: datetime) -> Delivery:
        """Send what waits."""
        return deliver(settings, now)

    def write_lake(self, settings: Settings) -> tuple[str, ...]:
        """Write the lake in one task."""
        return write_lake(settings)


def _runner(workers: int) -> TaskRunner[PrefectFuture[Any]]:
    runner: ThreadPoolTaskRunner[Any] = ThreadPoolTaskRunner(max_workers=workers)
    return cast("TaskRunner[PrefectFuture[Any]]", runner)


@flow(name="nightly", task_runner=_runner(4), timeout_seconds=_LONGEST_NIGHT)
def nightly(settings: Settings | None = None, only: Sequence[str] = ()) -> State[Any]:
    """Crawl, read, load, publish and alert once.

    What arrived is loaded whatever else fails; the final state is failed if anything did, and says what.
    It is cancelled if another night is going on and the settings say not to wait for it.
    """
    try:
        outcome = run_night(settings or load_settings(), only, PrefectStages())
    except BusyError as error:
        return Cancelled(message=str(error), data=error)
    _report(outcome)
    if outcome.problems:
        return Failed(message="; ".join(outcome.problems), data=outcome)
    return Completed(message=outcome.summary(), data=outcome)


def _report(outcome: Night) -> None:
    """Keep the night as artifacts: in words, and its sources as a table."""
    words = [outcome.summary(), *(f"- {redacted(problem)}" for problem in outcome.problems)]
    create_markdown_artifact("\n\n".join(words), key="night", description=f"Night {outcome.run_id}")
    names = (
        "source_id",
        "status",
        "requests",
        "snapshots",
        "unchanged",
        "documents",
        "facts",
        "bytes",
        "message",
    )
    table = [{name: getattr(run, name) for name in names} for run in outcome.sources]
    create_table_artifact(table, key="sources", description=f"Sources of night {outcome.run_id}")


@flow(name="deliver-alerts", timeout_seconds=_LONGEST_DELIVERY)
def deliver_alerts(settings: Settings | None = None) -> State[Any]:
    """Send what waits in the outbox; a night that is going on does so itself."""
    settings = settings or load_settings()
    if not settings.warehouse.exists():
        return Completed(message="no warehouse yet")
    try:
        with only_run(settings.state):
            delivery = deliver(settings, night.utc_now())
    except BusyError:
        return Completed(message="a night is going on and delivers its alerts itself")
    if delivery.problems:
        return Failed(message="; ".join(delivery.problems))
    return Completed(message=f"{delivery.sent} alerts delivered")


def run_flow(settings: Settings, only: Sequence[str]) -> Night:
    """Run the flow in this process and return what the night came to.

    Raises:
        Exception: what stopped the flow, as `run_night` raised it.
    """
    in_parallel = nightly.with_options(task_runner=_runner(settings.parallel_sources))
    state = in_parallel(settings, only, return_state=True)
    outcome = state.result(raise_on_failure=False)
    if isinstance(outcome, Exception):
        raise outcome
    if not isinstance(outcome, Night):
        raise FailedError(f"the flow ended without a result: {state.name}: {state.message}")
    return outcome
