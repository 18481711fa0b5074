"""From archived snapshots to facts, and from files given by hand to documents."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from extract.records import Document, Extraction, Kind, Lang
from flows.errors import FailedError, InputError

if TYPE_CHECKING:
    from crawlers.records import NotContent, Snapshot, Source
    from flows.documents import Given
    from warehouse.records import SnapshotRow


@dataclass(frozen=True, slots=True)
class Reading:
    """What one archived page held.

    Attributes:
        document: None if the page was refused, or dropped by the gate.
        refused: why it is no content, None if it is.
        extraction: what the document states, None if nothing was extracted.
        fault: what went wrong with this page, in one line; empty if nothing did.
    """

    snapshot: Snapshot
    document: Document | None = None
    refused: NotContent | None = None
    extraction: Extraction | None = None
    fault: str = ""


def extract_archive(
    path: Path, sources: Mapping[str, Source], wanted: Callable[[Snapshot], bool] | None = None
) -> Iterator[Reading]:
    """Read the content pages of a WARC file, see `read_archive`, and extract what their documents state.

    Raises:
        InputError: the file is no readable archive.
        DataError: rules or weights cannot be used, so that no document can be read.
    """
    for reading in read_archive(path, sources, wanted):
        if reading.document is None:
            yield reading
            continue
        extraction = extract(reading.document)
        if isinstance(extraction, str):
            yield Reading(reading.snapshot, fault=extraction)
        else:
            yield replace(reading, extraction=extraction)


def read_archive(
    path: Path, sources: Mapping[str, Source], wanted: Callable[[Snapshot], bool] | None = None
) -> Iterator[Reading]:
    """Read the content pages of a WARC file; revisits hold no body and are passed over.

    A page that trips the reader is yielded with its fault: it must not cost the others.

    News goes through the gate first: 19 in 20 pages stop there, at a thirtieth of the cost of close reading.
    Notices are all read closely, for a page that can no longer be read must be noticed.

    Args:
        path: the WARC file.
        sources: declarations by id, for the selectors and the language of each page.
        wanted: tells which pages to read; None for all.

    Raises:
        InputError: the file is no readable archive.
    """
    from crawlers.archive import read_snapshots

    try:
        for snapshot in read_snapshots(path):
            if not snapshot.revisit and (wanted is None or wanted(snapshot)):
                yield _try(snapshot, sources.get(snapshot.source_id))
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from None


def broken_pages(path: Path) -> tuple[str, ...]:
    """One line for each page of a WARC file, or for the rest of it, that is broken or larger than allowed.

    Raises:
        InputError: the file is no readable archive.
    """
    from crawlers.archive import Unread, is_text, read_entries

    try:
        unread = [entry for entry in read_entries(path) if isinstance(entry, Unread)]
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from None
    return tuple(
        ": ".join(part for part in (str(path), entry.url, entry.reason) if part)
        for entry in unread
        if is_text(entry.content_type)
    )


def _unreadable(path: Path, error: OSError | ValueError) -> InputError:
    message = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return InputError(message if message.startswith(str(path)) else f"{path}: {message}")


def _try(snapshot: Snapshot, source: Source | None) -> Reading:
    try:
        return _read(snapshot, source)
    except Exception as error:  # noqa: BLE001 - told by the caller, page by page
        return Reading(snapshot, fault=f"reading failed: {type(error).__name__}: {error}")


def _read(snapshot: Snapshot, source: Source | None) -> Reading:
    from crawlers.records import NotContent
    from crawlers.text import quick_text, read_document
    from extract.gate import could_state_policy

    closely = source is not None and source.kind is Kind.NOTICE
    if not closely and not could_state_policy(*quick_text(snapshot)):
        return Reading(snapshot)
    read = read_document(snapshot, source)
    if isinstance(read, NotContent):
        return Reading(snapshot, refused=read)
    return Reading(snapshot, document=read)


def read_page(path: Path, given: Given) -> Document:
    """Read one HTML, text or PDF file.

    Raises:
        InputError: it cannot be read or holds no text.
    """
    from crawlers.records import NotContent
    from crawlers.text import read_file

    try:
        read = read_file(path, published=given.published, lang=given.lang)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from None
    if isinstance(read, NotContent):
        raise InputError(f"{path}: holds no document ({read.kind}: {read.evidence})")
    return replace(read, published=given.published or read.published)


def extract(document: Document) -> Extraction | str:
    """Extract the facts of one document; one text that trips the extractor must not cost the others.

    Returns:
        the extraction, or what went wrong in one line.

    Raises:
        DataError: rules or weights cannot be used, so that no document can be read.
    """
    from extract.data import DataError
    from extract.pipeline import extract_facts

    try:
        return extract_facts(document)
    except DataError:
        raise
    except Exception as error:  # noqa: BLE001 - told by the caller, document by document
        return f"document {document.id}: the extractor failed: {type(error).__name__}: {error}"


def check_extractor() -> None:
    """Read a sentence to see that rules and weights can be used, before pages are fetched for them.

    A page that was archived and not read would be known from then on, and what it says told to nobody.

    Raises:
        DataError: rules or weights cannot be used.
        FailedError: the extractor does not work.
    """
    text = "From 1 March 2022, Kuaishou no longer allows links to Taobao in live rooms."
    tried = extract(Document("self-check", Lang.EN, Kind.NEWS, date(2022, 2, 22), "Links", text))
    if isinstance(tried, str):
        raise FailedError(tried)


def snapshot_row(snapshot: Snapshot) -> SnapshotRow:
    """Return what the warehouse keeps of a page that was read back from an archive."""
    from warehouse.records import SnapshotRow

    return SnapshotRow(
        url=snapshot.url,
        source_id=snapshot.source_id,
        fetched_at=snapshot.fetched_at,
        status=snapshot.status,
        content_type=snapshot.content_type,
        digest=snapshot.digest,
        warc_file=snapshot.warc_file,
        warc_offset=snapshot.warc_offset,
        bytes=len(snapshot.body),
    )
