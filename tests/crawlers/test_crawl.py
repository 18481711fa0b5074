"""Whole crawls in their own process, against a real server on this machine."""

from __future__ import annotations

import gzip
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from crawlers.archive import ArchiveWriter, Fetched, digest_of, read_snapshots
from crawlers.crawl import crawl_source
from crawlers.records import CrawlReport, CrawlState, Outcome, Role
from crawlers.settings import Limits
from tests.crawlers.site import Page, Site, article, declare, listing, outcomes, reasons, states

pytestmark = pytest.mark.usefixtures("warm_crawls")
PAGES = int(os.environ.get("LINKPOLICY_TEST_PAGES", "40"))


def test_index_pages_are_followed_and_articles_archived(site: Site, tmp_path: Path) -> None:
    first = listing("/n/1", "/n/2?utm_source=x", "/help").replace(
        b"</body>", b'<a class=next href="/list2">more</a></body>'
    )
    site.pages |= {"/list": Page(first), "/list2": Page(listing("/n/2", "/n/3"))}
    site.pages |= {f"/n/{number}": Page(article(f"Notice {number}")) for number in (1, 2, 3)}
    packed = gzip.compress(article("Notice 2"))
    site.pages["/n/2"] = Page(packed, headers={"Content-Encoding": "gzip"})
    discovery = f'type = "index"\nurls = ["{site.url}/list"]\nlinks = "ul.list a"\nnext_page = "a.next"'
    discovery += '\ninclude = ["/n/"]'
    source = declare(tmp_path, "board", discovery)
    report = crawl_source(
        source, tmp_path / "archive", CrawlState(), run_id="one", contact="https://example.org/us"
    )
    assert report.ended == "finished"
    assert outcomes(report, site.url) == dict.fromkeys(
        ["/list", "/list2", "/n/1", "/n/2", "/n/3"], Outcome.NEW
    )
    assert report.listed == 4
    assert site.paths() == ["/robots.txt", "/list", "/list2", "/n/1", "/n/2", "/n/3"]
    assert site.asked[0].headers["User-Agent"].startswith("linkpolicy/")
    assert "https://example.org/us" in site.asked[0].headers["User-Agent"]
    assert {asked.headers["Accept-Encoding"] for asked in site.asked} == {"gzip"}
    [name] = report.warc_files
    snapshots = list(read_snapshots(tmp_path / "archive" / name))
    assert [snapshot.url.removeprefix(site.url) for snapshot in snapshots] == ["/n/1", "/n/2", "/n/3"]
    assert [snapshot.body for snapshot in snapshots] == [article(f"Notice {number}") for number in (1, 2, 3)]
    sizes = {page.url.removeprefix(site.url): page.size for page in report.pages}
    assert sizes["/n/2"] == len(article("Notice 2")) > len(packed)
    assert snapshots[0].source_id == "board"
    assert snapshots[0].listed_title == "About /n/1"
    assert CrawlReport.from_json(report.to_json()) == report


def test_second_night_sends_conditional_requests_and_stores_no_body(site: Site, tmp_path: Path) -> None:
    """Set LINKPOLICY_TEST_PAGES=500 for a large site."""
    links = [f"/n/{number}" for number in range(PAGES)]
    site.pages |= {link: Page(article(link)) for link in links} | {"/list": Page(listing(*links))}
    day = "Tue, 22 Feb 2022 20:00:00 GMT"

    def dated(handler: Any) -> Page:
        """An older server: it knows no ETag, but when the page was changed."""
        same = handler.headers.get("If-Modified-Since") == day
        body = b"" if same else article("/n/0")
        return Page(body, 304 if same else 200, headers={"Last-Modified": day}, etag=False)

    site.pages["/n/0"] = dated
    source = declare(tmp_path, "board", f'type = "index"\nurls = ["{site.url}/list"]', 'revisit = "always"')
    archive = tmp_path / "archive"
    first = crawl_source(source, archive, CrawlState(), run_id="one")
    sent = site.sent
    second = crawl_source(source, archive, states(first), run_id="two")
    assert second.count(Outcome.UNCHANGED, role=Role.CONTENT) == PAGES
    assert (site.sent - sent) < 0.05 * sent
    assert {page.status for page in second.pages if page.role is Role.CONTENT} == {304}
    assert all(snapshot.revisit for snapshot in read_snapshots(archive / second.warc_files[0]))
    site.pages["/n/7"] = Page(article("/n/7", "Everything is allowed again. " * 20))
    third = crawl_source(source, archive, states(second, states(first)), run_id="three")
    assert outcomes(third, site.url)["/n/7"] is Outcome.CHANGED
    assert third.count(Outcome.NEW, Outcome.CHANGED) == 1


