"""WARC files as a source: another crawler's archive, a Common Crawl news file, our own of another machine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from scrapy.http.headers import Headers

from crawlers.archive import Entry, read_entries
from crawlers.links import Link, chosen
from crawlers.recorder import Recorder
from crawlers.records import Outcome, Role

SUFFIXES = (".warc", ".warc.gz")
_TEXTS = ("text/html", "application/xhtml+xml", "application/pdf", "text/plain")
_MAX_BYTES = 20 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class ArchivedResponse:
    """A page of a WARC file in the shape of a response."""

    url: str
    status: int
    headers: Headers
    body: bytes


def record_dump(recorder: Recorder, path: Path) -> int:
    """Record the readable pages of a WARC file that the declaration includes; return their bytes.

    They keep their URLs and the times of their capture, so that selectors and days are those of then.

    Raises:
        OSError: our own archive cannot be written.
    """
    size = 0
    try:
        for entry in read_entries(path):
            size += _record(recorder, entry)
    except (OSError, ValueError) as error:
        if isinstance(error, OSError) and error.filename != str(path):
            raise
        reason = f"cannot be read: {error.strerror}" if isinstance(error, OSError) else "is no WARC file"
        recorder.failure(Link(path.resolve().as_uri()), Role.CONTENT, Outcome.FAILED, reason)
    return size


def _record(recorder: Recorder, entry: Entry) -> int:
    snapshot = entry.snapshot
    kind = snapshot.content_type.partition(";")[0].strip().lower()
    wanted = entry.role is Role.CONTENT and snapshot.status == 200 and kind in _TEXTS and snapshot.body
    links = chosen([Link(snapshot.url, snapshot.listed, snapshot.listed_title)], recorder.source)
    if not wanted or not links:
        return 0
    recorder.listed += 1
    known = recorder.known.get(snapshot.url)
    same = known is not None and known.digest == snapshot.digest
    full = not same and recorder.fresh >= recorder.source.max_items
    if full or len(snapshot.body) > _MAX_BYTES:
        recorder.leave_out()
        return 0
    headers = Headers({**entry.headers, "content-type": snapshot.content_type})
    response = ArchivedResponse(snapshot.final_url or snapshot.url, snapshot.status, headers, snapshot.body)
    # What is known already counts as visited now; what is new counts from the day it was captured.
    recorder.page(response, links[0], Role.CONTENT, at=None if same else snapshot.fetched_at)
    return len(snapshot.body)
