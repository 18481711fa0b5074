"""How a crawl behaves towards a host: robots.txt, Crawl-delay, Retry-After, and slowing down by itself."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from scrapy import signals
from scrapy.downloadermiddlewares.retry import RetryMiddleware
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.extensions.throttle import AutoThrottle
from scrapy.robotstxt import RobotParser
from scrapy.utils.asyncio import call_later
from twisted.internet.defer import Deferred

from crawlers.errors import HostClosedError, RobotsRefusedError, RobotsUnreadableError
from crawlers.reasons import reason_of
from crawlers.settings import ROBOTS_NAME

_ASKS_TO_WAIT = (429, 503)


class _Unreadable(RobotParser):
    """Stands in the place of the rules of a robots.txt that could not be had."""

    def __init__(self, reason: str) -> None:
        self.reason = reason

    @classmethod
    def from_crawler(cls, crawler: Any, robotstxt_body: bytes) -> _Unreadable:
        """Required by the interface."""
        raise NotImplementedError

    def allowed(self, url: str | bytes, user_agent: str | bytes) -> bool:  # noqa: ARG002
        """Nothing is allowed."""
        return False


class PoliteRobots(RobotsTxtMiddleware):
    """Obey robots.txt; while a server fails to give it, nothing is fetched from there."""

    def process_request_2(self, rp: Any, request: Any) -> None:
        """Let a request pass or refuse it.

        Raises:
            RobotsRefusedError: robots.txt forbids the page.
            RobotsUnreadableError: the server has not given its robots.txt.
        """
        if isinstance(rp, _Unreadable):
            raise RobotsUnreadableError(f"robots.txt cannot be read: {rp.reason}")
        if rp is not None and not rp.allowed(request.url, ROBOTS_NAME):
            raise RobotsRefusedError("forbidden by robots.txt")

    async def _parse_robots(self, response: Any, netloc: str, request: Any) -> None:
        if response.status >= 500 or response.status == 429:
            self._robots_error(RobotsUnreadableError(f"HTTP {response.status}"), netloc)
            return
        if response.status >= 400:
            response = response.replace(body=b"")  # no rules; the body is an error page
        await super()._parse_robots(response, netloc, request)

    def _robots_error(self, exc: Exception, netloc: str) -> None:
        waiting = self._parsers[netloc]
        nothing = self._parsers[netloc] = _Unreadable(reason_of(exc))
        if isinstance(waiting, Deferred):
            waiting.callback(nothing)


class PoliteThrottle(AutoThrottle):
    """AutoThrottle that never goes below a host's Crawl-delay and stops the host's queue on Retry-After.

    The queue is stopped when the response arrives, before Scrapy sends the host's next request.
    """

    def __init__(self, crawler: Any) -> None:
        self.crawl_delay: dict[str, float] = {}
        self._longest_wait = crawler.settings.getfloat("LINKPOLICY_LONGEST_WAIT")
        self._adjusts = crawler.settings.getbool("AUTOTHROTTLE_ENABLED")
        if self._adjusts:
            super().__init__(crawler)
        else:
            self.crawler = crawler
            crawler.signals.connect(self._response_downloaded, signal=signals.response_downloaded)
        crawler.signals.connect(self._robots_parsed, signal=signals.robots_parsed)

    def _robots_parsed(self, robotparser: Any, request: Any) -> None:
        delay = robotparser.rp.crawl_delay(ROBOTS_NAME)
        if delay is None:
            return
        key = self.crawler.engine.downloader.get_slot_key(request)
        self.crawl_delay[key] = float(delay)
        slot = self.crawler.engine.downloader.slots.get(key)
        if slot is not None:
            slot.delay = max(slot.delay, float(delay))

    def _response_downloaded(self, response: Any, request: Any, spider: Any) -> None:
        if self._adjusts:
            super()._response_downloaded(response, request, spider)
        key, slot = self._get_slot(request, spider)
        if key is None or slot is None:
            return
        slot.delay = max(slot.delay, self.crawl_delay.get(key, 0.0))
        wait = asked_wait(response)
        if wait is not None and wait <= self._longest_wait:
            self._stop(slot, wait)

    def _stop(self, slot: Any, wait: float) -> None:
        """Send nothing more to the slot's host for a while; what is queued stays queued."""
        slot.close()
        slot.latercall = call_later(wait, self.crawler.engine.downloader._latercall, slot)  # noqa: SLF001


class PoliteRetry(RetryMiddleware):
    """Retry what failed for a moment; give up on a host that asks for too long a wait."""

    def __init__(self, settings: Any) -> None:
        super().__init__(settings)
        self._longest_wait = settings.getfloat("LINKPOLICY_LONGEST_WAIT")
        self._closed: dict[str, float] = {}

    def process_request(self, request: Any) -> None:
        """Let a request pass unless its host is closed.

        Raises:
            HostClosedError: the host asked for a wait longer than the run may take.
        """
        wait = self._closed.get(_host(request))
        if wait is not None:
            raise HostClosedError(f"the host asked to wait {wait:.0f} s")

    def process_response(self, request: Any, response: Any, spider: Any = None) -> Any:  # noqa: ARG002
        """Return the response, or a request to be sent in its place."""
        wait = asked_wait(response)
        if wait is not None and wait > self._longest_wait:
            self._closed[_host(request)] = wait
            return response
        return super().process_response(request, response)


def _host(request: Any) -> str:
    return str(urlsplit(request.url).netloc)


def asked_wait(response: Any) -> float | None:
    """Return the seconds a server asks to wait (Retry-After of a 429 or 503), None if it does not."""
    if response.status not in _ASKS_TO_WAIT:
        return None
    value = response.headers.get("Retry-After", b"").decode("latin-1").strip()
    if value.isdigit():
        return float(value)
    try:
        until = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError):
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return max(0.0, (until - datetime.now(UTC)).total_seconds())
