"""Fills a small disk before each phase of a night, more and less, and looks at what comes of it.

    unshare -rm sh -c 'M && python -m tests.warehouse.full_disk DIR BEFORE [KB]...'

with `mount -t tmpfs -o size=32m tmpfs DIR` for M. BEFORE is a directory with two nights, made if missing.

For each number of kilobytes to leave, a night is brought; a phase that fails is tried again with room. Prints
a JSON object for each: what each phase raised (null if it fitted), and the faults found.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb

from tests.warehouse.nights import load, state, undisturbed
from warehouse.checks import run_checks
from warehouse.publish import LINK, export, publish
from warehouse.records import WarehouseError
from warehouse.store import close, connect

DIGESTS = "digests.json"
LEFT = (0, 4, 8, 16, 64, 256, 512, 1024, 2048, 4096)  # what the phases need lies in between


def prepare(directory: Path) -> None:
    """A warehouse with two nights, published and exported; the digests after each night up to the third."""
    directory.mkdir(parents=True)
    digests = undisturbed(directory / "undisturbed.duckdb", 3)
    with connect(directory / "warehouse.duckdb") as connection:
        load(connection, 1)
        load(connection, 2)
        close(connection)
    finish(directory, digests)


def finish(directory: Path, digests: dict[int, str]) -> None:
    """Publish and export what is loaded, and note the digests."""
    export(publish(directory / "warehouse.duckdb", directory / "published"), directory / "export")
    (directory / DIGESTS).write_text(json.dumps(list(digests.items())), encoding="utf-8")


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
    disk, before, amounts = Path(sys.argv[1]), Path(sys.argv[2]), [int(left) for left in sys.argv[3:]] or LEFT
    if not before.exists():
        prepare(before)
    digests: dict[int, str] = dict(json.loads((before / DIGESTS).read_text(encoding="utf-8")))
    directory = disk / "data"
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
