"""Writes what is published into a DuckLake too, for many analysts: Parquet files and a catalogue in Postgres.

The warehouse stays one file with one writer. Several warehouses share a lake, each in a schema of its own.
Run as `python -m warehouse.lake`, with the published file's path and the lake as one JSON object on stdin.
"""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import duckdb

from warehouse.records import WarehouseError
from warehouse.sql import query, rows
from warehouse.store import CONFIG, migrations

_EXTENSIONS = ("ducklake", "postgres_scanner")
_SHARED = re.compile(
    r"(?:\s|--[^\n]*\n)*(CREATE (?:OR REPLACE )?(?:VIEW|MACRO) .*|COMMENT ON VIEW .*)", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Lake:
    """Where a lake is.

    Attributes:
        catalogue: how Postgres is reached, as libpq has it: `host=db dbname=policy`, or a URL.
        data: directory of the Parquet files, at the same path for all who read or write.
        schema: part of the lake that belongs to one warehouse.
    """

    catalogue: str
    data: str
    schema: str


class LakeError(WarehouseError):
    """The lake cannot be read or written; what is published in files is not touched by that."""


def extensions() -> list[Path]:
    """Files of the extensions that a lake needs, as the extra `lake` installs them.

    Raises:
        LakeError: one is not there for the installed DuckDB.
    """
    found = [_extension(name) for name in _EXTENSIONS]
    if None in found:
        raise LakeError(
            f"lake: DuckDB {duckdb.__version__} is installed without its extensions "
            f"{' and '.join(_EXTENSIONS)}: pip install 'linkpolicy[lake]'"
        )
    return [path for path in found if path]


def _extension(name: str) -> Path | None:
    package = find_spec(f"duckdb_extension_{name}")
    if package is None or package.origin is None:
        return None
    place = Path(package.origin).parent / "extensions" / f"v{duckdb.__version__}"
    path = place / f"{name}.duckdb_extension"
    return path if path.is_file() else None


def open_lake(lake: Lake) -> duckdb.DuckDBPyConnection:
    """Open a lake as an analyst does: to read it, with the names of its schema at hand.

    Raises:
        LakeError: it cannot be opened, or nothing is published in it.
    """
    connection = duckdb.connect(config=CONFIG)
    try:
        _load(connection)
        connection.execute(attached(lake))
    except duckdb.Error as error:
        connection.close()
        raise LakeError(f"lake: cannot be opened ({_line(error)})") from error
    except LakeError:
        connection.close()
        raise
    return connection


def attached(lake: Lake) -> str:
    """SQL by which an analyst attaches a lake, to read it by the names of the published file."""
    return f"ATTACH {_address(lake)} AS lake (READ_ONLY); USE lake.{lake.schema};"


def write(published_file: Path, lake: Lake) -> None:
    """Put what is published in place of what the lake holds, in one transaction.

    Raises:
        LakeError: it was not written; what was there stays.
    """
    try:
        with duckdb.connect(config=CONFIG) as connection:
            connection.execute(f"ATTACH {_quoted(str(published_file))} AS source (READ_ONLY)")
            _load(connection)
            options = f"DATA_PATH {_quoted(lake.data)}, DATA_INLINING_ROW_LIMIT 0"
            connection.execute(f"ATTACH {_address(lake)} AS lake ({options})")
            connection.execute("BEGIN")
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS lake.{lake.schema}")
            connection.execute(f"USE lake.{lake.schema}")
            _require_ours(connection, lake)
            for statement in _statements(connection):
                connection.execute(statement)
            connection.execute("COMMIT")
            connection.execute(query("lake_tidy"))
    except duckdb.Error as error:
        raise LakeError(f"lake: not written ({_line(error)})") from error


def _load(connection: duckdb.DuckDBPyConnection) -> None:
    for path in extensions():
        connection.execute(f"LOAD {_quoted(str(path))}")
    connection.execute("SET enable_progress_bar = false")  # it would stand among the answers


def _address(lake: Lake) -> str:
    return _quoted(f"ducklake:postgres:{lake.catalogue}")


def _require_ours(connection: duckdb.DuckDBPyConnection, lake: Lake) -> None:
    """Keep two warehouses from writing over each other, and an old one from writing over a newer.

    Raises:
        LakeError: the schema holds runs that the published file does not know.
    """
    there = "SELECT count(*) FROM duckdb_tables() WHERE database_name = 'lake' AND schema_name = $schema"
    if connection.execute(there, {"schema": lake.schema}).fetchone() == (0,):
        return
    [(strangers,)] = rows(connection, "lake_strangers")
    if strangers:
        raise LakeError(
            f"lake: not written (schema {lake.schema} holds {strangers} runs of another warehouse: "
            f"name one of your own, or DROP SCHEMA lake.{lake.schema} CASCADE)"
        )


def _statements(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """SQL that fills the lake: tables from those of the file, views and macros as the file has them."""
    tables = [statement for table in rows(connection, "lake_tables") for statement in table]
    first, *later = [sql for _, _, sql in migrations()]
    files = [first, query("publish_tables"), *later, query("publish_views")]
    schema = [s.query for sql in files for s in duckdb.extract_statements(sql)]
    return tables + [_for_lake(found[1]) for statement in schema if (found := _SHARED.match(statement))]


def _for_lake(statement: str) -> str:
    """Let a statement replace what was there. DuckLake keeps no default of NULL; no rule is of region ''."""
    replacing = re.sub(r"^CREATE (?:OR REPLACE )?", "CREATE OR REPLACE ", statement)
    return replacing.replace("region := NULL)", "region := '')")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _line(error: Exception) -> str:
    """What went wrong in one line, without the extension's preamble to what Postgres says."""
    return re.sub(r"^.*(?=Unable to connect to Postgres)", "", " ".join(str(error).split()))


def main() -> int:
    """Write the lake that standard input names; returns the exit code, 1 with one line on stderr."""
    asked = json.load(sys.stdin)
    try:
        write(Path(asked.pop("published")), Lake(**asked))
    except LakeError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
