"""WARC files as another crawler would write them."""

from __future__ import annotations

import io
from pathlib import Path

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter


class Theirs:
    """A WARC file of another crawler, written record by record."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path, self._file = path, path.open("wb")
        self._writer = WARCWriter(self._file)

    def page(self, name: str, body: bytes, *headers: tuple[str, str], kind: str = "text/html") -> Theirs:
        http = StatusAndHeaders("200 OK", [("Content-Type", kind), *headers], protocol="HTTP/1.1")
        url = f"https://example.org/{name}"
        record = self._writer.create_warc_record(url, "response", io.BytesIO(body), http_headers=http)
        self._writer.write_record(record)
        return self

    def raw(self, data: bytes) -> Theirs:
        self._file.write(data)
        return self

    def close(self) -> Path:
        self._file.close()
        return self.path
