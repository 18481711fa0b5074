"""Write and read pages as WARC/1.1 (ISO 28500), one gzip member a record.

A page is a `metadata` record (what led here, what it is for) followed by a `response`, `revisit` or
`resource` record. Bodies are stored with transfer and content encoding removed. A file is written as
`*.part`, locked while it grows, and renamed when it is complete; what a killed crawl left behind is
closed by `crawlers.recovery`.
"""

from __future__ import annotations

import fcntl
import gzip
import hashlib
import io
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import IO, Any

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from crawlers.packed import PackedError
from crawlers.records import Role, Snapshot
from crawlers.settings import MAX_PAGE_BYTES
from crawlers.warc import DamagedError, body_of, records

SUFFIX = ".warc.gz"
PART = ".part"
_VERSION = "WARC/1.1"
_NOT_MODIFIED = "http://netpreserve.org/warc/1.1/revisit/server-not-modified"
_STAMP = "%Y%m%dT%H%M%S%f"
# What the stored body no longer has, or must never be kept.
_DROPPED_HEADERS = {"content-encoding", "transfer-encoding", "content-length", "set-cookie"}
_FIELDS = 1 << 20  # bytes of a warcinfo or metadata record
_LEVEL = 6  # zlib's default: 9 costs twice the time for one per cent

_PAGE_RECORDS = ("response", "revisit", "resource")

Headers = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Fetched:
    """What is written of one page.

    Attributes:
        url: where the content was, after redirects.
        requested_url: what was asked for.
        headers: of the HTTP response; empty for a file.
        listed, listed_title: day and headline by the listing that led here.
        rendered: the body is what Chromium showed, not what the server sent.
    """

    url: str
    requested_url: str
    role: Role
    fetched_at: datetime
    status: int
    headers: Headers = ()
    listed: date | None = None
    listed_title: str = ""
    rendered: bool = False


def digest_of(body: bytes) -> str:
    """Return the digest by which bodies are compared."""
    return f"sha256:{hashlib.sha256(body).hexdigest()}"


def archive_name(source_id: str, started_at: datetime) -> str:
    """Name the archive file of one run of one source; no part of it comes from the web."""
    return f"{source_id}-{started_at.strftime(_STAMP)}{SUFFIX}"


def started_at_of(name: str) -> datetime:
    """Read the start of the run from an archive file's name.

    Raises:
        ValueError: the name is not one of ours.
    """
    return datetime.strptime(name.removesuffix(SUFFIX).rpartition("-")[2], _STAMP)  # noqa: DTZ007 (UTC)


class ArchiveWriter:
    """Write one archive file; nothing exists on disk before the first page."""

    def __init__(self, path: Path, info: Mapping[str, str]) -> None:
        """Prepare a file.

        Args:
            path: final name; `.part` is added until it is closed.
            info: fields of the `warcinfo` record.
        """
        self.path = path
        self._part = path.with_name(path.name + PART)
        self._info = info
        self._file: IO[bytes] | None = None
        self._buffer = io.BytesIO()
        self._writer = WARCWriter(self._buffer, gzip=False, warc_version=_VERSION)

    def response(self, page: Fetched, body: bytes, digest: str) -> int:
        """Write a page with its body and return the byte offset of its record.

        Raises:
            OSError: the file cannot be written.
        """
        kind = "response" if page.headers else "resource"
        record = self._writer.create_warc_record(
            page.url,
            kind,
            payload=io.BytesIO(body),
            length=len(body),
            warc_headers_dict=_warc_headers(page) | {"WARC-Payload-Digest": digest},
            http_headers=_http_headers(page) if page.headers else None,
            warc_content_type="" if page.headers else "application/octet-stream",
        )
        return self._write(page, record)

    def revisit(self, page: Fetched, digest: str, since: datetime | None) -> int:
        """Write that a page still has the body which was stored at `since`; return the offset.

        Raises:
            OSError: the file cannot be written.
        """
        record = self._writer.create_revisit_record(
            page.url,
            digest,
            page.url,
            _iso(since or page.fetched_at),
            _http_headers(page),
            _warc_headers(page),
        )
        if page.status == 304:
            record.rec_headers.replace_header("WARC-Profile", _NOT_MODIFIED)
        return self._write(page, record)

    def close(self) -> str:
        """Close the file under its final name; return the name, empty if no page was written.

        Raises:
            OSError: the file cannot be written.
        """
        if self._file is None:
            return ""
        os.fsync(self._file.fileno())
        self._part.rename(self.path)
        self._file.close()
        self._file = None
        return self.path.name

    def _write(self, page: Fetched, record: Any) -> int:
        fields = _metadata(page)
        concurrent = {"WARC-Date": _iso(page.fetched_at)}
        concurrent["WARC-Concurrent-To"] = record.rec_headers.get_header("WARC-Record-ID")
        metadata = self._writer.create_warc_record(
            page.url, "metadata", io.BytesIO(fields), len(fields), warc_headers_dict=concurrent
        )
        file = self._open()
        file.write(self._member(metadata))
        offset = file.tell()
        file.write(self._member(record))
        file.flush()
        return offset

    def _open(self) -> IO[bytes]:
        if self._file is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._part.open("xb")
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._file.write(self._member(self._writer.create_warcinfo_record(self.path.name, self._info)))
        return self._file

    def _member(self, record: Any) -> bytes:
        self._buffer.seek(0)
        self._buffer.truncate()
        self._writer.write_record(record)
        return gzip.compress(self._buffer.getbuffer(), _LEVEL, mtime=0)