def test_unseen_articles_only_and_notices_when_due(site: Site, tmp_path: Path) -> None:
    site.pages |= {"/list": Page(listing("/n/1")), "/n/1": Page(article("One")), "/n/2": Page(article("Two"))}
    source = declare(tmp_path, "board", f'type = "index"\nurls = ["{site.url}/list"]')
    first = crawl_source(source, tmp_path / "archive", CrawlState(), run_id="one")
    site.asked.clear()
    site.pages["/list"] = Page(listing("/n/2", "/n/1"))
    second = crawl_source(source, tmp_path / "archive", states(first), run_id="two")
    assert site.paths() == ["/robots.txt", "/list", "/n/2"]
    # Seven hours later the first notice is due, although the listing has not changed and names nothing.
    site.asked.clear()
    late = {
        url: type(page)(**{**CrawlState({url: page}).to_dict()[url], **_earlier(page)})
        for url, page in states(second, states(first)).pages.items()
    }
    third = crawl_source(source, tmp_path / "elsewhere", CrawlState(late), run_id="three")
    assert set(site.paths()) == {"/robots.txt", "/list", "/n/1", "/n/2"}
    assert third.count(Outcome.UNCHANGED) == 3
    due = next(page.state for page in third.pages if page.url.endswith("/n/1"))
    assert due is not None
    assert due.next_due is not None
    assert due.last_fetched is not None
    assert due.next_due - due.last_fetched == timedelta(hours=12)


def _earlier(page: object) -> dict[str, object]:
    values = {name: getattr(page, name) for name in ("last_fetched", "last_changed", "next_due")}
    return {name: value - timedelta(hours=7) if value else None for name, value in values.items()}


def test_a_listing_is_not_trusted_until_all_it_names_was_had(site: Site, tmp_path: Path) -> None:
    site.pages |= {"/list": Page(listing("/n/1", "/n/2")), "/n/1": Page(article("One"))}
    site.pages["/n/2"] = Page(b"ill", 500, etag=False)
    source = declare(tmp_path, "board", f'type = "index"\nurls = ["{site.url}/list"]')
    first = crawl_source(source, tmp_path / "archive", CrawlState(), run_id="one")
    assert outcomes(first, site.url)["/n/2"] is Outcome.FAILED
    assert len(site.times("/n/2")) == 3
    site.pages["/n/2"] = Page(article("Two"))
    second = crawl_source(source, tmp_path / "archive", states(first), run_id="two")
    assert outcomes(second, site.url) == {"/list": Outcome.UNCHANGED, "/n/2": Outcome.NEW}


