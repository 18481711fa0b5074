"""One look at the whole: the last nights, what waits, the disk, and what needs a person."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from flows import journal
from flows.errors import InputError
from flows.exports import metrics
from flows.progress import Running, running
from flows.settings import Settings
from flows.stores import looking
from flows.unread import TRIES, Unread, unread_pages

if TYPE_CHECKING:
    from warehouse.outbox import Backlog

_LATE = timedelta(hours=24)  # an alert that waits longer than this needs a person
_LEAST_FREE = 1 << 30  # bytes
_KNOWN = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Status:
    """The state of the pipeline.

    Attributes:
        running: the night that is running now, or that was killed and not made up for yet.
        nights: records of the last nights, youngest first.
        backlog: alerts that are not delivered, by channel and state; None while a night writes the warehouse.
        unread: archived pages that could not be read.
        disk: bytes by what they are used for, and `free`.
        schema_version: of the warehouse, None without one or while a night writes it.
        next_run: when the schedule's next night begins, in UTC.
        needs: one line for each thing that needs a person, with what to do.
    """

    running: Running | None
    nights: tuple[Mapping[str, Any], ...]
    backlog: tuple[Backlog, ...] | None
    unread: tuple[Unread, ...]
    disk: Mapping[str, int]
    schema_version: int | None
    next_run: datetime | None
    needs: tuple[str, ...]


def status_of(settings: Settings, now: datetime, last: int = 7) -> Status:
    """Look at everything; changes nothing.

    Args:
        settings: of this machine.
        now: UTC without a zone.
        last: how many nights to show.

    Raises:
        WarehouseError: the warehouse cannot be read.
    """
    now_running = running(settings.state)
    nights = journal.nights(settings.state)
    backlog, version = _glance(settings, now_running)
    disk = _disk(settings)
    unread = unread_pages(settings.state)
    needs = [
        *_running_needs(now_running),
        *_nights_need(settings, nights, now_running, now),
        *_warehouse_needs(settings),
        *_backlog_needs(backlog or (), now),
        *_unread_needs(unread, now),
        *_disk_needs(settings, disk),
    ]
    return Status(
        running=now_running,
        nights=tuple(reversed(nights[-last:])),
        backlog=backlog,
        unread=unread,
        disk=disk,
        schema_version=version,
        next_run=next_run(settings.cron, settings.timezone, now),
        needs=tuple(needs),
    )


def _glance(settings: Settings, night: Running | None) -> tuple[tuple[Backlog, ...] | None, int | None]:
    """Look into the warehouse; a night that writes it is not waited for."""
    from warehouse.records import HeldError

    if night is None or not night.alive:
        return _warehouse(settings)
    try:
        return _warehouse(settings, patience=0)
    except HeldError:
        return None, None


def _warehouse(settings: Settings, patience: float | None = None) -> tuple[tuple[Backlog, ...], int | None]:
    from warehouse.outbox import backlog
    from warehouse.store import SCHEMA_VERSION

    if not settings.warehouse.exists():
        return (), None
    with looking(settings, patience) as connection:  # refuses any other version
        return tuple(backlog(connection)), SCHEMA_VERSION


def _disk(settings: Settings) -> dict[str, int]:
    used = {
        "archive": _size(settings.archive),
        "published": _size(settings.published),
        "warehouse": settings.warehouse.stat().st_size if settings.warehouse.exists() else 0,
    }
    existing = settings.data if settings.data.exists() else Path()
    return used | {"free": shutil.disk_usage(existing).free}


def _size(directory: Path) -> int:
    return sum(p.stat().st_size for p in directory.rglob("*") if p.is_file() and not p.is_symlink())


def _running_needs(night: Running | None) -> list[str]:
    if night is None or night.alive:
        return []
    begun = f"{night.started_at:%Y-%m-%d %H:%M}"
    return [
        f"the night begun at {begun} UTC was killed at its {night.stage}: `linkpolicy run` makes up for it"
    ]


def _nights_need(
    settings: Settings, nights: Sequence[Mapping[str, Any]], night: Running | None, now: datetime
) -> list[str]:
    if not nights:
        if night is not None:
            return []
        return ["no night has been run yet: `linkpolicy run`, or `linkpolicy serve` for every night"]
    last = nights[-1]
    needs = [f"last night: {problem}" for problem in last["problems"]]
    finished = [past for past in nights if journal.is_finished(past)]
    since = finished[-1]["finished_at"] if finished else nights[0]["started_at"]
    age = now - datetime.fromisoformat(since)
    if age > timedelta(hours=settings.missed_after_hours):
        hours = age / timedelta(hours=1)
        needs.append(
            f"no night has been finished for {hours:.0f} hours: look at the scheduler, or `linkpolicy run`"
        )
    return needs


def _warehouse_needs(settings: Settings) -> list[str]:
    from warehouse.manifest import manifest_path

    manifest = manifest_path(settings.warehouse)
    if settings.warehouse.exists() or not manifest.exists():
        return []
    again = f"or remove {manifest.name} and make it again from the archive by `linkpolicy ingest`"
    return [f"{settings.warehouse} is missing, though runs were loaded into it: put a copy back, {again}"]


def _backlog_needs(backlog: Sequence[Backlog], now: datetime) -> list[str]:
    needs = []
    for entry in backlog:
        if entry.state == "dead":
            again = f"`linkpolicy alerts retry --channel {entry.channel}` tries again"
            needs.append(f"channel {entry.channel}: {entry.count} alerts were given up; {again}")
        elif now - entry.oldest > _LATE:
            since = f"{entry.oldest:%Y-%m-%d %H:%M}"
            needs.append(f"channel {entry.channel}: {entry.count} alerts wait, the oldest since {since} UTC")
    return needs


def _unread_needs(unread: Sequence[Unread], now: datetime) -> list[str]:
    """A page that is still tried every night needs nobody; one given up long ago is known."""
    given_up = [page for page in unread if page.given_up and now - page.since < _KNOWN]
    if not given_up:
        return []
    first = given_up[0]
    tale = f"{len(given_up)} pages could not be read in {TRIES} tries, the first {first.url}: {first.reason}"
    return [f"{tale}; report it; they are tried again when the rules have changed"]


def _disk_needs(settings: Settings, disk: Mapping[str, int]) -> list[str]:
    if disk["free"] >= _LEAST_FREE:
        return []
    return [f"{settings.data}: only {disk['free'] // (1 << 20)} MB are free on the disk"]


def write_metrics(settings: Settings, now: datetime) -> None:
    """Write `linkpolicy.prom` beside the published file, for Prometheus' textfile collector.

    Raises:
        OSError: it cannot be written.
    """
    nights = journal.nights(settings.state)
    if nights:
        text = metrics(nights[-1], _warehouse(settings)[0], _disk(settings), now)
        journal.write_whole(settings.published / "linkpolicy.prom", text)


def check_cron(cron: str) -> None:
    """Check a cron expression.

    Raises:
        InputError: it is none.
    """
    from cronsim import CronSim, CronSimError

    try:
        CronSim(cron, datetime.now(UTC))
    except CronSimError as error:
        raise InputError(f"cron: {cron!r} is no cron expression ({error})") from None


def next_run(cron: str, timezone: str, now: datetime) -> datetime | None:
    """Return the next time of a cron expression in a zone, as UTC without a zone; None if it has none."""
    from cronsim import CronSim, CronSimError

    local = now.replace(tzinfo=UTC).astimezone(ZoneInfo(timezone))
    try:
        return next(CronSim(cron, local)).astimezone(UTC).replace(tzinfo=None)
    except (CronSimError, StopIteration):
        return None
