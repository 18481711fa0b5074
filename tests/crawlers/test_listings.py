"""Listings of every kind give links, days and titles; what is none says so."""

from __future__ import annotations

import gzip
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawlers.feeds import read_api, read_feed, read_sitemap
from crawlers.links import Link, Listing, NotAListingError, clean_url, read_index
from crawlers.records import Discovery, Source
from extract.records import Kind

BASE = "https://example.org/list"
SOURCE = Source("s", "S", Kind.NEWS, Discovery.INDEX, (BASE,), timezone="Asia/Shanghai")
SITEMAP = '<?xml version="1.0"?><{0} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{1}</{0}>'


def test_index_keeps_pages_of_the_site_once() -> None:
    html = """<base href="/de/"><a href="n/1#top"> One <b>more</b></a><a href="/de/n/1?utm_source=x"></a>
    <a href="https://other.org/2">Other</a><a href="pic.jpg">P</a><a href="mailto:a@b.c">M</a>
    <a href="javascript:x()">J</a><a href="http://[broken/">B</a><a href="https://me:secret@example.org/">S</a>
    <a href="?page=2">next</a>"""
    links = read_index(html.encode(), BASE, "text/html", SOURCE).links
    assert links == (
        Link("https://example.org/de/n/1", title="One more"),
        Link("https://example.org/de/?page=2", title="next"),
    )


def test_index_by_selector_reaches_other_hosts_and_must_match() -> None:
    source = replace(SOURCE, links="ul", next_page=".next", exclude=("/old/",))
    html = (
        '<ul><li><a href="//m.example.org/1">A</a><a href="/old/2">B</a></ul><a class=next href="/list?p=2">'
    )
    listing = read_index(html.encode(), BASE, "text/html", source)
    assert [link.url for link in listing.links] == ["https://m.example.org/1"]
    assert listing.more == ("https://example.org/list?p=2",)
    with pytest.raises(NotAListingError, match=r"'ul' \(discovery.links\) matches no link"):
        read_index(b"<p>redesigned</p>", BASE, "text/html", source)


def test_feeds_of_three_kinds() -> None:
    rss = b"""<rss version="2.0"><channel><item><title>A &amp; B</title><link>/a</link>
    <pubDate>Tue, 22 Feb 2022 20:00:00 GMT</pubDate></item><item><title>no link</title></item>
    </channel></rss>"""
    atom = b"""<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>A &amp; B</title>
    <link href="https://example.org/a"/><published>2022-02-23T04:00:00+08:00</published></entry></feed>"""
    json_feed = b"""{"version": "https://jsonfeed.org/version/1.1", "next_url": "/feed2", "items": [
    {"id": "1", "url": "https://example.org/a", "title": "A & B", "date_published": "2022-02-22T20:00:00Z"},
    {"id": "2"}]}"""
    for body in (rss, atom, json_feed):
        assert read_feed(body, BASE, SOURCE).links == (
            Link("https://example.org/a", date(2022, 2, 23), "A & B"),
        )
    assert read_feed(json_feed, BASE, SOURCE).more == ("https://example.org/feed2",)
    cut = b"<rss version='2.0'><channel><title>x</tit"
    for wrong in (b"<html><body>no feed</body></html>", b'{"error": 1}', b"{", b"", cut):
        with pytest.raises(NotAListingError):
            read_feed(wrong, BASE, SOURCE)


def test_a_feed_without_entries_is_one() -> None:
    empty = b"<rss version='2.0'><channel><title>x</title></channel></rss>"
    assert read_feed(empty, BASE, SOURCE).links == ()


def test_sitemaps_newest_first_with_news_dates_gzip_and_index() -> None:
    urls = "".join(
        f"<url><loc>https://example.org/{name}</loc><lastmod>{day}</lastmod></url>"
        for name, day in (("old", "2020-01-01"), ("new", "2022-01-01T00:00:00Z"))
    )
    news = """<url><loc>https://example.org/news</loc>
    <n:news xmlns:n="http://www.google.com/schemas/sitemap-news/0.9">
    <n:publication_date>2022-02-22T20:00:00Z</n:publication_date><n:title>Links are back</n:title>
    </n:news></url>"""
    body = SITEMAP.format("urlset", urls + news).encode()
    for form in (body, gzip.compress(body)):
        links = read_sitemap(form, BASE, SOURCE).links
        assert [link.url.rpartition("/")[2] for link in links] == ["news", "new", "old"]
        assert links[0] == Link("https://example.org/news", date(2022, 2, 23), "Links are back")
        assert links[1].listed is None
    index = SITEMAP.format("sitemapindex", "<sitemap><loc>/s1.xml.gz</loc></sitemap>").encode()
    assert read_sitemap(index, BASE, SOURCE).more == ("https://example.org/s1.xml.gz",)
    assert len(read_sitemap(b"https://example.org/a\nhttps://example.org/b\n", BASE, SOURCE).links) == 2
    entity = (
        b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><urlset><url><loc>&e;</loc></url></urlset>'
    )
    assert read_sitemap(entity, BASE, SOURCE).links == ()
    for wrong in (b"<html></html>", b"", b"\x1f\x8bbroken", gzip.compress(bytes(60_000_000))):
        with pytest.raises(NotAListingError):
            read_sitemap(wrong, BASE, SOURCE)