def test_an_article_behind_a_wall_is_asked_for_again_though_its_listing_has_not_changed(
    site: Site, tmp_path: Path
) -> None:
    site.pages |= {"/list": Page(listing("/n/1", "/n/2", "/n/3")), "/n/1": Page(article("One"))}
    site.pages["/n/2"] = Page(b"<title>Access denied</title>", 403, etag=False)
    site.pages["/n/3"] = Page(b"<title>Just a moment...</title>Checking your browser", etag=False)
    source = declare(tmp_path, "board", f'type = "index"\nurls = ["{site.url}/list"]')
    first = crawl_source(source, tmp_path / "archive", CrawlState(), run_id="one")
    assert first.count(Outcome.BLOCKED) == 2
    site.pages |= {"/n/2": Page(article("Two")), "/n/3": Page(article("Three"))}
    second = crawl_source(source, tmp_path / "archive", states(first), run_id="two")
    found = {"/list": Outcome.UNCHANGED, "/n/2": Outcome.NEW, "/n/3": Outcome.NEW}
    assert outcomes(second, site.url) == found
    # All is had now: the listing may be "not modified" again.
    site.asked.clear()
    crawl_source(source, tmp_path / "archive", states(second, states(first)), run_id="three")
    assert "If-None-Match" in next(asked.headers for asked in site.asked if asked.path == "/list")


def test_feed_gives_days_and_titles_to_its_articles(site: Site, tmp_path: Path) -> None:
    item = f"<item><title>Links are back</title><link>{site.url}/a</link>"
    item += "<pubDate>Thu, 27 Oct 2022 20:00:00 GMT</pubDate></item>"
    site.pages["/feed"] = Page(f'<rss version="2.0"><channel><title>x</title>{item}</channel></rss>'.encode())
    site.pages["/a"] = Page(article("Links are back"))
    source = declare(
        tmp_path, "news", f'type = "feed"\nurls = ["{site.url}/feed"]', 'timezone = "Asia/Shanghai"'
    )
    report = crawl_source(source, tmp_path / "archive", CrawlState(), run_id="one")
    [snapshot] = read_snapshots(tmp_path / "archive" / report.warc_files[0])
    assert (snapshot.listed_title, str(snapshot.listed)) == ("Links are back", "2022-10-28")


def test_sitemap_index_and_json_listing_lead_to_their_articles(site: Site, tmp_path: Path) -> None:
    """A sitemap index names a packed news sitemap; a JSON listing has two pages."""
    frame = '<{0} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{1}</{0}>'
    index = frame.format("sitemapindex", "<sitemap><loc>/news.xml.gz</loc></sitemap>")
    news = f"""<url><loc>{site.url}/a</loc><n:news xmlns:n="http://www.google.com/schemas/sitemap-news/0.9">
    <n:publication_date>2022-10-27T20:00:00Z</n:publication_date><n:title>Links are back</n:title>
    </n:news></url>"""
    site.pages |= {"/sitemap.xml": Page(index.encode()), "/a": Page(article("Links are back"))}
    packed = gzip.compress(frame.format("urlset", news).encode())
    site.pages["/news.xml.gz"] = Page(packed, content_type="application/gzip")
    site.pages["/api"] = Page(b'{"data": {"next": "/api?p=2", "list": [{"id": 1, "href": "/b"}]}}')
    site.pages["/api?p=2"] = Page(b'{"data": {"list": [{"id": 2, "href": "/c", "at": 1645560000}]}}')
    site.pages |= {"/b": Page(article("B")), "/c": Page(article("C"))}
    zone = 'timezone = "Asia/Shanghai"'
    sitemap = declare(tmp_path, "news", f'type = "sitemap"\nurls = ["{site.url}/sitemap.xml"]', zone)
    paths = 'items = "data.list"\nitem_url = "href"\nitem_published = "at"\nnext_page = "data.next"'
    api = declare(tmp_path, "api", f'type = "api"\nurls = ["{site.url}/api"]\n{paths}', zone)
    with ThreadPoolExecutor() as pool:
        one, two = pool.map(
            lambda source: crawl_source(source, tmp_path / "archive", CrawlState(), run_id="one"),
            (sitemap, api),
        )
    assert outcomes(one, site.url) == dict.fromkeys(["/sitemap.xml", "/news.xml.gz", "/a"], Outcome.NEW)
    assert outcomes(two, site.url) == dict.fromkeys(["/api", "/api?p=2", "/b", "/c"], Outcome.NEW)
    [snapshot] = read_snapshots(tmp_path / "archive" / one.warc_files[0])
    assert (snapshot.listed_title, str(snapshot.listed)) == ("Links are back", "2022-10-28")
    listed = [snapshot.listed for snapshot in read_snapshots(tmp_path / "archive" / two.warc_files[0])]
    assert listed == [None, date(2022, 2, 23)]


