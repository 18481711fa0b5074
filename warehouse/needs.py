"""What the warehouse needs of the archive, so that nothing is thrown away which a row leads to."""

from __future__ import annotations

from datetime import datetime

import duckdb

from warehouse.sql import rows


def needed_files(connection: duckdb.DuckDBPyConnection, since: datetime) -> frozenset[str]:
    """Return the names of the archive files that evidence, or the last body of a visited page, lies in.

    Args:
        connection: to the warehouse.
        since: pages not visited after this time (UTC) need no body.
    """
    return frozenset(name for (name,) in rows(connection, "needed_files", {"since": since}))


def loaded_until(connection: duckdb.DuckDBPyConnection) -> dict[str, datetime]:
    """Return the start (UTC) of the last loaded crawl of each source."""
    return dict(rows(connection, "loaded_until"))