def test_sitemaps_with_pictures_and_videos_name_the_pages() -> None:
    media = """<image:image><image:loc>https://cdn.example.net/i?id=3</image:loc>
    <image:title>A picture</image:title></image:image><video:video>
    <video:title>A film</video:title><video:publication_date>2020-01-01</video:publication_date>
    </video:video>"""
    news = "<news:news><news:publication_date>2022-02-22</news:publication_date><news:title>N</news:title>"
    spaces = " ".join(
        f'xmlns:{name}="http://www.google.com/schemas/sitemap-{name}/{version}"'
        for name, version in (("image", "1.1"), ("video", "1.1"), ("news", "0.9"))
    )
    one = f"<url><loc>/a</loc><lastmod>2022-01-01</lastmod>{media}</url>"
    for two in (f"{media}{news}</news:news>", f"{news}</news:news>{media}"):
        urls = f"{one}<url>{two}<loc>/b</loc></url>"
        body = SITEMAP.format("urlset", urls).replace("<urlset", f"<urlset {spaces}").encode()
        assert read_sitemap(body, BASE, SOURCE).links == (
            Link("https://example.org/b", date(2022, 2, 22), "N"),
            Link("https://example.org/a"),
        )


RSS = (
    '<rss version="2.0"><channel><item><link>/a</link><pubDate>{}</pubDate></item>'
    "<item><link>/b</link></item></channel></rss>"
)


@pytest.mark.parametrize(
    ("text", "zone", "day"),
    [
        ("2022-03-01 20:00:00", "Asia/Shanghai", "2022-03-01"),
        ("2022-03-01T20:00:00", "Asia/Shanghai", "2022-03-01"),
        ("2022-03-01 02:00:00", "America/New_York", "2022-03-01"),
        ("Tue, 01 Mar 2022 20:00:00", "Asia/Shanghai", "2022-03-01"),
        ("Tue Mar  1 20:00:00 2022", "Asia/Shanghai", "2022-03-01"),
        ("2022年3月1日 20:00", "Asia/Shanghai", "2022-03-01"),
        ("2022-03-01", "America/New_York", "2022-03-01"),
        ("Tue, 01 Mar 2022", "America/New_York", "2022-03-01"),
        ("2022-03-01T20:00:00Z", "Asia/Shanghai", "2022-03-02"),
        ("2022-03-01 20:00:00 UTC", "Asia/Shanghai", "2022-03-02"),
        ("2022-03-01T20:00:00.000-0500", "Asia/Shanghai", "2022-03-02"),
        ("2022-03-02T04:00:00+08", "Asia/Shanghai", "2022-03-02"),
        ("Tue, 01 Mar 2022 20:00:00 -0000", "Asia/Shanghai", "2022-03-02"),
        ("Tue, 01 Mar 2022 20:00 EST", "America/New_York", "2022-03-01"),
        ("Tue, 01 Mar 2022 20:00:00 +0000 (UTC)", "Asia/Shanghai", "2022-03-02"),
        ("9999-12-31T23:59:59Z", "Asia/Shanghai", None),
        ("0001-01-01T00:00:00Z", "America/Los_Angeles", None),
        ("1 Jan 99999999999 00:00:00 +0000", "UTC", None),
        ("yesterday", "UTC", None),
    ],
)
def test_dates_of_feeds_without_an_offset_are_the_sources(text: str, zone: str, day: str | None) -> None:
    links = read_feed(RSS.format(text).encode(), BASE, replace(SOURCE, timezone=zone)).links
    assert [link.url for link in links] == ["https://example.org/a", "https://example.org/b"]
    assert links[0].listed == (date.fromisoformat(day) if day else None)


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("9999-12-31T23:59:59Z", "Asia/Shanghai"),
        ("0001-01-01T00:00:00Z", "America/Los_Angeles"),
        ("1 Jan 99999999999 00:00:00 +0000", "UTC"),
    ],
)
def test_a_silly_date_costs_no_listing(text: str, zone: str) -> None:
    source = replace(SOURCE, timezone=zone, items="items", item_url="url", item_published="date_published")
    urls = f"<url><loc>/a</loc><lastmod>{text}</lastmod></url><url><loc>/b</loc></url>"
    items = f'{{"items": [{{"url": "/a", "date_published": "{text}"}}, {{"url": "/b"}}]}}'.encode()
    huge = items.replace(f'"{text}"'.encode(), b"9" * 400)
    links = (Link("https://example.org/a"), Link("https://example.org/b"))
    assert read_sitemap(SITEMAP.format("urlset", urls).encode(), BASE, source).links == links
    assert read_feed(items, BASE, source).links == links
    assert read_api(items, BASE, source).links == links
    assert read_api(huge, BASE, source).links == links