def test_page_limits_leave_the_rest_for_the_next_run(site: Site, tmp_path: Path) -> None:
    links = [f"/n/{number}" for number in range(5)]
    site.pages |= {link: Page(article(link)) for link in links} | {"/list": Page(listing(*links))}
    source = declare(
        tmp_path, "board", f'type = "index"\nurls = ["{site.url}/list"]\n[expect]\nmax_items = 3'
    )
    first = crawl_source(source, tmp_path / "archive", CrawlState(), run_id="one")
    second = crawl_source(source, tmp_path / "archive", states(first), run_id="two")
    assert (first.left_out, second.left_out) == (2, 0)
    assert outcomes(second, site.url) == {
        "/list": Outcome.UNCHANGED,
        "/n/3": Outcome.NEW,
        "/n/4": Outcome.NEW,
    }


def test_faults_are_named_for_their_page_and_stop_nothing(site: Site, tmp_path: Path) -> None:
    site.pages["/list"] = Page(
        listing("/gone", "/denied", "/wall", "/ok", "http://10.0.0.1/x", "http://localhost:9/y")
    )
    site.pages["/denied"] = Page(b"no", 403, etag=False)
    site.pages["/wall"] = Page(
        b"<html><title>Just a moment...</title><body>Checking your browser</body></html>"
    )
    site.pages["/ok"] = Page(article("Fine"))
    source = declare(tmp_path, "board", f'type = "index"\nurls = ["{site.url}/list"]\nlinks = "a"')
    report = crawl_source(source, tmp_path / "archive", CrawlState(), run_id="one")
    assert outcomes(report, site.url) == {
        "/list": Outcome.NEW,
        "/gone": Outcome.GONE,
        "/denied": Outcome.BLOCKED,
        "/wall": Outcome.BLOCKED,
        "/ok": Outcome.NEW,
        "http://10.0.0.1/x": Outcome.REFUSED,
        "http://localhost:9/y": Outcome.REFUSED,
    }
    assert reasons(report, site.url)["/wall"].startswith("challenge: ")
    assert reasons(report)["http://10.0.0.1/x"] == "private address: 10.0.0.1:80"


def test_unreachable_and_wrong_listings_are_reported(site: Site, tmp_path: Path) -> None:
    site.pages["/feed"] = Page(article("This is no feed"))
    source = declare(tmp_path, "news", f'type = "feed"\nurls = ["{site.url}/feed"]')
    report = crawl_source(source, tmp_path / "archive", CrawlState(), run_id="one")
    assert reasons(report, site.url) == {"/feed": "the page is no RSS, Atom or JSON feed"}
    site.pages["/feed"] = Page(b"", content_type="application/rss+xml")
    report = crawl_source(source, tmp_path / "archive", CrawlState(), run_id="two")
    assert reasons(report, site.url) == {"/feed": "the page is no RSS, Atom or JSON feed"}
    source = declare(tmp_path, "away", 'type = "feed"\nurls = ["http://127.0.0.1:9/feed"]')
    report = crawl_source(source, tmp_path / "archive", CrawlState(), run_id="one")
    assert report.ended == "finished"
    assert [page.outcome for page in report.pages] == [Outcome.FAILED]
    assert "refused" in report.pages[0].reason


