"""Machine-readable listings: RSS, Atom, JSON Feed, sitemaps and JSON APIs, as `links.Listing`s."""

from __future__ import annotations

import codecs
import io
import json
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any
from xml.sax import SAXException
from zoneinfo import ZoneInfo

from lxml import etree

from crawlers.links import Link, Listing, NotAListingError, chosen, further, joined
from crawlers.packed import PackedError, gunzipped
from crawlers.pagedates import parse_day
from crawlers.records import Source

MAX_UNPACKED = 50 * 1024 * 1024  # bytes; the limit that the sitemap protocol itself sets
_BEFORE = codecs.BOM_UTF8 + b" \t\r\n\v\f"  # bytes that may stand before a listing and say nothing
_NEWS = "sitemap-news"  # in the namespace of a news sitemap, whatever its version


def read_feed(body: bytes, url: str, source: Source) -> Listing:
    """Read an RSS, Atom or JSON feed.

    Raises:
        NotAListingError: the bytes are no feed.
    """
    start = body.lstrip(_BEFORE)
    if start[:1] == b"{":
        return _json_feed(start, url, source)
    import feedparser  # noqa: PLC0415 (31 modules that only feeds need)

    feed = feedparser.parse(io.BytesIO(body), sanitize_html=False, resolve_relative_uris=False)
    if not feed.get("version") and not feed.entries:
        raise NotAListingError("the page is no RSS, Atom or JSON feed")
    if not feed.entries and isinstance(feed.get("bozo_exception"), SAXException):
        raise NotAListingError("the feed breaks off before its first entry, or is no well-formed XML")
    links = [
        Link(joined(url, entry.link), _entry_day(entry, source.timezone), entry.get("title", ""))
        for entry in feed.entries
        if entry.get("link")
    ]
    return Listing(chosen(links, source))


def _entry_day(entry: Any, zone: str) -> date | None:
    keys = (key for key in ("published", "updated") if key in entry)
    days = (_feed_day(entry[key] or "", entry.get(f"{key}_parsed"), zone) for key in keys)
    return next((day for day in days if day is not None), None)


def _feed_day(text: str, moment: Any, zone: str) -> date | None:
    """Return the day of a feed's date; without an offset it is meant in the zone of the source.

    feedparser takes such a date for UTC: of what it made of the text, only the day is used, and only where
    the form is an odd one. The first year and the last are no one's.
    """
    day = parse_day(text, zone)
    if day is not None or moment is None or not date.min.year < moment.tm_year < date.max.year:
        return day
    return date(moment.tm_year, moment.tm_mon, moment.tm_mday)


def _json_feed(body: bytes, url: str, source: Source) -> Listing:
    data = _json(body)
    items = data.get("items") if isinstance(data, dict) else None
    if not isinstance(items, list):
        raise NotAListingError("the page is JSON, but no JSON Feed (no list of items)")
    links = []
    for item in items:
        link = _string(item, "url") or _string(item, "external_url")
        if link:
            day = parse_day(_string(item, "date_published"), source.timezone)
            links.append(Link(joined(url, link), day, _string(item, "title")))
    following = _string(data, "next_url")
    return Listing(chosen(links, source), further([joined(url, following)] if following else []))


def read_api(body: bytes, url: str, source: Source) -> Listing:
    """Read a JSON listing by the paths that the source declares.

    Raises:
        NotAListingError: the bytes are no JSON, or the path to the items leads nowhere.
    """
    data = _json(body)
    items = _at(data, source.items or "")
    if not isinstance(items, list):
        raise NotAListingError(f"the path {source.items!r} (discovery.items) leads to no list")
    links = []
    for item in items:
        link = _at(item, source.item_url or "")
        if isinstance(link, str) and link:
            day = _api_day(_at(item, source.item_published or ""), source.timezone)
            title = _at(item, source.item_title or "")
            links.append(Link(joined(url, link), day, title if isinstance(title, str) else ""))
    if items and not links:
        raise NotAListingError(f"the path {source.item_url!r} (discovery.item_url) leads to no URL")
    following = _at(data, source.next_page or "")
    more = [joined(url, following)] if isinstance(following, str) and following else []
    return Listing(chosen(links, source), further(more))


