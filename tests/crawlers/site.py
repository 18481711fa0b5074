"""A real HTTP server on this machine whose pages a test sets, and which remembers what it was asked."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from crawlers.records import CrawlReport, CrawlState, Outcome, PageState, Source
from crawlers.sources import load_source

PARAGRAPH = (
    "From the first of March the platform removes links to other shops from its live rooms. "
    "Sellers who still show such links in the shopping cart are asked to take them out by then. "
)


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it came in."""

    path: str
    headers: Mapping[str, str]
    at: float


@dataclass(slots=True)
class Page:
    """What a path answers."""

    body: bytes = b""
    status: int = 200
    content_type: str = "text/html; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)
    etag: bool = True
    delay: float = 0.0


Answer = Page | Callable[[Any], Page | None]


class Site:
    """The server: `site.pages[path] = Page(...)`, or a function of the request handler."""

    def __init__(self) -> None:
        self.pages: dict[str, Answer] = {}
        self.asked: list[Asked] = []
        self.sent = 0
        self._lock = threading.Lock()
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # else a body waits 40 ms for the acknowledgement of its headers

            def do_GET(self) -> None:
                site.answer(self)

            def log_message(self, *arguments: Any) -> None:
                """Say nothing."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 64

            def handle_error(self, *arguments: Any) -> None:
                """A client that hangs up is no error of the test."""

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def answer(self, handler: Any) -> None:
        with self._lock:
            self.asked.append(Asked(handler.path, dict(handler.headers), time.monotonic()))
        page = self.pages.get(handler.path)
        if callable(page):
            page = page(handler)
            if page is None:
                return
        page = page or Page(b"nothing here", 404, etag=False)
        if page.delay:
            time.sleep(page.delay)
        etag = '"' + hashlib.md5(page.body).hexdigest() + '"'  # noqa: S324
        if page.etag and handler.headers.get("If-None-Match") == etag:
            handler.send_response(304)
            handler.send_header("ETag", etag)
            handler.end_headers()
            return
        handler.send_response(page.status)
        handler.send_header("Content-Type", page.content_type)
        handler.send_header("Content-Length", str(len(page.body)))
        if page.etag:
            handler.send_header("ETag", etag)
        for name, value in page.headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(page.body)
        with self._lock:
            self.sent += len(page.body)

    def paths(self) -> list[str]:
        return [asked.path for asked in self.asked]

    def times(self, path: str) -> list[float]:
        return [asked.at for asked in self.asked if asked.path == path]


@contextmanager
def running() -> Iterator[Site]:
    site = Site()
    thread = threading.Thread(target=site.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        site.server.shutdown()
        site.server.server_close()


def article(title: str, text: str = PARAGRAPH * 4, head: str = "") -> bytes:
    page = f"<html><head><title>{title}</title>{head}</head><body><nav>Home News</nav><main><h1>{title}</h1>"
    return f"{page}<p>{text}</p></main><footer>Imprint</footer></body></html>".encode()


def listing(*links: str) -> bytes:
    items = "".join(f'<li><a href="{link}">About {link}</a></li>' for link in links)
    return f"<html><body><h1>Notices</h1><ul class=list>{items}</ul></body></html>".encode()


def declare(
    directory: Path, source_id: str, discovery: str, rest: str = "", politeness: str = "delay = 0"
) -> Source:
    """Write and load the declaration of a local source."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"{source_id}.toml"
    top = f'id = "{source_id}"\nname = "Test"\nkind = "notice"\nplatform = "kuaishou"\nlocal = true\n'
    path.write_text(f"{top}{rest}\n[politeness]\n{politeness}\n[discovery]\n{discovery}\n", encoding="utf-8")
    return load_source(path)


def states(report: CrawlReport, before: CrawlState | None = None) -> CrawlState:
    """Return what the warehouse would give to the next run."""
    known: dict[str, PageState] = dict(before.pages) if before else {}
    known.update({page.url: page.state for page in report.pages if page.state})
    return CrawlState(known)


def outcomes(report: CrawlReport, base: str = "") -> dict[str, Outcome]:
    return {page.url.removeprefix(base): page.outcome for page in report.pages}


def reasons(report: CrawlReport, base: str = "") -> dict[str, str]:
    return {page.url.removeprefix(base): page.reason for page in report.pages if page.reason}
