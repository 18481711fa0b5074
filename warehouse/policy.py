"""Derives policy from observations, and answers what holds on a day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any

import duckdb

from warehouse.records import FOREVER, Answer, PolicyRow
from warehouse.sql import records, run, set_variable

PORTION = 1_000_000
"""Observations derived at once: keys do not depend on each other; portions give the same in less memory."""

EVERY_KEY = (
    "SELECT key_id FROM observation UNION ALL SELECT key_id FROM policy UNION ALL SELECT key_id FROM support"
)
NEWS = "SELECT key_id FROM brought UNION ALL SELECT key_id FROM unsettled"

DERIVATION = ("derive_0_macros", "active", "derive_1_statements", "derive_2_rules", "derive_3_intervals")


def derive(connection: duckdb.DuckDBPyConnection) -> None:
    """Derive the intervals of the keys in temp table `touched` into temp table `derived`.

    Reads the observations known at session variable `known`.
    """
    for name in DERIVATION:
        run(connection, name)


def portions(connection: duckdb.DuckDBPyConnection, keys: str) -> Iterator[None]:
    """Make temp table `touched` of one portion after another of the keys that a query gives.

    A portion has about PORTION observations, more only where a single key has. What is derived of a portion
    must be used before the next is asked for.
    """
    connection.execute(f"CREATE OR REPLACE TEMP TABLE concerned AS SELECT DISTINCT key_id FROM ({keys})")  # noqa: S608
    set_variable(connection, "portion_size", PORTION)
    run(connection, "share_keys")
    for (portion,) in connection.execute("SELECT DISTINCT portion FROM shared ORDER BY portion").fetchall():
        set_variable(connection, "portion", portion)
        run(connection, "next_portion")
        yield


def derive_touched(connection: duckdb.DuckDBPyConnection, *, every_key: bool = False) -> None:
    """Update policy and changes of all keys, or those the run has news for (`brought`, `unsettled`)."""
    for _ in portions(connection, EVERY_KEY if every_key else NEWS):
        derive(connection)
        run(connection, "update_policy")
        if connection.execute("SELECT row_id FROM gone UNION ALL SELECT key_id FROM born LIMIT 1").fetchone():
            run(connection, "find_changes")


def policy_on(
    connection: duckdb.DuckDBPyConnection,
    day: date,
    known_at: datetime | None = None,
    platforms: Iterable[str] = (),
    stages: Iterable[str] = ("decided", "trial"),
) -> list[PolicyRow]:
    """What held on `day`, as believed at `known_at` (default: now), of the platforms named (default: all)."""
    parameters: dict[str, object] = {
        "day": day, "known": known_at, "platforms": list(platforms), "stages": list(stages),
    }  # fmt: skip
    return [policy_row(row) for row in records(connection, "policy_on", parameters)]


def policy_row(row: dict[str, Any]) -> PolicyRow:
    """A row of view `policy_history` as a record."""
    values = {name: row[name] for name in PolicyRow.__dataclass_fields__}
    values["valid_to"] = None if row["valid_to"] >= FOREVER else row["valid_to"]
    values["evidence_ids"] = tuple(str(name) for name in row["evidence_ids"])
    return PolicyRow(**values)


def can_link(  # noqa: PLR0913, PLR0917  a question has this many parts
    connection: duckdb.DuckDBPyConnection,
    platform: str,
    surface: str,
    target: str,
    day: date,
    region: str | None = None,
    known_at: datetime | None = None,
) -> Answer:
    """May links to `target` stand at `surface` of `platform` on `day`? Answered by the most specific rule."""
    parameters: dict[str, object] = {
        "platform": platform, "surface": surface, "target": target, "day": day, "region": region,
        "known": known_at,
    }  # fmt: skip
    row = records(connection, "can_link", parameters)[0]
    values = {name: row[name] for name in Answer.__dataclass_fields__}
    if values["valid_to"] is not None and values["valid_to"] >= FOREVER:
        values["valid_to"] = None
    values["evidence_id"] = None if values["evidence_id"] is None else str(values["evidence_id"])
    return Answer(**values)
