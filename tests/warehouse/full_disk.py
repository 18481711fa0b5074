"""Fills a small disk before each phase of a night, more and less, and looks at what comes of it.

    unshare -rm sh -c 'M && python -m tests.warehouse.full_disk DIR [KB]...'

with `mount -t tmpfs -o size=32m tmpfs DIR` for M.

For each number of kilobytes to leave, a night is brought; a phase that fails is tried again with room. Prints
a JSON object for each: what each phase raised (null if it fitted), and the faults found.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb

from tests.warehouse.nights import load, state
from warehouse.checks import run_checks
from warehouse.publish import LINK, export, publish
from warehouse.records import WarehouseError
from warehouse.store import close, connect

LEFT = (0, 4, 8, 16, 64, 256, 512, 1024, 2048, 4096)  # what the phases need lies in between


def prepare(directory: Path) -> dict[int, str]:
    """A warehouse with two nights, published and exported; the digests after nights 2 and 3."""
    path = directory / "warehouse.duckdb"
    with connect(path) as connection:
        load(connection, 1)
        load(connection, 2)
        digests = dict([state(connection)])
        close(connection)
    export(publish(path, directory / "published"), directory / "export")
    with tempfile.TemporaryDirectory() as ahead, connect(Path(shutil.copy(path, ahead))) as connection:
        load(connection, 3)
        return digests | dict([state(connection)])


def tried(disk: Path, left: int, action: Callable[[], object]) -> str | None:
    """Do something with so many kilobytes left on the disk; what was raised."""
    filler = disk / "filler"
    filler.write_bytes(bytes(max(0, shutil.disk_usage(disk).free - (left << 10))))
    try:
        action()
    except (WarehouseError, duckdb.Error) as error:
        return f"{type(error).__name__}: {error}"
    finally:
        filler.unlink()
    return None


def night(directory: Path, disk: Path, left: int) -> Iterator[tuple[str, str | None]]:
    """Bring night 3, each phase first on a full disk and, if it failed, again; yields what it raised."""
    path, published = directory / "warehouse.duckdb", directory / "published"
    connection = connect(path)
    raised = tried(disk, left, lambda: load(connection, 3))
    yield "load", raised
    if raised:
        connection.close()
        connection = connect(path)
        load(connection, 3)
    raised = tried(disk, left, lambda: close(connection))
    yield "checkpoint", raised
    if raised:
        connection.close()
        close(connect(path))
    for phase, action in (
        ("publish", lambda: publish(path, published)),
        ("export", lambda: export(published / LINK, directory / "export")),
    ):
        raised = tried(disk, left, action)
        yield phase, raised
        if raised:
            action()


def published_faults(directory: Path, digests: dict[int, str]) -> Iterator[str]:
    """Is what analysts read whole?"""
    with duckdb.connect(str(directory / "published" / LINK), read_only=True) as analyst:
        number, digest = state(analyst)
    if digests.get(number) != digest:
        yield f"the published file does not hold run {number}"
    for parquet in (directory / "export").glob("*.parquet"):
        duckdb.from_parquet(str(parquet)).fetchall()


def final_faults(directory: Path, digests: dict[int, str]) -> Iterator[str]:
    """Is the night there, once, everywhere, and nothing else?"""
    with connect(directory / "warehouse.duckdb") as connection:
        if state(connection) != (3, digests[3]):
            yield f"the warehouse holds {state(connection)}"
        yield from (str(failure) for failure in run_checks(connection) if failure.severity == "error")
    with duckdb.connect(str(directory / "published" / LINK), read_only=True) as analyst:
        if state(analyst) != (3, digests[3]):
            yield f"the published file holds {state(analyst)}"
    yield from (f"left behind: {file}" for file in directory.rglob(".*"))


def main() -> None:
    disk, amounts = Path(sys.argv[1]), [int(left) for left in sys.argv[2:]] or LEFT
    with tempfile.TemporaryDirectory() as name:
        before, directory = Path(name), disk / "data"
        digests = prepare(before)
        for left in amounts:
            shutil.copytree(before, directory, symlinks=True)
            raised, faults = {}, []
            for phase, error in night(directory, disk, left):
                raised[phase] = error
                faults += [f"{phase}: {fault}" for fault in published_faults(directory, digests)]
            faults += final_faults(directory, digests)
            print(json.dumps({"left": left, "raised": raised, "faults": faults}), flush=True)  # noqa: T201
            shutil.rmtree(directory)


if __name__ == "__main__":
    main()
