"""A small file beside the warehouse that says what must be in it.

DuckDB opens a file whose write-ahead log was cut or deleted without a word; the commits in it are gone.
The manifest names the last acknowledged run with its chain hash, and how many attempts at delivering alerts
were noted: such a loss is seen at the next opening.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

import duckdb

from warehouse.records import WarehouseError


@dataclass(frozen=True, slots=True)
class Manifest:
    """What the file must hold: the last run with its place and chain hash, and at least so many attempts."""

    number: int
    run_id: str
    chain: str
    attempts: int


def manifest_path(warehouse: Path) -> Path:
    """Where the manifest of a warehouse file stands."""
    return warehouse.with_name(warehouse.name + ".manifest.json")


def file_of(connection: duckdb.DuckDBPyConnection) -> Path | None:
    """The file that a connection writes; None for a database in memory."""
    found = connection.execute(
        "SELECT path FROM duckdb_databases() WHERE database_name = current_database()"
    ).fetchone()
    return Path(found[0]) if found and found[0] else None


def write_manifest(connection: duckdb.DuckDBPyConnection) -> None:
    """Record what was acknowledged last beside the file; nothing for a database in memory.

    Raises:
        WarehouseError: it cannot be written; what is in the warehouse stays.
    """
    file = file_of(connection)
    last = connection.execute("SELECT number, run_id, chain FROM run ORDER BY number DESC LIMIT 1").fetchone()
    if file is None or last is None:
        return
    content = {"number": last[0], "run_id": last[1], "chain": last[2], "attempts": _attempts(connection)}
    path = manifest_path(file)
    try:
        write_atomically(path, json.dumps(content) + "\n")
    except OSError as error:
        raise WarehouseError(
            f"{path}: cannot be written: {error.strerror}; what was loaded is in the warehouse"
        ) from error


def check_manifest(connection: duckdb.DuckDBPyConnection, warehouse: Path) -> None:
    """Compare the file with the manifest. A file ahead of it is fine: the process ended between the two.

    Raises:
        WarehouseError: an acknowledged run or delivery is missing, or the manifest cannot be read.
    """
    expected = read_manifest(warehouse)
    if expected is None:
        return
    found = connection.execute(
        "SELECT chain FROM run WHERE number = $number", {"number": expected.number}
    ).fetchone()
    if found is None or found[0] != expected.chain:
        lost, dropped = (
            f"run {expected.run_id} (number {expected.number}) was loaded but is",
            "without that run",
        )
    elif _attempts(connection) < expected.attempts:
        lost, dropped = "the last deliveries of alerts were noted but are", "and send them again"
    else:
        return
    raise WarehouseError(
        f"{warehouse}: {lost} not in the file; its write-ahead log was lost or an older copy was put back. "
        f"Restore a newer copy, or remove {manifest_path(warehouse).name} to go on {dropped}"
    )


def _attempts(connection: duckdb.DuckDBPyConnection) -> int:
    """Attempts at delivering alerts; the number never falls."""
    row = connection.execute("SELECT coalesce(sum(attempts), 0) FROM alert").fetchone()
    return int(row[0]) if row else 0


def read_manifest(warehouse: Path) -> Manifest | None:
    """The manifest's content, None if there is none.

    Raises:
        WarehouseError: it is unreadable.
    """
    path = manifest_path(warehouse)
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return Manifest(
            int(content["number"]), str(content["run_id"]), str(content["chain"]),
            int(content.get("attempts", 0)),
        )  # fmt: skip
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise WarehouseError(f"{path}: not a readable manifest ({error})") from error


def write_atomically(path: Path, text: str) -> None:
    """Write a small file so that a reader, or a crash, finds the old one or the new one."""
    temporary = path.with_name(path.name + ".tmp")
    with temporary.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    sync_directory(path.parent)


def sync_directory(directory: Path) -> None:
    """Make renames in a directory outlive a power cut."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
