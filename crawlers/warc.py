"""The records of a WARC file, of any origin, one after the other and none of them taken in whole unseen.

warcio reads lines and bodies to their end, however long they are. Here a header is at most a megabyte, a
record at most a gibibyte, and a body as large as the caller wants: files come from elsewhere.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from warcio.archiveiterator import ArchiveIterator
from warcio.bufferedreaders import ChunkedDataReader, DecompressingBufferedReader
from warcio.exceptions import ArchiveLoadFailed
from warcio.recordloader import ArcWarcRecordLoader

from crawlers.packed import PackedError, unpacked

_HEADER = 1 << 20  # bytes of the lines that stand together
_RECORD = 1 << 30  # bytes of a record that is passed over; unpacking more of it costs minutes
_STEP = 1 << 16


class DamagedError(ValueError):
    """A WARC file that cannot be read on; what stands before the damage has been given."""


class _Bounded(DecompressingBufferedReader):  # type: ignore[misc]
    """Reads a file for warcio; refuses lines without end and records that swell."""

    def __init__(self, file: Any) -> None:
        super().__init__(file)
        self._lines = self._read = 0

    def next_record(self) -> None:
        """Begin to count anew."""
        self._lines = self._read = 0

    def read(self, length: int | None = None) -> bytes:
        """Read bytes.

        Raises:
            DamagedError: the record is too large.
        """
        found: bytes = super().read(length)
        self._lines = 0
        self._read += len(found)
        if self._read > _RECORD:
            raise DamagedError(f"a record has more than {_RECORD} bytes")
        return found

    def readline(self, length: int | None = None) -> bytes:
        """Read a line.

        Raises:
            DamagedError: the lines read one after the other are no header any more.
        """
        left = _HEADER - self._lines + 1
        line: bytes = super().readline(left if length is None else min(length, left))
        self._lines += len(line)
        if self._lines > _HEADER:
            raise DamagedError(f"a header has more than {_HEADER} bytes")
        return line

    def _decompress(self, data: bytes) -> bytes:
        """Unpack what was read; warcio takes an error for the end of the file."""
        if self.decompressor is None or not self.num_block_read:
            return super()._decompress(data)  # type: ignore[no-any-return]
        try:
            return self.decompressor.decompress(data)  # type: ignore[no-any-return]
        except zlib.error:
            raise DamagedError("the gzip data are broken") from None


class _Loader(ArcWarcRecordLoader):  # type: ignore[misc]
    """Gives a record that ends within its HTTP header as one without; warcio takes it for the file's end."""

    def load_http_headers(self, *arguments: Any) -> Any:
        """Return the HTTP header, None if there is none or only a part of it."""
        try:
            return super().load_http_headers(*arguments)
        except EOFError:
            return None


def records(path: Path) -> Iterator[tuple[Any, int]]:
    """Yield each record, as warcio gives it, with its byte offset.

    Raises:
        OSError: the file cannot be opened.
        DamagedError: what follows is cut off, broken or too large.
        ValueError: it is no WARC file.
    """
    with path.open("rb") as file:
        archive = ArchiveIterator(file)
        archive.reader = reader = _Bounded(file)
        archive.loader = _Loader(verify_http=False, arc2warc=False)
        found = False
        try:
            for record in archive:
                if record.format != "warc":  # warcio takes much for ARC, its ancestor
                    break
                found = True
                yield record, archive.offset
                reader.next_record()
        except (ArchiveLoadFailed, EOFError, zlib.error, AttributeError, ValueError) as error:
            reason = str(error) if isinstance(error, DamagedError) else "the file is cut off or broken"
            if found:
                raise DamagedError(reason) from None
            raise ValueError(f"{path}: is no WARC file: {reason}") from None
    if not found:
        raise ValueError(f"{path}: is no WARC file: it holds no record")


class _Limited:
    """A record's stream that gives no more than so many bytes, for readers that ask for all of it."""

    def __init__(self, stream: Any, most: int) -> None:
        self._stream, self._left, self._most = stream, most, most

    def read(self, length: int) -> bytes:
        """Read bytes; raises PackedError beyond the limit."""
        return self._counted(self._stream.read(min(length, self._left + 1)))

    def readline(self, length: int) -> bytes:
        """Read a line; raises PackedError beyond the limit."""
        return self._counted(self._stream.readline(min(length, self._left + 1)))

    def _counted(self, found: bytes) -> bytes:
        self._left -= len(found)
        if self._left < 0:
            raise PackedError(f"larger than {self._most} bytes")
        return found


def body_of(record: Any, max_size: int) -> bytes:
    """Return a record's body with transfer and content encoding removed.

    Raises:
        PackedError: it is larger than `max_size` bytes, packed or not; or it is broken or cut off.
    """
    http = record.http_headers
    stream = _Limited(record.raw_stream, max_size)
    chunked = _header(http, "Transfer-Encoding") == "chunked"
    reader = ChunkedDataReader(stream) if chunked else stream
    body = b"".join(iter(lambda: reader.read(_STEP), b""))
    while record.raw_stream.read(_STEP):  # what a foreign archive may have after a chunked body
        pass
    if getattr(record.raw_stream, "limit", 0) > 0:
        raise PackedError("the record is cut off")
    for encoding in reversed(_header(http, "Content-Encoding").split(",")):
        body = unpacked(body, encoding.strip(), max_size)
    return body


def _header(http: Any, name: str) -> str:
    value = http.get_header(name) if http else None
    return (value or "").strip().lower()
