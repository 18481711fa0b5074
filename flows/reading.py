"""From archived snapshots to documents, and from files given by hand."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from extract.records import Document, Extraction
from flows.errors import InputError

if TYPE_CHECKING:
    from crawlers.records import NotContent, Snapshot, Source
    from flows.documents import Given


@dataclass(frozen=True, slots=True)
class Reading:
    """What one archived page held.

    Attributes:
        document: None if the page was refused.
        refused: why it is no content, None if it is.
    """

    snapshot: Snapshot
    document: Document | None
    refused: NotContent | None


def read_archive(
    path: Path, sources: Mapping[str, Source], skip: Collection[str] = frozenset()
) -> Iterator[Reading]:
    """Read the content pages of a WARC file; bodies that are not stored again (revisits) are passed over.

    Args:
        path: the WARC file.
        sources: declarations by id, for the selectors and the language of each page.
        skip: digests of bodies that need not be read again.

    Raises:
        InputError: the file is no readable archive.
    """
    from crawlers.archive import read_snapshots
    from crawlers.records import NotContent
    from crawlers.text import read_document

    try:
        for snapshot in read_snapshots(path):
            if snapshot.revisit or snapshot.digest in skip:
                continue
            read = read_document(snapshot, sources.get(snapshot.source_id))
            if isinstance(read, NotContent):
                yield Reading(snapshot, None, read)
            else:
                yield Reading(snapshot, read, None)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from None
    except ValueError as error:
        message = str(error)
        raise InputError(message if message.startswith(str(path)) else f"{path}: {message}") from None


def read_page(path: Path, given: Given) -> Document:
    """Read one HTML, text or PDF file.

    Raises:
        InputError: it cannot be read or holds no text.
    """
    from crawlers.records import NotContent
    from crawlers.text import read_file

    try:
        read = read_file(path)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error).removeprefix(f"{path}: ")
        raise InputError(f"{path}: {reason}") from None
    if isinstance(read, NotContent):
        raise InputError(f"{path}: holds no document ({read.kind}: {read.evidence})")
    return replace(read, published=read.published or given.published, lang=given.lang or read.lang)


def extract(document: Document) -> Extraction:
    """Extract the facts of one document."""
    from extract.pipeline import extract_facts

    return extract_facts(document)
