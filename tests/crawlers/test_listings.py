"""Listings of every kind give links, days and titles; what is none says so."""

from __future__ import annotations

import gzip
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawlers.feeds import read_api, read_feed, read_sitemap
from crawlers.links import Link, NotAListingError, clean_url, read_index
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
    for wrong in (b"<html><body>no feed</body></html>", b'{"error": 1}', b"{", b""):
        with pytest.raises(NotAListingError):
            read_feed(wrong, BASE, SOURCE)


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
