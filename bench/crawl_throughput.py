"""Pages per second of our crawl process, archive included, against a bare Scrapy spider; paired runs.

`python bench/crawl_throughput.py [PAGES] [PAIRS]`. Both fetch the same pages from a server on this machine,
with the same concurrency and no delay. The bare spider follows the links of the list and keeps nothing.
The time of start-up is taken off both: what is measured is from the first request to the last answer.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median
from typing import Any

from crawlers.crawl import crawl_source
from crawlers.records import CrawlState, Outcome, Role
from crawlers.sources import load_source

CONCURRENCY = 8

BARE = """
import json, sys, time
from scrapy import Spider, Request
from scrapy.crawler import AsyncCrawlerProcess
got = []
class Bare(Spider):
    name = "bare"
    start_urls = [sys.argv[1]]
    def parse(self, response):
        for link in response.css("a::attr(href)").getall():
            yield response.follow(link, callback=self.page)
    def page(self, response):
        got.append(response.status)
process = AsyncCrawlerProcess({"LOG_ENABLED": False, "CONCURRENT_REQUESTS": %d,
    "CONCURRENT_REQUESTS_PER_DOMAIN": %d, "TELNETCONSOLE_ENABLED": False, "REMOTE_CONTROL_ENABLED": False})
process.crawl(Bare)
process.start()
print(json.dumps(len(got)))
"""


class Server(ThreadingHTTPServer):
    """Serves a list and its pages, about 20 KB each, and notes when it was first and last asked."""

    daemon_threads = True
    request_queue_size = 64


def page(number: int) -> bytes:
    words = " ".join(
        f"word{(number * 7 + index) % 997} links to other shops are removed." for index in range(400)
    )
    head = f"<html><head><title>Page {number}</title></head>"
    return f"{head}<body><h1>{number}</h1><p>{words}</p></body></html>".encode()


def serve(pages: int, times: list[float]) -> Server:
    bodies = {f"/p/{number}": page(number) for number in range(pages)}
    bodies["/list"] = "".join(
        f'<li><a href="/p/{number}">Page {number}</a></li>' for number in range(pages)
    ).encode()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1

        def do_GET(self) -> None:
            body = bodies.get(self.path, b"")
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            times.append(time.perf_counter())

        def log_message(self, *arguments: Any) -> None:
            """Say nothing."""

    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def bare(url: str) -> int:
    code = BARE % (CONCURRENCY, CONCURRENCY)
    done = subprocess.run(
        [sys.executable, "-c", code, f"{url}/list"], capture_output=True, text=True, check=True
    )
    return int(json.loads(done.stdout))


def ours(url: str) -> int:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "bench.toml"
        path.write_text(
            'id = "bench"\nname = "Bench"\nkind = "news"\nlocal = true\n'
            f"[politeness]\ndelay = 0\nconcurrency = {CONCURRENCY}\n[expect]\nmax_items = 10000\n"
            f'[discovery]\ntype = "index"\nurls = ["{url}/list"]\n',
            encoding="utf-8",
        )
        report = crawl_source(load_source(path), Path(directory) / "archive", CrawlState(), run_id="bench")
        return report.count(Outcome.NEW, role=Role.CONTENT)


def cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def measured(crawl: Callable[[str], int], url: str, pages: int, times: list[float]) -> tuple[float, float]:
    """Return pages per second, and processor seconds of the crawl process."""
    times.clear()
    before = cpu()
    got = crawl(url)
    if got != pages:
        raise SystemExit(f"{crawl.__name__} got {got} of {pages} pages")
    return pages / (times[-1] - times[0]), cpu() - before


def main() -> int:
    pages, pairs = (int(argument) for argument in (*sys.argv[1:], "1000", "3")[:2])
    times: list[float] = []
    one, many = serve(1, times), serve(pages, times)
    empty, url = (f"http://127.0.0.1:{server.server_port}" for server in (one, many))
    start = {crawl: measured(crawl, empty, 1, times)[1] for crawl in (bare, ours)}
    ratios = []
    for pair in range(pairs):
        order = (bare, ours) if pair % 2 else (ours, bare)
        found = {crawl: measured(crawl, url, pages, times) for crawl in order}
        ratios.append(found[ours][0] / found[bare][0])
        busy = {crawl: 1000 * (found[crawl][1] - start[crawl]) / pages for crawl in (bare, ours)}
        print(
            f"bare {found[bare][0]:5.0f} pages/s, {busy[bare]:4.2f} ms of processor a page   "
            f"ours {found[ours][0]:5.0f} pages/s, {busy[ours]:4.2f} ms   {ratios[-1]:.0%}"
        )
    print(f"median {median(ratios):.0%}")
    return 0 if median(ratios) >= 0.8 else 1


if __name__ == "__main__":
    sys.exit(main())
