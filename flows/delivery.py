"""Empty the alert outbox: each channel in order, none delayed by another, nothing lost.

An alert is marked as soon as it was sent, while the others are on their way, so a crash in between sends it
once more under the same id. A run that is told to stop still marks what it has sent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from queue import SimpleQueue
from threading import Event
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
_ADVICE = "`linkpolicy check` shows what may stand in the way"


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


def deliver(  # noqa: PLR0913 - the keywords are plain choices of the caller
    connection: duckdb.DuckDBPyConnection,
    routes: Routes,
    now: datetime,
    *,
    alerts_log: Path,
    template: Path | None = None,
    published: Collection[str] | None = None,
) -> Delivery:
    """Send what waits in the outbox and record each outcome.

    Args:
        connection: to the warehouse, writable.
        routes: declared channels.
        now: UTC without a zone.
        alerts_log: the usual file of the type `file`.
        template: see `flows.messages.compose`.
        published: ids of the runs that may be told of, None for all.
    """
    queues = waiting(connection, now)
    orphans = [
        f"channel {name}: is not declared any more, and {len(alerts)} alerts wait for it"
        for name, alerts in queues.items()
        if alerts and name not in routes.channels
    ]
    told = {name: may_be_told(alerts, published) for name, alerts in queues.items()}
    held = sum(len(alerts) - len(told[name]) for name, alerts in queues.items())
    holding = [f"{held} alerts are held back until their runs are published; {_ADVICE}"] if held else []
    channels = [
        _send_in_order(channel, ready(told[name], channel, now), now, alerts_log, template)
        for name, channel in routes.channels.items()
        if told.get(name)
    ]
    attempts: list[Attempt] = []
    dead: Counter[str] = Counter()

    def settle(attempt: Attempt) -> None:
        attempts.append(attempt)
        if _record(connection, attempt, now):
            dead[attempt.alert.channel] += 1

    _side_by_side(channels, settle)
    failed = {a.alert.channel: a.error.reason for a in attempts if a.error}
    problems = [f"channel {name}: {reason}" for name, reason in failed.items()]
    sent = sum(a.error is None for a in attempts)
    return Delivery(sent, dict(dead), (*orphans, *holding, *problems))


def waiting(connection: duckdb.DuckDBPyConnection, now: datetime) -> dict[str, Sequence[Alert]]:
    """Return what is due for each channel, oldest first; the outbox keeps each channel's order."""
    from warehouse import outbox

    names = {entry.channel: None for entry in outbox.backlog(connection) if entry.state == "pending"}
    return {name: outbox.due(connection, now, channel=name, limit=_BATCH) for name in names}


def may_be_told(alerts: Sequence[Alert], published: Collection[str] | None) -> Sequence[Alert]:
    """Return the alerts of what is published: what failed its checks is not fit to be told.

    Args:
        alerts: of one channel.
        published: ids of the runs that are published, None to hold nothing back.
    """
    if published is None:
        return alerts
    return [alert for alert in alerts if alert.change.run_id in published]


def ready(alerts: Sequence[Alert], channel: Channel, now: datetime) -> Sequence[Alert]:
    """Return what may go out now: in quiet hours only what is urgent."""
    if not channel.is_quiet(now):
        return alerts
    return [a for a in alerts if severity_of(a.change, now.date()) is Severity.URGENT]


def _side_by_side(channels: Sequence[Iterator[Sequence[Attempt]]], settle: Callable[[Attempt], None]) -> None:
    """Send through all channels at once, and settle each attempt as soon as it is made.

    Whatever ends this, an interrupt too: no further message is begun, and what is on its way is waited for
    and settled. Attempts are settled in a thread of their own, since an interrupt breaks off what DuckDB does
    in the main one, and an alert that was sent and not ticked off would be sent again.

    Args:
        channels: send as they are iterated, one message a step.
        settle: records an attempt.
    """
    made: SimpleQueue[Attempt | None] = SimpleQueue()  # None: nothing more comes
    stop = Event()
    with ThreadPoolExecutor(max_workers=1) as ledger:
        settling = ledger.submit(_settle_all, made, settle, stop)
        try:
            with ThreadPoolExecutor(max_workers=max(1, len(channels))) as pool:
                try:
                    sending = [pool.submit(_hand_over, channel, made, stop) for channel in channels]
                    wait(sending)
                except BaseException:
                    stop.set()
                    raise
        finally:
            made.put(None)
    for done in (settling, *sending):
        done.result()  # raises what went wrong, now that all is settled


def _settle_all(made: SimpleQueue[Attempt | None], settle: Callable[[Attempt], None], stop: Event) -> None:
    """Settle attempts until there is a None; if one cannot be, set `stop` and raise when all are done."""
    errors: list[Exception] = []
    while (attempt := made.get()) is not None:
        try:
            settle(attempt)
        except Exception as error:  # noqa: BLE001 -- raised below, when the others are settled
            stop.set()
            errors.append(error)
    if errors:
        raise errors[0]


def _hand_over(channel: Iterator[Sequence[Attempt]], made: SimpleQueue[Attempt | None], stop: Event) -> None:
    """Send through one channel until `stop` is set or all is sent; queue each attempt."""
    for attempts in channel:
        for attempt in attempts:
            made.put(attempt)
        if stop.is_set():
            break


def _send_in_order(
    channel: Channel, alerts: Sequence[Alert], now: datetime, alerts_log: Path, template: Path | None
) -> Iterator[Sequence[Attempt]]:
    """Send until the channel itself fails, so that what comes later never overtakes; yield by messages.

    A digest that is refused for good is taken apart: its alerts may be taken one by one.
    """
    messages = [
        (alert, compose(alert.alert_id, alert.change, now.date(), template, reminder=is_reminder(alert)))
        for alert in sorted(alerts, key=_by_time_and_platform)
    ]
    if channel.digest and len(messages) > 1:
        error = _try(channel, digest([message for _, message in messages]), alerts_log)
        if error is None or not error.final:
            yield [Attempt(alert, error) for alert, _ in messages]
            return
    for alert, message in messages:
        error = _try(channel, message, alerts_log)
        yield [Attempt(alert, error)]
        if error is not None and not error.final:
            break


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
