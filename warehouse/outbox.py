"""The alert outbox: which alerts are due, and what became of them. Sending is done elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb

from warehouse.changes import changes_by_id
from warehouse.manifest import write_manifest
from warehouse.records import Change, WarehouseError
from warehouse.sql import records, rows


@dataclass(frozen=True, slots=True)
class Alert:
    """One change for one channel.

    Attributes:
        alert_id: idempotency key, the same in every attempt.
        state: `pending`, `delivered` or `dead`.
    """

    alert_id: str
    channel: str
    state: str
    attempts: int
    created_at: datetime
    next_attempt_at: datetime
    last_error: str | None
    change: Change


@dataclass(frozen=True, slots=True)
class Backlog:
    """How many alerts of a channel are in a state, and since when the oldest waits."""

    channel: str
    state: str
    count: int
    oldest: datetime


def due(
    connection: duckdb.DuckDBPyConnection, now: datetime, channel: str | None = None, limit: int = 100
) -> list[Alert]:
    """Pending alerts whose next attempt is due, oldest first.

    An alert that waits for its next attempt holds back the younger ones of its channel: order is kept.
    """
    return _alerts(connection, "alerts_due", {"now": now, "channel": channel, "limit": limit})


def listing(
    connection: duckdb.DuckDBPyConnection,
    state: str | None = None,
    channel: str | None = None,
    limit: int = 100,
) -> list[Alert]:
    """Alerts of a state and channel (default: any), oldest first."""
    return _alerts(connection, "alerts_listing", {"state": state, "channel": channel, "limit": limit})


def queue(
    connection: duckdb.DuckDBPyConnection, alert_id: str, change: Change, channel: str, now: datetime
) -> int:
    """Add an alert that is due now, unless its id is there; returns how many rows were added."""
    row = {
        "alert": alert_id,
        "change": change.change_id,
        "run": change.run_id,
        "channel": channel,
        "now": now,
    }
    [(added,)] = rows(connection, "alerts_queue", row)
    return int(added)


def told_changes(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """Ids of all changes that anybody is or was to be told of."""
    return {
        name for (name,) in connection.execute("SELECT DISTINCT change_id::VARCHAR FROM alert").fetchall()
    }


def delivered(connection: duckdb.DuckDBPyConnection, alert_id: str, at: datetime) -> None:
    """Record that a channel took an alert.

    Raises:
        WarehouseError: there is no such alert.
    """
    _settle(connection, {"id": alert_id, "at": at, "state": "delivered", "next": at, "error": None})


def failed(
    connection: duckdb.DuckDBPyConnection,
    alert_id: str,
    at: datetime,
    error: str,
    next_attempt_at: datetime | None,
) -> None:
    """Record a failed attempt; without a next one the alert is dead.

    Raises:
        WarehouseError: there is no such alert.
    """
    state = "dead" if next_attempt_at is None else "pending"
    _settle(
        connection, {"id": alert_id, "at": at, "state": state, "next": next_attempt_at or at, "error": error}
    )


def retry(
    connection: duckdb.DuckDBPyConnection, alert_ids: Iterable[str] = (), channel: str | None = None
) -> int:
    """Make dead alerts pending again (default: all); returns how many."""
    found = rows(connection, "alerts_retry", {"ids": list(alert_ids), "channel": channel})
    return len(found)


def backlog(connection: duckdb.DuckDBPyConnection) -> list[Backlog]:
    """Alerts that are not delivered, by channel and state."""
    return [Backlog(*row) for row in rows(connection, "alerts_backlog")]


def _settle(connection: duckdb.DuckDBPyConnection, parameters: dict[str, object]) -> None:
    if not rows(connection, "alerts_settle", parameters):
        raise WarehouseError(f"no alert {parameters['id']}")
    write_manifest(connection)


def _alerts(connection: duckdb.DuckDBPyConnection, name: str, parameters: dict[str, object]) -> list[Alert]:
    found: list[dict[str, Any]] = records(connection, name, parameters)
    changes = changes_by_id(connection, list({row["change_id"] for row in found}))
    return [
        Alert(
            row["alert_id"], row["channel"], row["state"], row["attempts"], row["created_at"],
            row["next_attempt_at"], row["last_error"], changes[row["change_id"]],
        )
        for row in found
    ]  # fmt: skip
