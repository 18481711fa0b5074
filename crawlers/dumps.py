"""WARC files as a source: another crawler's archive, a Common Crawl news file, our own of another machine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from crawlers.archive import Entry, Unread, is_text, read_entries
from crawlers.links import Link, chosen
from crawlers.recorder import Recorder
from crawlers.records import Outcome, Role
from crawlers.settings import Limits

SUFFIXES = (".warc", ".warc.gz")


class CapturedHeaders(dict[bytes, list[bytes]]):
    """Headers as Scrapy gives them, without Scrapy."""

    @classmethod
    def of(cls, pairs: Mapping[str, str]) -> CapturedHeaders:
        """Take headers by their lower-case names."""
        return cls({_encoded(name.title()): [_encoded(value)] for name, value in pairs.items()})

    def get(self, name: str) -> bytes | None:  # type: ignore[override]
        """Return a header, whatever the case of its name."""
        values = super().get(_encoded(name.title()))
        return values[0] if values else None


def _encoded(text: str) -> bytes:
    return text.encode("latin-1", "replace")


@dataclass(frozen=True, slots=True)
class ArchivedResponse:
    """A page of a WARC file in the shape of a response."""

    url: str
    status: int
    headers: CapturedHeaders
    body: bytes


def record_dump(recorder: Recorder, path: Path, limits: Limits) -> Iterator[int]:
    """Record the readable pages of a WARC file that the declaration includes; yield the bytes of each.

    They keep their URLs and the times of their capture, so that selectors and days are those of then.
    What is too large, broken or cut off is recorded as a failure: a page's under its URL, a file's under
    its own.

    Raises:
        OSError: our own archive cannot be written.
    """
    file = Link(path.resolve().as_uri())
    try:
        for entry in read_entries(path, limits.page_bytes):
            if isinstance(entry, Unread):
                _record_unread(recorder, file, entry)
            else:
                yield _record(recorder, entry)
    except (OSError, ValueError) as error:
        if isinstance(error, OSError) and error.filename != str(path):
            raise
        reason = f"cannot be read: {error.strerror}" if isinstance(error, OSError) else "is no WARC file"
        recorder.failure(file, Role.CONTENT, Outcome.FAILED, reason)


def _record_unread(recorder: Recorder, file: Link, unread: Unread) -> None:
    if not unread.url:
        recorder.failure(file, Role.CONTENT, Outcome.FAILED, unread.reason)
        return
    for link in chosen([Link(unread.url)], recorder.source) if is_text(unread.content_type) else ():
        recorder.listed += 1
        recorder.failure(link, Role.CONTENT, Outcome.FAILED, unread.reason)


def _record(recorder: Recorder, entry: Entry) -> int:
    snapshot = entry.snapshot
    wanted = entry.role is Role.CONTENT and snapshot.status == 200 and snapshot.body
    links = chosen([Link(snapshot.url, snapshot.listed, snapshot.listed_title)], recorder.source)
    if not wanted or not links or not snapshot.content_type or not is_text(snapshot.content_type):
        return 0
    recorder.listed += 1
    known = recorder.known.get(snapshot.url)
    same = known is not None and known.digest == snapshot.digest
    if not same and recorder.fresh >= recorder.source.max_items:
        recorder.leave_out()
        return 0
    headers = CapturedHeaders.of({**entry.headers, "content-type": snapshot.content_type})
    response = ArchivedResponse(snapshot.final_url or snapshot.url, snapshot.status, headers, snapshot.body)
    # What is known already counts as visited now; what is new counts from the day it was captured.
    recorder.page(response, links[0], Role.CONTENT, at=None if same else snapshot.fetched_at)
    return len(snapshot.body)
