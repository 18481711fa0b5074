"""Reads the SQL files of this package and binds named parameters; all SQL longer than a line is in files."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import duckdb

_ROOT = Path(__file__).parent


@cache
def query(name: str) -> str:
    """Text of `queries/<name>.sql`."""
    return (_ROOT / "queries" / f"{name}.sql").read_text(encoding="utf-8")


def rows(
    connection: duckdb.DuckDBPyConnection, name: str, parameters: dict[str, object] | None = None
) -> list[tuple[Any, ...]]:
    """Run a query file with named parameters and fetch everything."""
    return connection.execute(query(name), parameters or {}).fetchall()


def records(
    connection: duckdb.DuckDBPyConnection, name: str, parameters: dict[str, object] | None = None
) -> list[dict[str, Any]]:
    """The same as dictionaries by column name."""
    cursor = connection.execute(query(name), parameters or {})
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def run(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Run a file of several statements, which take no parameters."""
    connection.execute(query(name))


def set_variable(connection: duckdb.DuckDBPyConnection, name: str, value: object) -> None:
    """Set a session variable that query files read with getvariable(); `name` is ours, never input."""
    connection.execute(f"SET VARIABLE {name} = $value", {"value": value})
