"""Sources whose articles lie in a directory: notices saved by hand, PDFs, WARC files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

from crawlers.dumps import SUFFIXES, record_dump
from crawlers.links import Link
from crawlers.recorder import Recorder
from crawlers.records import Outcome, Role, Source
from crawlers.settings import Limits

_SUFFIXES = (".html", ".htm", ".xhtml", ".txt", ".md", ".pdf", ".xml", ".warc", ".warc.gz")


@dataclass(frozen=True, slots=True)
class FileResponse:
    """A file in the shape of a response."""

    url: str
    body: bytes
    status: int = 200
    headers: Mapping[str, bytes] = field(default_factory=dict)


def record_files(recorder: Recorder, limits: Limits) -> dict[str, Any]:
    """Record all files of a source, in the order of their names; return counts like Scrapy's.

    Raises:
        OSError: the archive cannot be written.
    """
    size, until = 0, monotonic() + limits.seconds
    for path in found_files(recorder.source):
        for read in _recorded(recorder, path, limits):
            size += read
            if monotonic() > until:
                recorder.leave_out()  # at least one; nobody has counted what is left
                return {"finish_reason": "closespider_timeout", "downloader/response_bytes": size}
    return {"finish_reason": "finished", "downloader/response_bytes": size}


def _recorded(recorder: Recorder, path: Path, limits: Limits) -> Iterator[int]:
    """Record a file, or the pages of a WARC file, and yield the bytes of each."""
    if path.name.lower().endswith(SUFFIXES):
        yield from record_dump(recorder, path, limits)
        return
    recorder.listed += 1
    link = Link(path.resolve().as_uri())
    try:
        body = path.read_bytes() if path.stat().st_size <= limits.page_bytes else None
    except OSError as error:
        recorder.failure(link, Role.CONTENT, Outcome.FAILED, f"cannot be read: {error.strerror}")
        return
    if body is None:
        recorder.failure(link, Role.CONTENT, Outcome.FAILED, f"larger than {limits.page_bytes} bytes")
        return
    recorder.page(FileResponse(link.url, body), link, Role.CONTENT)
    yield len(body)


def found_files(source: Source) -> Iterator[Path]:
    """Yield the files that the declared paths and patterns name, relative to the declaration."""
    base = source.path.resolve().parent if source.path else Path()
    for pattern in source.urls:
        path = base / pattern
        anchor = Path(path.anchor)
        matches = sorted(anchor.glob(str(path.relative_to(anchor))))
        for match in matches:
            files = sorted(match.rglob("*")) if match.is_dir() else [match]
            yield from (file for file in files if file.is_file() and file.name.lower().endswith(_SUFFIXES))
