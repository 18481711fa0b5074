"""Is the stored policy what the observations give? And if not, make it so."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import duckdb

from warehouse.load import load_batch
from warehouse.policy import derive
from warehouse.records import END_OF_TIME, Batch, Cause
from warehouse.sql import records, set_variable


def drift(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """Rows in which a full derivation and the stored policy differ; empty is good."""
    set_variable(connection, "known", END_OF_TIME)
    connection.execute("CREATE OR REPLACE TEMP TABLE touched AS SELECT DISTINCT key_id FROM observation")
    derive(connection)
    return records(connection, "drift")


def rebuild(connection: duckdb.DuckDBPyConnection, run_id: str, known_at: datetime) -> int:
    """Bring the stored policy in line with a full derivation, as a technical run; returns what differed."""
    different = len(drift(connection))
    if different:
        load_batch(connection, Batch(run_id, known_at, Cause.TECHNICAL), every_key=True)
    return different
