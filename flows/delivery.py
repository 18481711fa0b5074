"""Empty the alert outbox: each channel in order, none delayed by another, nothing lost.

An alert is marked after it was sent, so a crash in between sends it once more under the same id.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from flows.channels import ChannelError, send
from flows.later import is_reminder
from flows.messages import Message, compose, digest
from flows.routing import Channel, Routes, Severity, severity_of

if TYPE_CHECKING:
    import duckdb

    from warehouse.outbox import Alert

_FIRST_WAIT = timedelta(minutes=1)
_LONGEST_WAIT = timedelta(hours=6)
_GIVE_UP_AFTER = timedelta(days=30)  # a receiver may be down for weeks
_BATCH = 1000


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of one alert in one delivery; `error` is None if it was sent."""

    alert: Alert
    error: ChannelError | None


@dataclass(frozen=True, slots=True)
class Delivery:
    """What one delivery did.

    Attributes:
        sent: alerts delivered.
        dead: alerts given up, by channel.
        problems: one line for each channel that failed.
    """

    sent: int
    dead: Mapping[str, int]
    problems: tuple[str, ...]


def deliver(
    connection: duckdb.DuckDBPyConnection,
    routes: Routes,
    now: datetime,
    *,
    alerts_log: Path,
    template: Path | None = None,
) -> Delivery:
    """Send what waits in the outbox and record each outcome.

    Args:
        connection: to the warehouse, writable.
        routes: declared channels.
        now: UTC without a zone.
        alerts_log: the usual file of the type `file`.
        template: see `flows.messages.compose`.
    """
    queues = waiting(connection, now)
    orphans = [
        f"channel {name}: is not declared any more, and {len(alerts)} alerts wait for it"
        for name, alerts in queues.items()
        if alerts and name not in routes.channels
    ]
    jobs = [
        (channel, ready(queues[name], channel, now))
        for name, channel in routes.channels.items()
        if queues.get(name)
    ]

    def work(job: tuple[Channel, Sequence[Alert]]) -> list[Attempt]:
        return _send_in_order(job[0], job[1], now, alerts_log, template)

    with ThreadPoolExecutor(max_workers=max(1, len(jobs))) as pool:
        attempts = [attempt for done in pool.map(work, jobs) for attempt in done]
    dead = Counter(a.alert.channel for a in attempts if _record(connection, a, now))
    failed = {a.alert.channel: a.error.reason for a in attempts if a.error}
    problems = [f"channel {name}: {reason}" for name, reason in failed.items()]
    return Delivery(sum(a.error is None for a in attempts), dict(dead), (*orphans, *problems))


def waiting(connection: duckdb.DuckDBPyConnection, now: datetime) -> dict[str, Sequence[Alert]]:
    """Return what is due for each channel, oldest first; the outbox keeps each channel's order."""
    from warehouse import outbox

    names = {entry.channel: None for entry in outbox.backlog(connection) if entry.state == "pending"}
    return {name: outbox.due(connection, now, channel=name, limit=_BATCH) for name in names}


def ready(alerts: Sequence[Alert], channel: Channel, now: datetime) -> Sequence[Alert]:
    """Return what may go out now: in quiet hours only what is urgent."""
    if not channel.is_quiet(now):
        return alerts
    return [a for a in alerts if severity_of(a.change, now.date()) is Severity.URGENT]


def _send_in_order(
    channel: Channel, alerts: Sequence[Alert], now: datetime, alerts_log: Path, template: Path | None
) -> list[Attempt]:
    """Send until the channel itself fails, so that what comes later never overtakes."""
    messages = [
        (alert, compose(alert.alert_id, alert.change, now.date(), template, reminder=is_reminder(alert)))
        for alert in sorted(alerts, key=_by_time_and_platform)
    ]
    if channel.digest and len(messages) > 1:
        error = _try(channel, digest([message for _, message in messages]), alerts_log)
        return [Attempt(alert, error) for alert, _ in messages]
    attempts: list[Attempt] = []
    for alert, message in messages:
        attempts.append(Attempt(alert, _try(channel, message, alerts_log)))
        error = attempts[-1].error
        if error is not None and not error.final:
            break
    return attempts


def _try(channel: Channel, message: Message, alerts_log: Path) -> ChannelError | None:
    try:
        send(channel, message, alerts_log)
    except ChannelError as error:
        return error
    return None


def _by_time_and_platform(alert: Alert) -> tuple[datetime, str, str, str]:
    """Oldest first; what one night brings is grouped as a reader would group it."""
    return alert.created_at, alert.change.platform, alert.change.target, alert.change.surface


def _record(connection: duckdb.DuckDBPyConnection, attempt: Attempt, now: datetime) -> bool:
    """Write down what came of an attempt; tell whether the alert was given up."""
    from warehouse import outbox

    alert, error = attempt.alert, attempt.error
    if error is None:
        outbox.delivered(connection, alert.alert_id, now)
        return False
    again = next_attempt(alert, error, now)
    outbox.failed(connection, alert.alert_id, now, error.reason, again)
    return again is None


def next_attempt(alert: Alert, error: ChannelError, now: datetime) -> datetime | None:
    """Return when to try again, doubling the wait up to six hours; None to give up (dead letter)."""
    if error.final or now - alert.created_at > _GIVE_UP_AFTER:
        return None
    wait: timedelta = min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** min(alert.attempts, 16))
    return now + wait
