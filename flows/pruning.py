"""Let old archive files go, never one that a statement leads to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from flows.errors import FailedError
from flows.lock import only_run
from flows.settings import Settings
from flows.stores import existing, looking


@dataclass(frozen=True, slots=True)
class Pruned:
    """What was let go, or would be.

    Attributes:
        files: the archive files.
        size: bytes that they and their reports take.
        kept: number of files as old that are still needed.
    """

    files: tuple[Path, ...]
    size: int
    kept: int


def prune(settings: Settings, now: datetime, *, days: int, dry_run: bool) -> Pruned:
    """Delete the archive files of crawls that started more than some days ago and that nothing needs.

    Args:
        settings: of this machine.
        now: UTC without a zone.
        days: age from which a file may go.
        dry_run: delete nothing.

    Raises:
        InputError: there is no warehouse, so nobody knows what is needed.
        BusyError: a run is going on.
        FailedError: a file cannot be deleted.
        WarehouseError: the warehouse cannot be opened.
    """
    from crawlers.retention import expired, remove, size_of
    from warehouse.needs import loaded_until, needed_files

    before = now - timedelta(days=days)
    existing(settings)
    with only_run(settings.state, wait=settings.busy == "wait"):
        with looking(settings) as connection:
            needed, loaded = needed_files(connection, before), loaded_until(connection)
        files = expired(settings.archive, before, needed, loaded)
        kept = len(expired(settings.archive, before, (), loaded)) - len(files)
        if dry_run:
            return Pruned(files, size_of(files), kept)
        try:
            return Pruned(files, remove(files), kept)
        except OSError as error:
            raise FailedError(f"{error.filename}: cannot be deleted: {error.strerror}") from None
