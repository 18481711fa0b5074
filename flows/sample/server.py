"""A real HTTP server on localhost for the sample sites, with validators as a careful site sends them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import Self
from urllib.parse import unquote, urlsplit

from flows.sample import BASE, EDITIONS, SITES

# When each edition was put online, for Last-Modified: file times do not survive packaging.
_ONLINE = {"night1": "Sun, 08 May 2022 18:00:00 GMT", "night2": "Thu, 31 Aug 2023 18:00:00 GMT"}
_TYPES = {".html": "text/html", ".xml": "application/xml", ".txt": "text/plain"}
# One notice comes in the encoding that Chinese sites used before UTF-8; its header says so.
_CHARSETS = {"/kuaishou/notices/20221028.html": "gb18030"}


@dataclass(frozen=True, slots=True)
class Request:
    """One answered request.

    Attributes:
        path: path of the URL, without a query.
        status: HTTP status of the answer.
    """

    path: str
    status: int


class SampleServer:
    """Serves one edition of the sample sites at a time; use it as a context manager.

    Attributes:
        edition: which edition is online; may be changed between two crawls.
        requests: what has been asked and answered so far, in order.
    """

    def __init__(self, port: int = 0, edition: str = EDITIONS[0]) -> None:
        """Bind to 127.0.0.1.

        Args:
            port: 0 lets the system choose a free one.
            edition: one of `EDITIONS`.

        Raises:
            OSError: the port is taken.
        """
        self.edition = edition
        self.requests: list[Request] = []
        self._http = _Http(port, self)
        self._thread = Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    @property
    def base_url(self) -> str:
        """Scheme, host and port."""
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def page(self, path: str) -> tuple[bytes, str] | None:
        """Return the body and the Last-Modified of a page in the present edition, None if there is none."""
        for edition in reversed(EDITIONS[: EDITIONS.index(self.edition) + 1]):
            file = _file(SITES / edition, path)
            if file is not None:
                return file.read_bytes().replace(BASE.encode(), self.base_url.encode()), _ONLINE[edition]
        return None


def _file(root: Path, path: str) -> Path | None:
    """Find the file for a URL path; a folder stands for its index page."""
    file = (root / unquote(path).lstrip("/")).resolve()
    if not file.is_relative_to(root.resolve()):
        return None
    if file.is_dir():
        file /= "index.html"
    return file if file.is_file() else None


class _Handler(BaseHTTPRequestHandler):
    """Answers GET with 200, 304 or 404."""

    protocol_version = "HTTP/1.1"
    server_version = "sample"
    sys_version = ""
    disable_nagle_algorithm = True  # else a body waits 40 ms for the acknowledgement of its headers
    server: _Http

    def do_GET(self) -> None:
        """Answer one request; the name is http.server's."""
        path = urlsplit(self.path).path
        page = self.server.sample.page(path)
        if page is None:
            self._answer(path, HTTPStatus.NOT_FOUND, {"Content-Type": "text/html"}, b"<h1>404 Not Found</h1>")
            return
        body, modified = page
        validators = {"ETag": f'"{hashlib.sha256(body).hexdigest()[:16]}"', "Last-Modified": modified}
        if self._has(validators):
            self._answer(path, HTTPStatus.NOT_MODIFIED, validators)
            return
        kind = _TYPES.get(Path(path).suffix, "text/html")
        content_type = f"{kind}; charset={_CHARSETS.get(path, 'utf-8')}"
        self._answer(path, HTTPStatus.OK, validators | {"Content-Type": content_type}, body)

    def _has(self, validators: dict[str, str]) -> bool:
        """Tell whether the client's copy is still good; by RFC 9110 a tag outranks a date."""
        tags = self.headers.get("If-None-Match")
        if tags is not None:
            return validators["ETag"] in (tag.strip().removeprefix("W/") for tag in tags.split(","))
        try:
            since = parsedate_to_datetime(self.headers.get("If-Modified-Since", ""))
        except ValueError:
            return False
        return parsedate_to_datetime(validators["Last-Modified"]) <= since

    def _answer(self, path: str, status: HTTPStatus, headers: dict[str, str], body: bytes = b"") -> None:
        self.server.sample.requests.append(Request(path, status))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status is not HTTPStatus.NOT_MODIFIED:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep quiet: `requests` holds what a test or the demonstration wants to know."""


class _Http(ThreadingHTTPServer):
    """The standard library's server, with a way from a request to the sample."""

    daemon_threads = True

    def __init__(self, port: int, sample: SampleServer) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.sample = sample