@dataclass(frozen=True, slots=True)
class Entry:
    """One page of an archive, with what a crawl needs to go on from it."""

    snapshot: Snapshot
    role: Role
    headers: Mapping[str, str]


_TEXTS = ("", "text/html", "application/xhtml+xml", "application/pdf", "text/plain")


@dataclass(frozen=True, slots=True)
class Unread:
    """What an archive holds and cannot be had.

    Attributes:
        url: of the page; empty for the rest of a damaged file.
        content_type: as the record says, perhaps empty.
        reason: one line.
    """

    url: str
    content_type: str
    reason: str


def is_text(content_type: str) -> bool:
    """Tell whether a record may hold a document, by its content type; without one it may."""
    return content_type.partition(";")[0].strip().lower() in _TEXTS


def read_snapshots(path: Path) -> Iterator[Snapshot]:
    """Read the content pages of a WARC file, ours or anyone's, in order.

    A file whose end is missing or damaged yields what stands before the damage; pages that are broken, or
    larger than a crawl would fetch, are left out (`read_entries` tells them).

    Raises:
        OSError: the file cannot be opened.
        ValueError: it is no WARC file.
    """
    return (
        entry.snapshot
        for entry in read_entries(path)
        if isinstance(entry, Entry) and entry.role is Role.CONTENT
    )


def read_entries(path: Path, max_size: int = MAX_PAGE_BYTES) -> Iterator[Entry | Unread]:
    """Read all pages of a WARC file, listings too, and tell those that cannot be had.

    Args:
        path: the file.
        max_size: most bytes of a body, packed and unpacked.

    Raises:
        OSError: the file cannot be opened.
        ValueError: it is no WARC file.
    """
    info: dict[str, str] = {}
    notes: dict[str, str] = {}
    try:
        for record, offset in records(path):
            if record.rec_type == "warcinfo":
                info = _fields(record)
            elif record.rec_type == "metadata":
                notes = _fields(record)
            elif record.rec_type in _PAGE_RECORDS:
                yield _entry(record, offset, path.name, info | notes, max_size)
                notes = {}
    except DamagedError as error:
        yield Unread("", "", str(error))


def _entry(record: Any, offset: int, name: str, notes: Mapping[str, str], max_size: int) -> Entry | Unread:
    """Make an entry of a page's record."""
    headers = record.rec_headers
    http = record.http_headers
    revisit = record.rec_type == "revisit"
    uri, moment = headers.get_header("WARC-Target-URI"), headers.get_header("WARC-Date")
    content_type = (http.get_header("Content-Type") if http else headers.get_header("Content-Type")) or ""
    listed = notes.get("listed")
    try:
        body = b"" if revisit else body_of(record, max_size)
        snapshot = Snapshot(
            url=notes.get("requested", uri),
            source_id=notes.get("source", ""),
            fetched_at=_time(moment or ""),
            status=int(http.get_statuscode() or 0) if http else 200,
            content_type=content_type,
            body=body,
            digest=headers.get_header("WARC-Payload-Digest") if revisit else digest_of(body),
            warc_file=name,
            warc_offset=offset,
            revisit=revisit,
            listed=date.fromisoformat(listed) if listed else None,
            listed_title=notes.get("listed-title", ""),
            final_url=uri,
        )
        role = Role(notes.get("role", Role.CONTENT))
    except DamagedError:  # nothing more can be read
        raise
    except PackedError as error:
        return Unread(uri or "", content_type, str(error))
    except ValueError:
        return Unread(uri or "", content_type, "the record's header is broken")
    pairs = {key.lower(): value for key, value in http.headers} if http else {}
    return Entry(snapshot, role, pairs)


def _fields(record: Any) -> dict[str, str]:
    """Read the fields of a warcinfo or metadata record; one that is too large or broken has none."""
    try:
        lines = body_of(record, _FIELDS).decode("utf-8", "replace").splitlines()
    except PackedError:
        return {}
    return {key: value for key, colon, value in (line.partition(": ") for line in lines) if colon}


def _metadata(page: Fetched) -> bytes:
    fields = {"role": page.role.value, "requested": page.requested_url}
    if page.listed:
        fields["listed"] = page.listed.isoformat()
    if page.listed_title:
        fields["listed-title"] = " ".join(page.listed_title.split())
    if page.rendered:
        fields["rendered"] = "chromium"
    return "".join(f"{key}: {value}\r\n" for key, value in fields.items()).encode()


def _warc_headers(page: Fetched) -> dict[str, str]:
    return {"WARC-Date": _iso(page.fetched_at)}


def _http_headers(page: Fetched) -> StatusAndHeaders:
    kept = [(key, value) for key, value in page.headers if key.lower() not in _DROPPED_HEADERS]
    return StatusAndHeaders(str(page.status), kept, protocol="HTTP/1.1")


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds") + "Z"


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text.removesuffix("Z")).replace(tzinfo=None)