def _api_day(value: Any, zone: str) -> date | None:
    """Read a date text, or seconds or milliseconds since 1970."""
    if isinstance(value, str):
        return parse_day(value, zone)
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return None
    try:
        seconds = value / 1000 if value > 1e11 else value
        return datetime.fromtimestamp(seconds, ZoneInfo(zone)).date()
    except (ValueError, OverflowError, OSError):
        return None


def read_sitemap(body: bytes, url: str, source: Source) -> Listing:
    """Read a sitemap, a news sitemap or a sitemap index, gzip-compressed or not, or a list of URLs.

    The newest pages come first where the sitemap dates them.

    Raises:
        NotAListingError: the bytes are no sitemap.
    """
    body = unpacked(body).lstrip(_BEFORE)
    if body[:4] == b"http":
        links = [
            Link(joined(url, line)) for line in body.decode("utf-8", "replace").splitlines() if line.strip()
        ]
        return Listing(chosen(links, source))
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True, huge_tree=False)
    try:
        root = etree.fromstring(body, parser) if body else None
    except etree.XMLSyntaxError:
        root = None
    if root is None or etree.QName(root).localname not in ("urlset", "sitemapindex"):
        raise NotAListingError("the page is no sitemap")
    entries = list(_sitemap_entries(root, url, source.timezone))
    entries.sort(key=lambda entry: entry[1] or date.min, reverse=True)
    if etree.QName(root).localname == "sitemapindex":
        return Listing(more=further(link.url for link, _ in entries))
    return Listing(chosen((link for link, _ in entries), source))


def _sitemap_entries(root: Any, base: str, zone: str) -> Iterator[tuple[Link, date | None]]:
    """Yield each entry with the day by which it is sorted; only a news entry's day is its publication."""
    for element in root.iterchildren(tag=etree.Element):
        own = _texts(element.iterchildren(tag=etree.Element))
        # The pictures and videos of a page have URLs and titles too: only what is said as news is the page's.
        news = _texts(node for node in element.iter(tag=etree.Element) if _NEWS in _namespace(node))
        if own.get("loc"):
            published = parse_day(news.get("publication_date", ""), zone)
            changed = published or parse_day(own.get("lastmod", ""), zone)
            yield Link(joined(base, own["loc"]), published, news.get("title", "")), changed


def _texts(nodes: Iterable[Any]) -> dict[str, str]:
    """Return the text of each element by its local name, of the first one if there are several."""
    found: dict[str, str] = {}
    for node in nodes:
        found.setdefault(etree.QName(node).localname, (node.text or "").strip())
    return found


def _namespace(node: Any) -> str:
    return etree.QName(node).namespace or ""


def unpacked(body: bytes) -> bytes:
    """Undo gzip, up to `MAX_UNPACKED` bytes; other bytes are returned as they are.

    Raises:
        NotAListingError: the gzip data are broken or too large.
    """
    if body[:2] != b"\x1f\x8b":
        return body
    try:
        return gunzipped(body, MAX_UNPACKED)
    except PackedError as error:
        raise NotAListingError(f"the sitemap: {error}") from None


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise NotAListingError("the page is no JSON") from None


def _at(data: Any, path: str) -> Any:
    """Follow a dotted path of keys and list positions; None if it leads nowhere or is empty."""
    for step in path.split(".") if path else [""]:
        if isinstance(data, dict):
            data = data.get(step)
        elif isinstance(data, list) and step.isdigit() and int(step) < len(data):
            data = data[int(step)]
        else:
            return None
    return data


def _string(data: Any, key: str) -> str:
    value = data.get(key) if isinstance(data, dict) else None
    return value if isinstance(value, str) else ""