@pytest.mark.parametrize("before", ["\ufeff", "\ufeff\ufeff", "\ufeff\n", "\n \ufeff"])
def test_a_byte_order_mark_makes_no_listing_unreadable(before: str) -> None:
    links = (Link("https://example.org/a"),)
    feed = f'{before}{{"items": [{{"url": "/a"}}]}}'.encode()
    lines = f"{before}https://example.org/a\n".encode()
    xml = (before + SITEMAP.format("urlset", "<url><loc>/a</loc></url>")).encode()
    assert read_feed(feed, BASE, SOURCE).links == links
    for form in (lines, xml, gzip.compress(lines)):
        assert read_sitemap(form, BASE, SOURCE).links == links


@pytest.mark.parametrize("link", ["http://[x", "http://example.org:99999/", "http://", "javascript:more()"])
def test_links_that_lead_nowhere_are_left_out_and_cost_nothing(link: str) -> None:
    source = replace(SOURCE, items="items", item_url="url", next_page="next_url")
    items = f'{{"next_url": "{link}", "items": [{{"url": "{link}"}}, {{"url": "/a"}}]}}'.encode()
    index = SITEMAP.format(
        "sitemapindex", f"<sitemap><loc>{link}</loc></sitemap><sitemap><loc>/s.xml</loc></sitemap>"
    )
    page = f'<a href="{link}" class=next>more</a><a href="/a"></a>'
    assert read_feed(items, BASE, SOURCE) == Listing((Link("https://example.org/a"),))
    assert read_api(items, BASE, source) == Listing((Link("https://example.org/a"),))
    assert read_sitemap(index.encode(), BASE, SOURCE).more == ("https://example.org/s.xml",)
    for html in (page, f'<base href="{link}">{page}'):
        listing = read_index(html.encode(), BASE, "text/html", replace(SOURCE, next_page=".next"))
        assert listing.more == ()
    assert read_index(page.encode(), BASE, "text/html", SOURCE).links == (Link("https://example.org/a"),)


def test_json_listings_by_declared_paths() -> None:
    source = replace(
        SOURCE,
        discovery=Discovery.API,
        items="data.list",
        item_url="link.href",
        item_title="title",
        item_published="time",
        next_page="data.next",
    )
    body = b"""{"data": {"next": "/api?p=2", "list": [
    {"link": {"href": "/a"}, "title": "A", "time": 1645560000000},
    {"link": {"href": "/b"}, "title": null, "time": "2022-02-23 10:00"}, {"link": null}]}}"""
    listing = read_api(body, BASE, source)
    days = date(2022, 2, 23)
    assert listing.links == (
        Link("https://example.org/a", days, "A"),
        Link("https://example.org/b", days, ""),
    )
    assert listing.more == ("https://example.org/api?p=2",)
    with pytest.raises(NotAListingError, match=r"'data.list' .* leads to no list"):
        read_api(b'{"data": []}', BASE, source)
    with pytest.raises(NotAListingError, match="leads to no URL"):
        read_api(b'{"data": {"list": [{"url": "/a"}]}}', BASE, source)


@given(st.binary(max_size=200))
@settings(deadline=None, max_examples=100)
def test_any_bytes_are_a_listing_or_say_that_they_are_none(body: bytes) -> None:
    for read in (read_feed, read_sitemap):
        try:
            read(body, BASE, SOURCE)
        except NotAListingError as error:
            assert str(error)
    read_index(body + b"<p>", BASE, "text/html", SOURCE)


@given(st.text(max_size=60))
@settings(deadline=None)
def test_cleaning_a_url_twice_changes_nothing_more(path: str) -> None:
    try:
        once = clean_url(f"https://Example.org/{path}?utm_source=a&b=1#x")
    except ValueError:
        return
    assert clean_url(once) == once
    assert "#" not in once
