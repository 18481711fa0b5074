"""Documents given by hand go into the warehouse like a night's, but alert nobody."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from extract.records import Document, Extraction
from flows.documents import Given, is_archive, is_lines, read_paths
from flows.errors import FailedError, InputError
from flows.lock import only_run
from flows.night import declared_sources, new_run_id, publish_or_fail, utc_now
from flows.reading import broken_pages, extract, read_archive, snapshot_row
from flows.settings import Settings
from flows.stores import writing

if TYPE_CHECKING:
    from crawlers.records import Source
    from warehouse.records import LoadResult, SnapshotRow

_CHUNK = 5000  # documents in one transaction: bounded memory for a backfill of any size


@dataclass(frozen=True, slots=True)
class Ingested:
    """What an ingest did.

    Attributes:
        read, with_facts: documents read, and those that state a fact.
        facts: facts stated, repetitions included.
        documents, observations: rows that were new to the warehouse.
        changes: number of policy changes by kind.
        published: the file that analysts open.
        faults: one line for each document that could not be read.
    """

    read: int
    with_facts: int
    facts: int
    documents: int
    observations: int
    changes: Mapping[str, int]
    published: Path
    faults: tuple[str, ...]

    def summary(self) -> str:
        """Return the result in two lines."""
        changes = ", ".join(f"{count} {kind}" for kind, count in self.changes.items()) or "none"
        return (
            f"{self.read} documents read, {self.with_facts} of them state {self.facts} facts; "
            f"new to the warehouse: {self.documents} documents, {self.observations} statements; "
            f"changes of policy: {changes}\nPublished: {self.published}"
        )


def ingest(settings: Settings, paths: Sequence[Path], given: Given) -> Ingested:
    """Read files, extract, load and publish.

    JSON lines are checked to the last line before anything is loaded, archives to their first page. What was
    loaded before a file turns out to be unreadable all the same is published.

    Raises:
        InputError: a file cannot be read; names file, line and key. Nothing was loaded.
        FailedError: loaded, but not published because a check failed, or published, but not all was loaded.
        WarehouseError: the warehouse cannot be used.
    """
    for _ in read_paths([path for path in paths if is_lines(path)], given):
        pass
    for path in paths:
        if is_archive(path):
            next(read_archive(path, {}), None)
    sources = {source.id: source for source in declared_sources(settings)}
    faults: list[str] = []
    totals: Counter[str] = Counter()
    changes: Counter[str] = Counter()
    unreadable: list[InputError] = []
    with only_run(settings.state, wait=settings.busy == "wait"):
        for chunk in _readable(_chunks(paths, given, sources), unreadable):
            faults += chunk.faults
            pairs = _extracted(chunk.documents, faults)
            result = _load(settings, pairs, chunk.snapshots)
            totals["read"] += len(pairs)
            totals["with_facts"] += sum(bool(extraction.facts) for _, extraction in pairs)
            totals["facts"] += sum(len(extraction.facts) for _, extraction in pairs)
            totals["documents"] += result.documents
            totals["observations"] += result.observations
            changes.update(change.kind for change in result.changes)
        if unreadable and not totals:
            raise unreadable[0]
        published = publish_or_fail(settings)
    if unreadable:
        raise FailedError(f"{unreadable[0]}; {totals['read']} documents before it are loaded and published")
    return Ingested(
        read=totals["read"],
        with_facts=totals["with_facts"],
        facts=totals["facts"],
        documents=totals["documents"],
        observations=totals["observations"],
        changes=dict(changes),
        published=published,
        faults=tuple(faults),
    )


def _readable(chunks: Iterator[_Chunk], unreadable: list[InputError]) -> Iterator[_Chunk]:
    """Yield chunks up to the first that cannot be read; what is wrong with that is added to `unreadable`."""
    try:
        yield from chunks
    except InputError as error:
        unreadable.append(error)


def _extracted(documents: Iterable[Document], faults: list[str]) -> tuple[tuple[Document, Extraction], ...]:
    """Extract each document; what trips the extractor is added to `faults` and left out."""
    pairs = []
    for document in documents:
        extraction = extract(document)
        if isinstance(extraction, str):
            faults.append(extraction)
        else:
            pairs.append((document, extraction))
    return tuple(pairs)


@dataclass(frozen=True, slots=True)
class _Chunk:
    """What is loaded in one transaction."""

    documents: tuple[Document, ...]
    snapshots: tuple[SnapshotRow, ...] = ()
    faults: tuple[str, ...] = ()


def _chunks(paths: Sequence[Path], given: Given, sources: Mapping[str, Source]) -> Iterator[_Chunk]:
    """Yield documents by the thousand, and each archive file whole, with where its pages stand in it."""
    documents = read_paths([path for path in paths if not is_archive(path)], given)
    while part := tuple(islice(documents, _CHUNK)):
        yield _Chunk(part)
    for path in paths:
        if is_archive(path):
            read = list(read_archive(path, sources))
            yield _Chunk(
                tuple(reading.document for reading in read if reading.document),
                tuple(snapshot_row(reading.snapshot) for reading in read if reading.document),
                (
                    *(f"{path}: {r.snapshot.url}: {r.fault}" for r in read if r.fault),
                    *broken_pages(path),
                ),
            )


def _load(
    settings: Settings,
    pairs: tuple[tuple[Document, Extraction], ...],
    snapshots: tuple[SnapshotRow, ...],
) -> LoadResult:
    from extract.pipeline import extractor_version
    from warehouse.load import load_batch
    from warehouse.records import Batch, Cause

    now = utc_now()
    batch = Batch(
        run_id=f"{new_run_id(now)}-ingest",
        known_at=now,
        cause=Cause.INGEST,
        snapshots=snapshots,
        readings=pairs,
        extractor_version=extractor_version(),
    )
    with writing(settings) as connection:
        return load_batch(connection, batch)