def test_time_limit_closes_the_crawl_in_good_order(site: Site, tmp_path: Path) -> None:
    links = [f"/n/{number}" for number in range(50)]
    site.pages |= {link: Page(article(link), delay=0.2) for link in links} | {"/list": Page(listing(*links))}
    source = declare(tmp_path, "slow", f'type = "index"\nurls = ["{site.url}/list"]')
    report = crawl_source(source, tmp_path / "archive", CrawlState(), run_id="one", limits=Limits(seconds=2))
    assert report.ended == "time limit"
    assert 1 <= report.count(Outcome.NEW, role=Role.CONTENT) < 50
    stored = list(read_snapshots(tmp_path / "archive" / report.warc_files[0]))
    assert len(stored) == report.count(Outcome.NEW, role=Role.CONTENT)
    assert report.left_out == 50 - len(stored)
    assert (
        next(page.state.etag for page in report.pages if page.role is Role.DISCOVERY and page.state) is None
    )


def test_files_are_a_source_too(tmp_path: Path) -> None:
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox" / "one.html").write_bytes(article("By hand"))
    (tmp_path / "inbox" / "picture.png").write_bytes(b"\x89PNG")
    source = declare(tmp_path, "inbox", 'type = "files"\nurls = ["inbox"]')
    first = crawl_source(source, tmp_path / "archive", CrawlState(), run_id="one")
    second = crawl_source(source, tmp_path / "archive", states(first), run_id="two")
    assert [first.count(Outcome.NEW), second.count(Outcome.NEW)] == [1, 0]
    [snapshot] = read_snapshots(tmp_path / "archive" / first.warc_files[0])
    assert snapshot.body == article("By hand")


def test_warc_files_are_a_source_too(tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    captured = datetime(2022, 3, 1, 12)  # noqa: DTZ001
    writer = ArchiveWriter(inbox / "theirs.warc.gz", {"software": "another crawler"})
    urls = [f"https://example.org/n/{number}" for number in range(3)]
    for url in (*urls, "https://example.org/elsewhere", "https://example.org/n/picture"):
        kind = "image/png" if url.endswith("picture") else "text/html"
        page = Fetched(url, url, Role.CONTENT, captured, 200, [("Content-Type", kind)])
        writer.response(page, article(url), digest_of(article(url)))
    writer.close()
    (inbox / "broken.warc.gz").write_bytes(b"no archive")
    discovery = 'type = "files"\nurls = ["inbox"]\ninclude = ["/n/"]\n[expect]\nmax_items = 2'
    source = declare(tmp_path, "inbox", discovery)
    first = crawl_source(source, tmp_path / "archive", CrawlState(), run_id="one")
    broken = (inbox / "broken.warc.gz").as_uri()
    found = {urls[0]: Outcome.NEW, urls[1]: Outcome.NEW}
    assert outcomes(first) == {broken: Outcome.FAILED, **found}
    assert (reasons(first)[broken], first.listed, first.left_out) == ("is no WARC file", 3, 1)
    pages = list(read_snapshots(tmp_path / "archive" / first.warc_files[0]))
    assert [(page.url, page.fetched_at, page.body) for page in pages] == [
        (url, captured, article(url)) for url in urls[:2]
    ]
    second = crawl_source(source, tmp_path / "archive", states(first), run_id="two")
    assert [second.count(Outcome.NEW, Outcome.CHANGED), second.count(Outcome.UNCHANGED)] == [1, 2]
    assert second.left_out == 0


def test_a_wall_in_the_place_of_a_known_page_changes_nothing(site: Site, tmp_path: Path) -> None:
    site.pages["/p"] = Page(article("Rules"))
    source = declare(tmp_path, "fixed", f'type = "pages"\nurls = ["{site.url}/p"]')
    first = crawl_source(source, tmp_path / "archive", CrawlState(), run_id="one")
    site.pages["/p"] = Page(b"<html><title>Just a moment...</title><body>Checking your browser</body></html>")
    second = crawl_source(source, tmp_path / "archive", states(first), run_id="two")
    site.pages["/p"] = Page(article("Rules"))
    third = crawl_source(source, tmp_path / "archive", states(second, states(first)), run_id="three")
    reports = (first, second, third)
    assert [report.pages[0].outcome for report in reports] == [
        Outcome.NEW,
        Outcome.BLOCKED,
        Outcome.UNCHANGED,
    ]
    assert "If-None-Match" not in site.asked[-1].headers
