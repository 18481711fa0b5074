"""Alerts that are due later than the night of their change: the eve of a day, and a page that came to rest.

Both are rows of the outbox like any other: they keep their order, are tried again and go out once. The id
of a reminder is made of the change and the day; the alert of a page at rest has the id it would have had.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from flows.routing import Routes
from warehouse.ids import content_hash

if TYPE_CHECKING:
    import duckdb

    from warehouse.outbox import Alert
    from warehouse.records import Change, PolicyRow, State

FLIPS_WITHIN = timedelta(days=7)  # two versions of one page that contradict each other are a flip
AT_REST = timedelta(days=3)  # a page that has said the same for so long has made up its mind
_FORGOTTEN = timedelta(days=30)  # a flip older than this is not told any more

# Changes of one rule (key and stage), those before a given one or all, oldest first.
_OF_RULE = """
SELECT change_id::VARCHAR FROM change
WHERE platform = $platform AND surface = $surface AND target = $target AND region IS NOT DISTINCT FROM $region
  AND stage = $stage AND known_at < $before AND kind <> 'technical'
ORDER BY known_at, change_id"""
# The last change of each rule of which something changed lately, if nobody was told of it.
_LATELY = """
SELECT change_id::VARCHAR FROM (
  SELECT c.*, r.cause FROM change c JOIN run r USING (run_id)
  WHERE c.known_at > $since AND c.kind <> 'technical'
  QUALIFY row_number() OVER (PARTITION BY c.key_id, c.stage ORDER BY c.known_at DESC, c.change_id DESC) = 1
) WHERE cause = 'crawl' AND known_at <= $until AND change_id NOT IN (FROM alert SELECT change_id)"""
# Changes that told of a rule's first day, or of the first day after it, and that were known before today.
_OF_DAY = """
SELECT change_id::VARCHAR FROM change
WHERE (after_from = $day OR after_to = $day) AND known_at < $today AND kind <> 'technical'
ORDER BY known_at, change_id"""
_QUEUE = """
INSERT INTO alert (alert_id, change_id, run_id, channel, created_at, state, attempts, next_attempt_at)
SELECT $alert::UUID, $change::UUID, $run, $channel, $now, 'pending', 0, $now
WHERE NOT EXISTS (SELECT 1 FROM alert WHERE alert_id = $alert::UUID)"""


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
        for change in _on_the_eve(connection, tomorrow)
        for channel in routes.channels_to_remind(change, now)
    ]
    return sum(_queue(connection, *row, now) for row in [*settled, *reminders])


def _queue(
    connection: duckdb.DuckDBPyConnection, alert_id: str, change: Change, channel: str, now: datetime
) -> int:
    row = {
        "alert": alert_id,
        "change": change.change_id,
        "run": change.run_id,
        "channel": channel,
        "now": now,
    }
    done = connection.execute(_QUEUE, row).fetchone()
    return int(done[0]) if done else 0


def reminder_id(change: Change, channel: str, day: date) -> str:
    """Return the id of a reminder, the same whenever it is asked for."""
    return content_hash((change.change_id, channel, "reminder", day))


def is_reminder(alert: Alert) -> bool:
    """Tell whether an alert reminds of the day that follows the one on which it was made."""
    tomorrow = alert.created_at.date() + timedelta(days=1)
    return alert.alert_id == reminder_id(alert.change, alert.channel, tomorrow)


def is_flip(connection: duckdb.DuckDBPyConnection, change: Change) -> bool:
    """Tell whether a page only says something else again than it did some days ago.

    It does if the same page brought another change of the rule within a week before, and what it now says
    is no news by itself: it names no day, or a state that was known before.
    """
    before = _changes_of_rule(connection, change)
    lately = [c for c in before if c.known_at > change.known_at - FLIPS_WITHIN]
    pages = _pages(change)
    if not any(pages & _pages(earlier) for earlier in lately):
        return False
    after = change.after
    if after is None or after.from_precision == "by":
        return True
    return any(_same(after, state) for c in before for state in (c.before, c.after))


def _changes_of_rule(connection: duckdb.DuckDBPyConnection, change: Change) -> list[Change]:
    rule = {name: getattr(change, name) for name in ("platform", "surface", "target", "region", "stage")}
    return _changes(connection, _OF_RULE, rule | {"before": change.known_at})


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
    times = {"since": now - _FORGOTTEN, "until": now - AT_REST}
    flips = [change for change in _changes(connection, _LATELY, times) if is_flip(connection, change)]
    return [change for change in flips if not _same(change.after, _told_last(connection, change))]


def _told_last(connection: duckdb.DuckDBPyConnection, change: Change) -> State | None:
    told = connection.execute("SELECT DISTINCT change_id::VARCHAR FROM alert").fetchall()
    names = {name for (name,) in told}
    earlier = [c for c in _changes_of_rule(connection, change) if c.change_id in names]
    return earlier[-1].after if earlier else None


def _on_the_eve(connection: duckdb.DuckDBPyConnection, day: date) -> list[Change]:
    """Return the last change that told of each rule that begins, or has ended, on a day."""
    from warehouse.changes import ending, taking_effect

    rules: list[PolicyRow] = [*taking_effect(connection, day), *ending(connection, day - timedelta(days=1))]
    if not rules:
        return []
    today = datetime(day.year, day.month, day.day) - timedelta(days=1)  # noqa: DTZ001 - UTC without a zone
    told = _changes(connection, _OF_DAY, {"day": day, "today": today})
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


def _changes(
    connection: duckdb.DuckDBPyConnection, query: str, parameters: Mapping[str, object]
) -> list[Change]:
    from warehouse.changes import changes_by_id

    names = [name for (name,) in connection.execute(query, parameters).fetchall()]
    found = changes_by_id(connection, names) if names else {}
    return [found[name] for name in names]
