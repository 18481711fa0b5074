"""Brings rows into temporary tables through a file of JSON lines: thirty times faster than executemany."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import fields
from itertools import chain
from pathlib import Path
from typing import Any

import duckdb
import orjson

from extract.records import PartialDate
from warehouse.records import WarehouseError

Row = Mapping[str, object]


def stage(connection: duckdb.DuckDBPyConnection, table: str, like: str, rows: Iterable[Row]) -> int:
    """Fill temp table `table`, which has the columns of table `like`, with rows (missing columns are NULL).

    Returns:
        The number of rows.

    Raises:
        WarehouseError: the directory for temporary files takes no more.
    """
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS FROM {like} LIMIT 0")
    remaining = iter(rows)
    first = next(remaining, None)
    if first is None:
        return 0
    columns = {name: kind for name, kind, *_ in connection.execute(f"DESCRIBE {table}").fetchall()}
    with tempfile.TemporaryDirectory(prefix="linkpolicy-") as directory:
        file = Path(directory) / "rows.ndjson"
        try:
            count = _write(file, chain([first], remaining))
        except OSError as error:
            raise WarehouseError(f"{file}: cannot be written: {error.strerror}") from error
        longest = max(16 << 20, file.stat().st_size)
        connection.execute(
            f"INSERT INTO {table} BY NAME FROM read_json($file, format = 'newline_delimited', "
            f"columns = {_literal(columns)}, maximum_object_size = {longest})",
            {"file": str(file)},
        )
    return count


def _write(file: Path, rows: Iterable[Row]) -> int:
    count = 0
    with file.open("wb") as out:
        for row in rows:
            out.write(orjson.dumps(row, default=_json, option=orjson.OPT_APPEND_NEWLINE))
            count += 1
    return count


def _json(value: Any) -> str:
    if isinstance(value, PartialDate):
        return value.first.isoformat()
    raise TypeError(f"cannot be stored: {value!r}")


def _literal(columns: Mapping[str, str]) -> str:
    """A DuckDB struct literal of column types; names and types come from our own schema."""
    return (
        "{"
        + ", ".join(f"'{name}': '{kind.replace(chr(39), chr(39) * 2)}'" for name, kind in columns.items())
        + "}"
    )


def columns_of(record: Any) -> dict[str, object]:
    """The fields of a record as a row."""
    return {field.name: getattr(record, field.name) for field in fields(record)}
