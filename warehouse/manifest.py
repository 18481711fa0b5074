"""A small file beside the warehouse that says what must be in it.

DuckDB opens a file whose write-ahead log was cut or deleted without a word; the commits in it are gone.
The manifest names the last acknowledged run and its chain hash: such a loss is seen at the next opening.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import duckdb

from warehouse.records import WarehouseError


def manifest_path(warehouse: Path) -> Path:
    """Where the manifest of a warehouse file stands."""
    return warehouse.with_name(warehouse.name + ".manifest.json")


def write_manifest(connection: duckdb.DuckDBPyConnection) -> None:
    """Record the last run of the ledger beside the file; nothing for a database in memory."""
    file = connection.execute(
        "SELECT path FROM duckdb_databases() WHERE database_name = current_database()"
    ).fetchone()
    last = connection.execute("SELECT number, run_id, chain FROM run ORDER BY number DESC LIMIT 1").fetchone()
    if file is None or not file[0] or last is None:
        return
    content = {"number": last[0], "run_id": last[1], "chain": last[2]}
    write_atomically(manifest_path(Path(file[0])), json.dumps(content) + "\n")


def check_manifest(connection: duckdb.DuckDBPyConnection, warehouse: Path) -> None:
    """Compare the ledger with the manifest. A ledger ahead of it is fine: the process ended between the two.

    Raises:
        WarehouseError: an acknowledged run is missing, or the manifest cannot be read.
    """
    expected = read_manifest(warehouse)
    if expected is None:
        return
    found = connection.execute(
        "SELECT chain FROM run WHERE number = $number", {"number": expected["number"]}
    ).fetchone()
    if found is None or found[0] != expected["chain"]:
        raise WarehouseError(
            f"{warehouse}: run {expected['run_id']} (number {expected['number']}) was loaded but is not in "
            "the file; its write-ahead log was lost or an older copy was put back. Restore a newer copy, or "
            "remove "
            f"{manifest_path(warehouse).name} to go on without that run and load it again"
        )


def read_manifest(warehouse: Path) -> dict[str, object] | None:
    """The manifest's content, None if there is none.

    Raises:
        WarehouseError: it is unreadable.
    """
    path = manifest_path(warehouse)
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return {
            "number": int(content["number"]),
            "run_id": str(content["run_id"]),
            "chain": str(content["chain"]),
        }
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
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
