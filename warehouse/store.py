"""Opens the warehouse: creates it, brings its schema up to date, refuses what it cannot trust."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

import duckdb

from warehouse.categories import store_scopes
from warehouse.manifest import check_manifest, manifest_path
from warehouse.records import HeldError, WarehouseError

_SCHEMA = Path(__file__).parent / "schema"

CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "storage_compatibility_version": "v1.5.0",  # readable from 1.5.5 and 2.x
    "autoinstall_known_extensions": "false",  # never reach for the network
    "autoload_known_extensions": "false",
}
if duckdb.__version__.startswith("1."):  # takes a large load for a few rows, and compares each with each
    CONFIG["asof_loop_join_threshold"] = 0

NIGHTLY = CONFIG | {"memory_limit": "750MB", "threads": min(4, os.cpu_count() or 1)}
"""For what loads and publishes: more goes to disk. Each thread needs memory of its own, so few run."""


def migrations() -> list[tuple[int, str, str]]:
    """(number, name, SQL) of every migration, in order."""
    return [
        (int(path.name[:3]), path.stem, path.read_text(encoding="utf-8"))
        for path in sorted(_SCHEMA.glob("[0-9]*.sql"))
    ]


SCHEMA_VERSION = max(number for number, _, _ in migrations())


def connect(path: Path, *, read_only: bool = False) -> duckdb.DuckDBPyConnection:
    """Open the warehouse; a writable one is created and migrated when needed.

    Raises:
        WarehouseError: newer schema, lost runs, held by another process, not a warehouse.
    """
    if not path.exists() and (read_only or manifest_path(path).exists()):
        hint = "" if read_only else f", though {manifest_path(path).name} says that runs were loaded into it"
        raise WarehouseError(f"{path}: no such file{hint}")
    connection = _open(path, read_only=read_only)
    try:
        if read_only:
            _require(path, _version(connection), exact=True)
        else:
            _clear_aside(path)
            migrate(connection, path)
        check_manifest(connection, path)
        if not read_only:
            store_scopes(connection, {})
    except duckdb.Error as error:
        connection.close()
        raise WarehouseError(f"{path}: {_first_line(error)}") from error
    except BaseException:
        connection.close()
        raise
    return connection


def _open(path: Path, *, read_only: bool) -> duckdb.DuckDBPyConnection:
    try:
        if not read_only:
            path.parent.mkdir(parents=True, exist_ok=True)
        config = CONFIG if read_only else NIGHTLY | {"temp_directory": str(_aside(path))}
        return duckdb.connect(str(path), read_only=read_only, config=config)
    except duckdb.Error as error:
        if is_held(error):
            raise HeldError(f"{path}: in use by another process; one writer at a time") from error
        raise WarehouseError(f"{path}: cannot be opened ({_first_line(error)})") from error
    except OSError as error:
        raise WarehouseError(f"{path}: cannot be opened ({error})") from error


def is_held(error: duckdb.Error) -> bool:
    """Whether another process has the file open in a way that excludes us."""
    return "Could not set lock" in str(error)


def _aside(path: Path) -> Path:
    """Where this process puts what memory does not hold."""
    file = path.resolve()
    return file.with_name(f"{file.name}.{os.getpid()}.tmp")


def _clear_aside(path: Path) -> None:
    """Remove what killed processes put aside: no other has the file open, since this one has the lock."""
    file = path.resolve()
    for left in (*file.parent.glob(f"{file.name}.*.tmp"), file.with_name(f"{file.name}.tmp")):
        if left != _aside(path):
            shutil.rmtree(left, ignore_errors=True)


def close(connection: duckdb.DuckDBPyConnection) -> None:
    """Fold the write-ahead log into the file and close it."""
    connection.execute("CHECKPOINT")
    connection.close()


def migrate(connection: duckdb.DuckDBPyConnection, path: Path, upto: int = SCHEMA_VERSION) -> None:
    """Apply the migrations that the file lacks, each in its own transaction.

    Raises:
        WarehouseError: the file is newer than this program, or holds something else.
    """
    version = _version(connection)
    _require(path, version, exact=False)
    for number, name, sql in migrations():
        if version < number <= upto:
            apply_migration(connection, number, name, sql)


def apply_migration(connection: duckdb.DuckDBPyConnection, number: int, name: str, sql: str) -> None:
    """Run one migration and record it, or neither."""
    connection.execute("BEGIN")
    try:
        connection.execute(
            "CREATE TABLE IF NOT EXISTS schema_version (number UINTEGER NOT NULL, name VARCHAR NOT NULL)"
        )
        connection.execute("COMMENT ON TABLE schema_version IS 'Migrations applied to this file.'")
        connection.execute("COMMENT ON COLUMN schema_version.number IS 'Number of the migration.'")
        connection.execute("COMMENT ON COLUMN schema_version.name IS 'Name of its file.'")
        connection.execute(sql)
        connection.execute(
            "INSERT INTO schema_version VALUES ($number, $name)", {"number": number, "name": name}
        )
        connection.execute("COMMIT")
    except BaseException:
        with suppress(duckdb.Error):  # a failed commit has rolled back
            connection.execute("ROLLBACK")
        raise


def _version(connection: duckdb.DuckDBPyConnection) -> int:
    """Schema version of the file: 0 if it is empty, -1 if it holds something else."""
    tables = {row[0] for row in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
    if "schema_version" not in tables:
        return -1 if tables else 0
    row = connection.execute("SELECT max(number) FROM schema_version").fetchone()
    return int(row[0]) if row and row[0] is not None else 0


def _require(path: Path, version: int, *, exact: bool) -> None:
    if version < 0:
        raise WarehouseError(f"{path}: a DuckDB file, but not a warehouse of linkpolicy")
    if version > SCHEMA_VERSION:
        raise WarehouseError(
            f"{path}: schema version {version} is newer than this program knows ({SCHEMA_VERSION}); "
            "upgrade linkpolicy"
        )
    if exact and version < SCHEMA_VERSION:
        raise WarehouseError(
            f"{path}: schema version {version} is older than {SCHEMA_VERSION}; "
            "the next `linkpolicy run` brings it up to date, `linkpolicy rebuild` at once"
        )


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
