"""Politeness, proven by what the server was asked and when."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from crawlers.crawl import crawl_source
from crawlers.records import CrawlReport, CrawlState, Discovery, Outcome, Source
from crawlers.settings import Limits, scrapy_settings
from tests.crawlers.site import Page, Site, article, declare, listing, outcomes, reasons, running

pytestmark = pytest.mark.usefixtures("warm_crawls")


def _crawl(source: Source, directory: Path, **limits: Any) -> CrawlReport:
    return crawl_source(source, directory, CrawlState(), run_id="one", limits=Limits(**limits))


def _gaps(times: list[float]) -> list[float]:
    return [later - earlier for earlier, later in pairwise(times)]


def test_robots_crawl_delay_and_declared_delay_are_kept(tmp_path: Path) -> None:
    """One site asks for 0.5 s between requests; another source declares 0.4 s itself."""
    with running() as asks, running() as asks_nothing, ThreadPoolExecutor() as pool:
        links = [f"/n/{number}" for number in range(5)]
        for site in (asks, asks_nothing):
            site.pages |= {link: Page(article(link)) for link in links} | {"/list": Page(listing(*links))}
        asks.pages["/n/4"] = Page(b"", 302, headers={"Location": "/n/3"}, etag=False)
        rules = b"User-agent: *\nDisallow: /n/3\nCrawl-delay: 0.5\nUser-agent: other\nDisallow: /\n"
        asks.pages["/robots.txt"] = Page(rules, content_type="text/plain")
        quick = declare(tmp_path, "quick", f'type = "index"\nurls = ["{asks.url}/list"]')
        slow = declare(
            tmp_path, "slow", f'type = "index"\nurls = ["{asks_nothing.url}/list"]', politeness="delay = 0.4"
        )
        reports = list(pool.map(lambda source: _crawl(source, tmp_path / "archive"), (quick, slow)))
        forbidden = dict.fromkeys(("/n/3", "/n/4"), "forbidden by robots.txt")  # after a redirect too
        assert reasons(reports[0], asks.url) == forbidden
        assert {outcomes(reports[0], asks.url)[path] for path in forbidden} == {Outcome.REFUSED}
        assert asks.paths() == ["/robots.txt", "/list", "/n/0", "/n/1", "/n/2", "/n/4"]
        assert min(_gaps([asked.at for asked in asks.asked][1:])) > 0.45
        assert min(_gaps([asked.at for asked in asks_nothing.asked][1:])) > 0.35


def test_one_connection_at_a_time_and_slower_for_a_slow_server(site: Site, tmp_path: Path) -> None:
    """AutoThrottle waits about as long as the server takes to answer."""
    links = [f"/n/{number}" for number in range(4)]
    busy = {"now": 0, "most": 0}

    def slowly(handler: Any) -> Page:
        busy["now"] += 1
        busy["most"] = max(busy["most"], busy["now"])
        page = Page(article(handler.path), delay=0.5)
        site.pages[handler.path] = page
        site.answer(handler)
        busy["now"] -= 1
        return None  # type: ignore[return-value]

    site.pages |= dict.fromkeys(links, slowly) | {"/list": Page(listing(*links))}
    source = declare(
        tmp_path, "board", f'type = "index"\nurls = ["{site.url}/list"]', politeness="delay = 0.1"
    )
    report = _crawl(source, tmp_path / "archive")
    assert report.count(Outcome.NEW) == 5
    assert busy["most"] == 1
    starts = [times[0] for link in links if (times := site.times(link))]
    assert min(_gaps(starts)[1:]) > 0.5


def test_retry_after_is_honoured_or_ends_the_host(tmp_path: Path) -> None:
    with running() as soon, running() as late, ThreadPoolExecutor() as pool:
        answers = {"left": 1}

        def busy(handler: Any) -> Page:
            if answers["left"]:
                answers["left"] -= 1
                return Page(b"slow down", 429, headers={"Retry-After": "2"}, etag=False)
            return Page(article("Patience"))

        soon.pages |= {"/list": Page(listing("/a", "/b", "/c")), "/a": busy}
        soon.pages |= {link: Page(article(link)) for link in ("/b", "/c")}
        late.pages |= {"/list": Page(listing("/a", "/b", "/c"))}
        late.pages["/a"] = Page(b"tomorrow", 503, headers={"Retry-After": "86400"}, etag=False)
        sources = [
            declare(tmp_path, name, f'type = "index"\nurls = ["{site.url}/list"]')
            for name, site in (("soon", soon), ("late", late))
        ]
        first, second = pool.map(
            lambda source: _crawl(source, tmp_path / "archive", longest_wait=10), sources
        )
        assert first.count(Outcome.NEW) == 4
        asked = [asked for asked in soon.asked if asked.path in "/a/b/c"]
        assert asked[0].path == "/a"
        assert asked[1].at - asked[0].at > 1.9
        assert late.paths() == ["/robots.txt", "/list", "/a"]
        assert outcomes(second, late.url) == {
            "/list": Outcome.NEW, "/a": Outcome.FAILED, "/b": Outcome.DEFERRED, "/c": Outcome.DEFERRED,
        }  # fmt: skip
        assert reasons(second, late.url)["/b"] == "the host asked to wait 86400 s"


PAST = "Tue, 22 Feb 2022 20:00:00 GMT"


@pytest.mark.parametrize(
    ("status", "value", "least", "most"),
    [(429, "7", 7, 7), (503, "{:%a, %d %b %Y %H:%M:%S GMT}", 90, 100), (503, PAST, 0, 0)],
)
@pytest.mark.xdist_group("scrapy")  # which crawls load in processes of their own: here one loads it for this
def test_retry_after_is_seconds_or_a_date(status: int, value: str, least: float, most: float) -> None:
    from scrapy.http import Response

    from crawlers.politeness import asked_wait

    moment = value.format(datetime.now(UTC) + timedelta(seconds=100))
    wait = asked_wait(Response("https://example.org/", status, {"Retry-After": moment}))
    assert wait is not None
    assert least <= wait <= most
    assert asked_wait(Response("https://example.org/", 200, {"Retry-After": moment})) is None
    assert asked_wait(Response("https://example.org/", status, {"Retry-After": "soon"})) is None


def test_nothing_is_fetched_while_robots_txt_is_broken(site: Site, tmp_path: Path) -> None:
    site.pages |= {"/robots.txt": Page(b"oops", 500, etag=False), "/p": Page(article("Page"))}
    source = declare(tmp_path, "fixed", f'type = "pages"\nurls = ["{site.url}/p"]')
    report = _crawl(source, tmp_path / "archive")
    assert set(site.paths()) == {"/robots.txt"}
    assert len(site.paths()) == 3
    assert reasons(report, site.url) == {"/p": "robots.txt cannot be read: HTTP 500"}


@pytest.mark.parametrize("kind", list(Discovery))
def test_settings_are_polite_bounded_and_verified(kind: Discovery) -> None:
    source = Source("s", "S", kind="news", discovery=kind, urls=("https://example.org/",))  # type: ignore[arg-type]
    settings = scrapy_settings(source, Limits(), "")
    assert settings["ROBOTSTXT_OBEY"] is True
    assert settings["AUTOTHROTTLE_ENABLED"] is True
    assert settings["DOWNLOAD_DELAY"] >= 1
    assert settings["CONCURRENT_REQUESTS_PER_DOMAIN"] == 1
    assert settings["DOWNLOAD_VERIFY_CERTIFICATES"] is True
    assert settings["DOWNLOAD_MAXSIZE"] == 20 * 1024 * 1024
    assert settings["DOWNLOAD_TIMEOUT"] == 60
    assert settings["REDIRECT_MAX_TIMES"] == 5
    assert settings["TELNETCONSOLE_ENABLED"] is settings["REMOTE_CONTROL_ENABLED"] is False
    assert settings["LINKPOLICY_LOCAL_HOSTS"] == []
