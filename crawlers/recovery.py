"""What earlier crawls of a source left in the archive without anyone having been told.

A crawl that is killed leaves a `.part` file; a night that is killed after a crawl leaves a closed file
that was never loaded. Both hold pages that must not be fetched again, and must be reported. A file that
cannot be read is told of and kept, and stops neither its source nor another.
"""

from __future__ import annotations

import fcntl
import os
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from crawlers.archive import PART, SUFFIX, Entry, Unread, read_entries, started_at_of
from crawlers.recorder import now
from crawlers.records import CrawlState, Outcome, PageResult, PageState, Revisit, Role, Source
from crawlers.refusals import recognise
from crawlers.schedule import next_due

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Leftovers:
    """Pages of earlier runs that nobody was told of.

    Attributes:
        warc_files: names of the archive files that hold them.
        pages: their results, as a report of the run would have given them.
        problems: one line for each file that could not be read.
    """

    warc_files: tuple[str, ...] = ()
    pages: tuple[PageResult, ...] = ()
    problems: tuple[str, ...] = ()

    def added_to(self, state: CrawlState) -> CrawlState:
        """Return the state with what these pages tell, so that they are not fetched again."""
        found = {page.url: page.state for page in self.pages if page.state is not None}
        return CrawlState({**state.pages, **found})


def take_leftovers(archive: Path, source: Source, state: CrawlState) -> Leftovers:
    """Close what killed crawls of a source left open, and read what the state does not know yet.

    A file that is no archive is put aside under a name that is not looked at again; one that the system
    does not let us read stays where it is.

    Args:
        archive: directory of the archive files; need not exist.
        source: whose files to look at.
        state: what the warehouse knows; files begun after its newest visit are not in it.

    Raises:
        OSError: the directory cannot be written.
    """
    problems: list[str] = []
    for part in sorted(archive.glob(f"{source.id}-*{SUFFIX}{PART}")):
        try:
            close_part(part)
        except OSError as error:
            problems.append(_unreadable(part, error))
    newest = max((page.last_fetched for page in state.pages.values() if page.last_fetched), default=None)
    paths = [path for path in sorted(archive.glob(f"{source.id}-*{SUFFIX}")) if _is_later(path, newest)]
    known = dict(state.pages)
    pages: dict[str, PageResult] = {}
    read: list[str] = []
    for path in paths:
        try:
            pages |= {result.url: result for result in results_of(path, source, known)}
            read.append(path.name)
        except OSError as error:
            problems.append(_unreadable(path, error))
        except ValueError as error:
            aside = path.rename(path.with_name(f"{path.name}.damaged-{now():%Y%m%dT%H%M%S}"))
            problems.append(f"{error}; it is put aside as {aside.name}")
    return Leftovers(tuple(read), tuple(pages.values()), tuple(problems))


def _unreadable(path: Path, error: OSError) -> str:
    return f"{path}: cannot be read: {error.strerror}"


def _is_later(path: Path, newest: datetime | None) -> bool:
    try:
        return newest is None or started_at_of(path.name) > newest
    except ValueError:
        return False


def close_part(part: Path) -> Path | None:
    """Keep the complete records of a file that a killed crawl left, under its final name.

    Returns:
        the closed file; None if it held no complete record, or if a running crawl still writes it.

    Raises:
        OSError: the file cannot be read or written.
    """
    final = part.with_name(part.name.removesuffix(PART))
    with part.open("r+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return None
        end = _complete_end(iter(lambda: file.read(_CHUNK), b""))
        if end == 0:
            part.unlink()
            return None
        file.truncate(end)
        os.fsync(file.fileno())
        part.rename(final)
    return final


def _complete_end(chunks: Iterable[bytes]) -> int:
    """Return the offset after the last complete gzip member."""
    end = position = 0
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
    for chunk in chunks:
        data = chunk
        while data:
            try:
                unpacker.decompress(data)
            except zlib.error:
                return end
            used = len(data) - len(unpacker.unused_data) if unpacker.eof else len(data)
            position += used
            if not unpacker.eof:
                break
            end = position
            data = unpacker.unused_data
            unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
    return end


def results_of(path: Path, source: Source, known: dict[str, PageState]) -> list[PageResult]:
    """Tell from an archive file what its run would have reported.

    Args:
        path: a closed archive file.
        source: whose pages they are.
        known: states before that run; what this run found is added.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is no WARC file.
    """
    results = []
    for entry in read_entries(path):
        if isinstance(entry, Unread):  # never written by us: the page is fetched again
            continue
        result = _result(entry, source, known.get(entry.snapshot.url))
        if result.state is not None:
            known[result.url] = result.state
        results.append(result)
    return results


def _result(entry: Entry, source: Source, known: PageState | None) -> PageResult:
    snapshot = entry.snapshot
    outcome, reason, state = Outcome.UNCHANGED, "", _state(entry, source, known)
    if not snapshot.revisit:
        outcome = Outcome.NEW if known is None or known.digest is None else Outcome.CHANGED
        refusal = None
        if entry.role is Role.CONTENT:
            refusal = recognise(
                snapshot.body, snapshot.content_type, url=snapshot.url, final_url=snapshot.final_url
            )
        if refusal is not None:
            outcome, reason = Outcome.BLOCKED, f"{refusal.kind.value}: {refusal.evidence}"
            state = (known or PageState()).after_refusal(snapshot.fetched_at)
    return PageResult(
        url=snapshot.url,
        final_url=snapshot.final_url,
        role=entry.role,
        outcome=outcome,
        fetched_at=snapshot.fetched_at,
        status=snapshot.status,
        reason=reason,
        content_type=snapshot.content_type,
        size=len(snapshot.body),
        digest=snapshot.digest,
        state=state,
        warc_file=snapshot.warc_file,
        warc_offset=snapshot.warc_offset,
    )


def _state(entry: Entry, source: Source, known: PageState | None) -> PageState:
    """State of a page; a listing gets no validators, for what it names may not have been fetched."""
    snapshot = entry.snapshot
    content = entry.role is Role.CONTENT
    due = None
    if content and source.revisit is Revisit.DECAY:
        due = next_due(known, snapshot.fetched_at, changed=not snapshot.revisit)
    return PageState(
        etag=entry.headers.get("etag") if content else None,
        last_modified=entry.headers.get("last-modified") if content else None,
        digest=snapshot.digest,
        last_fetched=snapshot.fetched_at,
        last_changed=known.last_changed if snapshot.revisit and known else snapshot.fetched_at,
        next_due=due,
    )
