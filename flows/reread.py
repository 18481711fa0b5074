"""Read the archive again with today's rules; what that changes is technical and alerts nobody."""

from __future__ import annotations

import multiprocessing
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING

from extract.records import Document, Extraction
from flows.console import Progress, counted, unseen
from flows.lock import only_run
from flows.night import declared_sources, new_run_id, publish_or_fail
from flows.reading import extract_archive, snapshot_row
from flows.settings import Settings, use_one_core_each
from flows.stores import existing, writing
from flows.unread import Place, unread_pages

if TYPE_CHECKING:
    from crawlers.records import Source
    from warehouse.records import Change, SnapshotRow


# Not forked from this process: in a Prefect flow it has threads, whose locks a fork would copy.
_PROCESSES = multiprocessing.get_context("forkserver")
SMALL = 200_000  # bytes of archive that are read sooner than other processes have started


@dataclass(frozen=True, slots=True)
class ReadAgain:
    """What one archive file holds by today's rules."""

    snapshots: tuple[SnapshotRow, ...]
    readings: tuple[tuple[Document, Extraction], ...]
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rereading:
    """What reading the archive again came to.

    Attributes:
        files, documents: read.
        withdrawn: statements that today's rules no longer find.
        observations: statements that they find for the first time.
        changes: the difference in policy.
        waiting: pages left to the next night, which reads as news what could not be read before.
        faults: one line for each page that could not be read; what was known of it stays.
    """

    files: int
    documents: int
    withdrawn: int
    observations: int
    changes: tuple[Change, ...]
    waiting: int
    faults: tuple[str, ...]


def reread(
    settings: Settings,
    now: datetime,
    *,
    since: date | None = None,
    dry_run: bool = False,
    progress: Progress = unseen,
) -> Rereading:
    """Read archive files again, many in one process a core, and load the result as technical.

    Args:
        settings: of this machine.
        now: UTC without a zone.
        since: only files of crawls on or after this day.
        dry_run: load into a copy that is thrown away.
        progress: called after each file.

    Raises:
        InputError: there is no warehouse, or an archive file cannot be read.
        FailedError: loaded, but not published because a check failed.
        WarehouseError: the warehouse cannot be used.
    """
    existing(settings)
    sources = {source.id: source for source in declared_sources(settings)}
    files = archive_files(settings.archive, since)
    with (
        only_run(settings.state, wait=settings.busy == "wait"),
        _mapping(files) as mapped,
    ):
        waiting = frozenset(page.place for page in unread_pages(settings.state))
        read = mapped(read_again, files, repeat(sources), repeat(waiting))
        again = counted(read, len(files), progress)
        if dry_run:
            with tempfile.TemporaryDirectory(prefix="linkpolicy-") as place:
                result = _load(_copied(settings, Path(place)), again, now)
        else:
            result = _load(settings, again, now)
            publish_or_fail(settings)
    names = {path.name for path in files}
    return replace(result, waiting=sum(file in names for file, _ in waiting))


@contextmanager
def _mapping(files: Sequence[Path]) -> Iterator[Callable[..., Iterator[ReadAgain]]]:
    """Provide what maps a function over files: in a process for each core, small ones in this one."""
    if sum(path.stat().st_size for path in files) <= SMALL:
        yield map
    else:
        use_one_core_each()
        with ProcessPoolExecutor(mp_context=_PROCESSES) as pool:
            yield pool.map


def archive_files(archive: Path, since: date | None) -> list[Path]:
    """Return the archive files in the order of their crawls."""
    from crawlers.archive import SUFFIX, started_at_of

    dated = []
    for path in archive.glob(f"*{SUFFIX}"):
        try:
            dated.append((started_at_of(path.name), path))
        except ValueError:
            continue  # put there by someone else
    return [path for started_at, path in sorted(dated) if since is None or started_at.date() >= since]


def _copied(settings: Settings, place: Path) -> Settings:
    """Return settings whose warehouse is a copy."""
    shutil.copyfile(settings.warehouse, place / settings.warehouse.name)
    return settings.model_copy(update={"data": place})


def _load(settings: Settings, again: Iterable[ReadAgain], now: datetime) -> Rereading:
    from extract.pipeline import extractor_version
    from warehouse.load import load_batch
    from warehouse.records import Batch, Cause

    run_id = f"{new_run_id(now)}-reread"
    files = documents = withdrawn = observations = 0
    changes: list[Change] = []
    faults: list[str] = []
    with writing(settings) as connection:
        for read in again:
            files += 1
            faults += read.faults
            if not read.readings:
                continue
            batch = Batch(
                run_id=f"{run_id}-{files:05d}",
                known_at=now,
                cause=Cause.TECHNICAL,
                snapshots=read.snapshots,
                readings=read.readings,
                extractor_version=extractor_version(),
            )
            result = load_batch(connection, batch)
            documents += len(read.readings)
            withdrawn += result.withdrawn
            observations += result.observations
            changes += result.changes
    return Rereading(files, documents, withdrawn, observations, tuple(changes), 0, tuple(faults))


def read_again(path: Path, sources: Mapping[str, Source], waiting: Collection[Place]) -> ReadAgain:
    """Read and extract one archive file, without the pages that wait for a night.

    Raises:
        InputError: it cannot be read.
    """
    snapshots, readings, faults = [], [], []
    for reading in extract_archive(path, sources, lambda s: (path.name, s.warc_offset) not in waiting):
        if reading.document and reading.extraction:
            snapshots.append(snapshot_row(reading.snapshot))
            readings.append((reading.document, reading.extraction))
        elif reading.fault:
            faults.append(f"{path.name}: {reading.snapshot.url}: {reading.fault}")
    return ReadAgain(tuple(snapshots), tuple(readings), tuple(faults))
