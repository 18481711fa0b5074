"""Publishes what analysts read: a slim, verified, read-only copy behind a symlink; old ones stay for a while.

The warehouse must be closed in this process: closing a second handle of a file drops the lock of the first.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from functools import cache
from pathlib import Path

import duckdb

from warehouse.checks import CheckError, run_checks
from warehouse.manifest import check_manifest, sync_directory
from warehouse.records import HeldError, WarehouseError
from warehouse.sql import rows, run
from warehouse.store import CONFIG, NIGHTLY, apply_migration, is_held, migrations

LINK = "policy.duckdb"
TABLES = ("run", "source_run", "document", "observation", "scope", "service", "policy", "support", "change")
_AS_THEY_ARE = ("run", "source_run", "scope", "service")  # the others are views there: publish_tables.sql


def publish(warehouse_path: Path, published_dir: Path, *, keep: int = 3) -> Path:
    """Write the next `policy-<run number>.duckdb` and point `policy.duckdb` to it.

    Args:
        warehouse_path: the writer's file, closed.
        published_dir: created if missing.
        keep: how many published files stay, the new one included.

    Returns:
        The symlink.

    Raises:
        CheckError: the data must not be published; the last good file stays.
        HeldError: another process has the warehouse open.
        WarehouseError: the warehouse cannot be read or the copy is not what it should be.
    """
    try:
        published_dir.mkdir(parents=True, exist_ok=True)
        for left in published_dir.glob(".policy*.duckdb.*"):  # by a publisher that was killed: one at a time
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        number = _checked_number(warehouse_path)
        final = published_dir / f"policy-{number:06d}.duckdb"
        temporary = published_dir / f".{final.name}.{os.getpid()}.tmp"
        try:
            expected = _copy(warehouse_path, temporary)
            _sync(temporary)
            _verify(temporary, expected)
            temporary.chmod(0o444)
            temporary.replace(final)
        finally:
            for left in (temporary, temporary.with_name(temporary.name + ".wal")):
                left.unlink(missing_ok=True)
        return _flip(final, keep)
    except duckdb.Error as error:
        kind = HeldError if is_held(error) else WarehouseError
        raise kind(f"{warehouse_path}: not published ({str(error).splitlines()[0]})") from error
    except OSError as error:
        raise WarehouseError(f"{published_dir}: not published ({error})") from error


def _checked_number(warehouse_path: Path) -> int:
    with duckdb.connect(str(warehouse_path), read_only=True, config=NIGHTLY) as connection:
        check_manifest(connection, warehouse_path)
        failures = [failure for failure in run_checks(connection) if failure.severity == "error"]
        if failures:
            raise CheckError(failures)
        row = connection.execute("SELECT coalesce(max(number), 0) FROM run").fetchone()
        return int(row[0]) if row else 0


def _copy(warehouse_path: Path, temporary: Path) -> dict[str, int]:
    """Build the slim file; returns the number of rows that each table must have."""
    temporary.write_bytes(_empty())
    with duckdb.connect(str(temporary), config=NIGHTLY) as connection:
        connection.execute(
            f"ATTACH '{str(warehouse_path).replace(chr(39), chr(39) * 2)}' AS source (READ_ONLY)"
        )
        run(connection, "publish")  # in no transaction: within one, row numbers do not start at 0
        lost = rows(connection, "publish_lost")
        if lost:
            raise WarehouseError(f"{temporary}: rows were lost in copying: {lost}")
        connection.execute("DETACH source")
        expected = _counts(connection)
        connection.execute("CHECKPOINT")
        return expected


@cache
def _empty() -> bytes:
    """A published file without rows."""
    with tempfile.TemporaryDirectory(prefix="linkpolicy-") as directory:
        file = Path(directory) / "empty.duckdb"
        with duckdb.connect(str(file), config=NIGHTLY) as connection:
            for number, name, sql in migrations():
                apply_migration(connection, number, name, sql)
            comments = rows(connection, "publish_comments")
            for (table,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall():
                if table not in _AS_THEY_ARE:
                    connection.execute(f"DROP TABLE {table}")
            run(connection, "publish_tables")
            run(connection, "publish_views")
            for (comment,) in comments:
                connection.execute(comment)
        return file.read_bytes()


def _counts(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    counts: dict[str, int] = {}
    for (table,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall():
        row = connection.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608
        counts[table] = int(row[0]) if row else -1
    return counts


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _verify(path: Path, expected: dict[str, int]) -> None:
    """Open the copy as an analyst would, count, and ask.

    Raises:
        WarehouseError: it is not what was written.
    """
    with duckdb.connect(str(path), read_only=True, config=NIGHTLY) as connection:
        if _counts(connection) != expected:
            raise WarehouseError(f"{path}: rows were lost in copying")
        connection.execute("SELECT count(*), count(sentence) FROM policy_history").fetchone()
        connection.execute(
            "SELECT count(*), min(answer) FROM can_link('', '', '', DATE '2022-01-01')"
        ).fetchone()


def _flip(final: Path, keep: int) -> Path:
    """Point the symlink to the new file in one step and remove files beyond the last `keep`."""
    link = final.with_name(LINK)
    temporary = link.with_name(f".{LINK}.{os.getpid()}.link")
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(final.name)
    temporary.replace(link)
    sync_directory(link.parent)
    for old in sorted(link.parent.glob("policy-*.duckdb"))[: -max(keep, 1)]:
        if old != final:
            old.unlink(missing_ok=True)
    return link


def export(published_file: Path, directory: Path) -> list[Path]:
    """Write the analyst's tables as Parquet (zstd) and CSV beside each other; returns the files.

    Raises:
        WarehouseError: the file cannot be read or the directory not written.
    """
    views = ("policy_history", "policy_change", "evidence", "source_health")
    written: list[Path] = []
    temporary = directory / ".export.tmp"
    try:
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(parents=True)
        with duckdb.connect(str(published_file), read_only=True, config=CONFIG) as connection:
            for view in views:
                for suffix, options in (("parquet", "FORMAT parquet, COMPRESSION zstd"), ("csv", "HEADER")):
                    file = temporary / f"{view}.{suffix}"
                    target = str(file).replace("'", "''")
                    connection.execute(f"COPY (FROM {view}) TO '{target}' ({options})")
                    written.append(file)
        for number, file in enumerate(written):
            written[number] = file.replace(directory / file.name)
        temporary.rmdir()
    except duckdb.Error as error:
        raise WarehouseError(f"{published_file}: not exported ({str(error).splitlines()[0]})") from error
    except OSError as error:
        raise WarehouseError(f"{directory}: not exported ({error})") from error
    return written
