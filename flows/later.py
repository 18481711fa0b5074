"""Alerts that are due later than the night of their change: the eve of a day, and a page that came to rest.

Both are rows of the outbox like any other: they keep their order, are tried again and go out once. The id
of a reminder is made of the change and the day; the alert of a page at rest has the id it would have had.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from flows.routing import Routes
from warehouse.changes import changes_about, changes_of_rule, ending, taking_effect, untold_changes
from warehouse.ids import content_hash
from warehouse.outbox import queue, told_changes

if TYPE_CHECKING:
    import duckdb

    from warehouse.outbox import Alert
    from warehouse.records import Change, PolicyRow, State

FLIPS_WITHIN = timedelta(days=7)  # two versions of one page that contradict each other are a flip
AT_REST = timedelta(days=3)  # a page that has said the same for so long has made up its mind
_FORGOTTEN = timedelta(days=30)  # a flip older than this is not told any more


def channels_unless_flip(
    connection: duckdb.DuckDBPyConnection, routes: Routes, now: datetime
) -> Callable[[Change], Iterable[str]]:
    """Return the function by which a night's load fills the outbox: a page that flips has to wait."""
    return lambda change: () if is_flip(connection, change) else routes.channels_for(change, now)


def queue_later(connection: duckdb.DuckDBPyConnection, routes: Routes, now: datetime) -> int:
    """Put what is due by now into the outbox; return how many rows were new.

    Args:
        connection: to the warehouse, writable.
        routes: declared channels and routes.
        now: UTC without a zone.
    """
    settled = [
        (content_hash((change.change_id, channel)), change, channel)
        for change in _at_rest(connection, now)
        for channel in routes.channels_for(change, now)
    ]
    tomorrow = now.date() + timedelta(days=1)
    reminders = [
        (reminder_id(change, channel, tomorrow), change, channel)
        for change in (_on_the_eve(connection, tomorrow) if routes.remind else ())
        for channel in routes.channels_to_remind(change, now)
    ]
    return sum(queue(connection, *row, now) for row in [*settled, *reminders])


def reminder_id(change: Change, channel: str, day: date) -> str:
    """Return the id of a reminder, the same whenever it is asked for."""
    return content_hash((change.change_id, channel, "reminder", day))


def is_reminder(alert: Alert) -> bool:
    """Tell whether an alert reminds of the day that follows the one on which it was made."""
    tomorrow = alert.created_at.date() + timedelta(days=1)
    return alert.alert_id == reminder_id(alert.change, alert.channel, tomorrow)


def is_flip(connection: duckdb.DuckDBPyConnection, change: Change) -> bool:
    """Tell whether a page only goes back to what it said some days ago.

    It does if the same page brought another change of the rule within a week before, and what it says now was
    known before that. What was never known before is news, with or without a day. A page that bears a later
    day of its own than its last change was edited since, which no cache and no trial on some readers does.
    """
    before = changes_of_rule(connection, change)
    lately = [c for c in before if c.known_at > change.known_at - FLIPS_WITHIN]
    pages = _pages(change)
    if not any(pages & _pages(earlier) for earlier in lately) or _edited_since(change, lately):
        return False
    return any(_same(change.after, state) for c in before for state in (c.before, c.after))


def _edited_since(change: Change, lately: Iterable[Change]) -> bool:
    last = max(earlier.known_at for earlier in lately).date()
    return any(
        item.published is not None and not item.published_inferred and item.published > last
        for item in change.evidence[:1]
    )


def _pages(change: Change) -> set[str]:
    return {item.url for item in change.evidence[:1] if item.url}


def _same(one: State | None, other: State | None) -> bool:
    """Tell whether two states say the same; a day that is only an upper bound does not count."""
    if one is None or other is None:
        return one is other
    return one.action == other.action and (
        "by" in {one.from_precision, other.from_precision} or one.valid_from == other.valid_from
    )


def _at_rest(connection: duckdb.DuckDBPyConnection, now: datetime) -> list[Change]:
    """Return the last flips of pages that have come to rest in another state than the one told last."""
    untold = untold_changes(connection, now - _FORGOTTEN, now - AT_REST)
    flips = [change for change in untold if is_flip(connection, change)]
    return [change for change in flips if not _same(change.after, _told_last(connection, change))]


def _told_last(connection: duckdb.DuckDBPyConnection, change: Change) -> State | None:
    told = told_changes(connection)
    earlier = [c for c in changes_of_rule(connection, change) if c.change_id in told]
    return earlier[-1].after if earlier else None


def _on_the_eve(connection: duckdb.DuckDBPyConnection, day: date) -> list[Change]:
    """Return the last change that told of each rule that begins, or has ended, on a day."""
    rules: list[PolicyRow] = [*taking_effect(connection, day), *ending(connection, day - timedelta(days=1))]
    if not rules:
        return []
    today = datetime(day.year, day.month, day.day) - timedelta(days=1)  # noqa: DTZ001 - UTC without a zone
    told = changes_about(connection, day, today)
    return [
        found[-1] for rule in rules if (found := [change for change in told if _tells_of(change, rule, day)])
    ]


def _tells_of(change: Change, rule: PolicyRow, day: date) -> bool:
    after = change.after
    return (
        after is not None
        and after.action == rule.action
        and day in {after.valid_from, after.valid_to}
        and _rule_of(change) == _rule_of(rule)
    )


def _rule_of(item: Change | PolicyRow) -> tuple[object, ...]:
    return item.platform, item.surface, item.target, item.region, str(item.stage)
