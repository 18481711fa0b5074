"""Let Chromium run the scripts of a page that has been fetched, and take what it shows for the page.

The page itself comes as any other: by Scrapy, with robots.txt, delays, size and redirects bounded, private
addresses refused. What its scripts ask for takes the same way, as often as `_PARTS` times, without the delay
between two pages; pictures, fonts and frames are not fetched, style sheets are empty, nothing is posted.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from time import monotonic
from typing import Any

from scrapy import Request
from scrapy.exceptions import IgnoreRequest
from scrapy.utils.misc import load_object

from crawlers.chromium import PARTS
from crawlers.errors import BodyRefusedError, NotRenderedError

_PARTS = 60
_CLOSING = 5.0  # seconds for closing a page
_FETCHED = ("document", "script", "xhr", "fetch")
_SENT = ("accept", "origin", "referer", "x-requested-with")
_DROPPED = ("content-encoding", "content-length", "transfer-encoding", "set-cookie")


class Rendering:
    """Replace the body of each HTML page by what Chromium makes of it, when all else has been done to it."""

    def __init__(self, crawler: Any) -> None:
        self._crawler = crawler
        self._seconds = crawler.settings.getfloat("DOWNLOAD_TIMEOUT")
        self._bytes = crawler.settings.getint("DOWNLOAD_MAXSIZE")
        self._method = load_object("scrapy_playwright.page.PageMethod")
        self._context = crawler.settings.getdict("LINKPOLICY_CONTEXT")

    @classmethod
    def from_crawler(cls, crawler: Any) -> Rendering:
        """Make the middleware of a crawl."""
        return cls(crawler)

    async def process_response(self, request: Any, response: Any) -> Any:
        """Return the response, rendered if it is a page of the source.

        Raises:
            NotRenderedError: Chromium cannot be started, or does not come to an end with the page.
            BodyRefusedError: the page grows larger than a page may be.
        """
        html = (
            response.headers.get("Content-Type", b"").lower().startswith((b"text/html", b"application/xhtml"))
        )
        if "role" not in request.meta or response.status != 200 or not html:
            return response
        rendered = await self._rendered(_Visit(self._crawler, response, self._seconds / 2, self._bytes))
        body = rendered.text.encode("utf-8", "replace")
        if len(body) > self._bytes:
            raise BodyRefusedError(f"larger than {self._bytes} bytes after rendering")
        page = response.replace(
            body=body, url=rendered.url, encoding="utf-8", flags=[*response.flags, "rendered"]
        )
        page.headers["Content-Type"] = "text/html; charset=utf-8"
        return page

    async def _rendered(self, visit: _Visit) -> Any:
        meta = {
            "playwright": True,
            "playwright_context_kwargs": self._context,
            "playwright_page_init_callback": visit.begin,
            "playwright_page_methods": [self._method(visit.settle)],
        }
        handlers = self._crawler.engine.downloader.handlers
        try:
            async with asyncio.timeout(self._seconds + _CLOSING):
                return await handlers.download_request_async(Request(visit.page.url, meta=meta))
        except TimeoutError:
            raise NotRenderedError("the page does not come to an end in Chromium") from None
        except Exception as error:  # noqa: BLE001 (Playwright's errors: it may not be there to import)
            line = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise NotRenderedError(f"cannot be rendered: {line}") from None
        finally:
            await visit.end()


class _Visit:
    """One page in the browser: what it asks for is fetched here, or refused."""

    def __init__(self, crawler: Any, page: Any, seconds: float, size: int) -> None:
        self.page = page
        self._crawler = crawler
        self._until = monotonic() + seconds  # then it has what it has
        self._bytes_left = size
        self._parts_left = _PARTS
        self._tab: Any = None
        self._shown = False

    async def begin(self, tab: Any, request: Any) -> None:  # noqa: ARG002 (scrapy-playwright's signature)
        """Stand between the page and the network."""
        self._tab = tab
        await tab.route("**/*", self._answer)

    async def settle(self, tab: Any) -> None:
        """Wait until the page asks for nothing any more, or has had its time."""
        with suppress(Exception):  # a page that never rests is taken as it is
            left = max(self._until - monotonic(), 0.1)
            await tab.wait_for_load_state("networkidle", timeout=1000 * left)

    async def end(self) -> None:
        """Close the page if it still is open."""
        if self._tab is not None and not self._tab.is_closed():
            with suppress(Exception):
                async with asyncio.timeout(_CLOSING):
                    await self._tab.close()

    async def _answer(self, route: Any) -> None:
        """Give the browser what it asks for, or an error."""
        with suppress(Exception):  # a page that has been closed meanwhile
            answer = await self._fetched(route.request)
            if answer is None:
                await route.abort()
            else:
                await route.fulfill(**answer)

    async def _fetched(self, asked: Any) -> dict[str, Any] | None:
        main = asked.is_navigation_request() and asked.frame == self._tab.main_frame
        if main and not self._shown:
            self._shown = True
            return _answer(self.page)
        if asked.resource_type == "stylesheet":
            return {"status": 200, "content_type": "text/css", "body": ""}
        wanted = (
            asked.method == "GET"
            and asked.resource_type in _FETCHED
            and (main or not asked.is_navigation_request())
        )
        if not wanted or self._parts_left <= 0 or self._bytes_left <= 0 or monotonic() > self._until:
            return None
        self._parts_left -= 1
        headers = {name: value for name, value in asked.headers.items() if name in _SENT}
        meta = {"download_slot": PARTS, "autothrottle_dont_adjust_delay": True, "dont_retry": True}
        try:
            part = await self._crawler.engine.download_async(Request(asked.url, headers=headers, meta=meta))
        except IgnoreRequest:
            return None
        self._bytes_left -= len(part.body)
        return _answer(part)


def _answer(response: Any) -> dict[str, Any]:
    headers = {
        name.decode("latin-1").lower(): b", ".join(values).decode("latin-1")
        for name, values in response.headers.items()
    }
    kept = {name: value for name, value in headers.items() if name not in _DROPPED}
    return {"status": response.status, "headers": kept, "body": response.body}
