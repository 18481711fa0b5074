"""Is the stored policy what the observations give? And if not, make it so."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import duckdb

from warehouse.load import load_batch
from warehouse.policy import EVERY_KEY, derive, derive_touched, portions
from warehouse.records import END_OF_TIME, Batch, Cause
from warehouse.sql import records, run, set_variable


def drift(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """Rows in which a full derivation and today's stored policy differ; empty is good."""
    set_variable(connection, "known", END_OF_TIME)
    different = []
    for _ in portions(connection, EVERY_KEY):
        derive(connection)
        different += records(connection, "drift")
    return different


def history_drift(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """Rows in which the stored history differs from one that is derived anew, run by run; empty is good.

    Policy, support and changes are built again in temporary tables, from observations, standings and the
    ledger alone; the stored rows, and the alerts that tell of changes, are compared with them. An alert that
    is gone is found by the ledger, which counts those of each run. Nothing stored changes: a warehouse open
    for reading will do. Costs about a third of a second for each run of the ledger.
    A policy that `rebuild` once repaired shows here for good: what was believed before stays in the history.

    Returns:
        A row for each difference: `place` (table and side that has the row), `run_id`, `key_id`, `stage`,
        `action`, `day`.
    """
    run(connection, "replay_begin")
    try:
        ledger = connection.execute("SELECT run_id, known_at, cause FROM run ORDER BY number").fetchall()
        for values in ledger:
            for name, value in zip(("run", "known", "cause"), values, strict=True):
                set_variable(connection, name, value)
            run(connection, "replay_run")
            derive_touched(connection)
        return records(connection, "replay_differences")
    finally:
        run(connection, "replay_end")


def rebuild(connection: duckdb.DuckDBPyConnection, run_id: str, known_at: datetime) -> int:
    """Bring the stored policy in line with a full derivation, as a technical run; returns what differed."""
    different = len(drift(connection))
    if different:
        load_batch(connection, Batch(run_id, known_at, Cause.TECHNICAL), every_key=True)
    return different
