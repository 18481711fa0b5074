"""From a listing to the articles it names; pure functions of the listing's bytes.

Each kind of listing gives `Link`s: a URL, and the day and headline where the listing tells them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from urllib.parse import parse_qsl, urldefrag, urlencode, urljoin, urlsplit, urlunsplit

import lxml.html
from cssselect import HTMLTranslator
from lxml.etree import ParserError

from crawlers.addresses import is_web_url, netloc
from crawlers.charset import decode_html
from crawlers.records import Source

_TRACKING = re.compile(r"(utm_\w+|fbclid|gclid|spm|scm|from_source|share_token|cmpid|ref_src)", re.IGNORECASE)
_NO_PAGE = re.compile(
    r"\.(jpe?g|png|gif|webp|svg|ico|css|js|mp[34]|avi|zip|gz|exe|apk|dmg|woff2?)$", re.IGNORECASE
)
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")
_ALL_LINKS = "a[href]"


@dataclass(frozen=True, slots=True)
class Link:
    """One article named by a listing.

    Attributes:
        listed: publication day by the listing, in the source's time zone.
    """

    url: str
    listed: date | None = None
    title: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """What a listing names: articles, and further listings to read."""

    links: tuple[Link, ...] = ()
    more: tuple[str, ...] = ()


class NotAListingError(ValueError):
    """The bytes are no listing of the declared kind; the message says what they are instead."""


def read_index(body: bytes, url: str, content_type: str, source: Source) -> Listing:
    """Read the links of an HTML listing page.

    Raises:
        NotAListingError: the page is empty, or the declared selector finds nothing.
    """
    html = decode_html(body, content_type)
    try:
        root = lxml.html.document_fromstring(html, base_url=url)
    except (ParserError, ValueError):
        raise NotAListingError("the listing page is empty or no HTML") from None
    base = joined(url, next(iter(root.xpath("//base/@href")), "")) or url
    links = _anchors(root, source.links or _ALL_LINKS, base)
    if source.links and not links:
        raise NotAListingError(f"the selector {source.links!r} (discovery.links) matches no link")
    if not source.links:
        links = [link for link in links if is_web_url(link.url) and netloc(link.url) == netloc(url)]
    more = _anchors(root, source.next_page, base)[:1] if source.next_page else []
    return Listing(chosen(links, source), further(link.url for link in more))


def _anchors(root: lxml.html.HtmlElement, selector: str, base: str) -> list[Link]:
    """Return the links of the matched anchors, or of the anchors inside of what is matched."""
    found = []
    for node in root.xpath(HTMLTranslator().css_to_xpath(selector)):
        for anchor in [node] if node.get("href") else node.iter("a"):
            link = anchor.get("href", "").strip()
            if link and not link.startswith(("#", "javascript:", "mailto:", "tel:", "data:")):
                found.append(Link(joined(base, link), title=" ".join(anchor.text_content().split())))
    return found


def further(urls: Iterable[str]) -> tuple[str, ...]:
    """Keep the further listings that can be asked for; a broken link to one leads nowhere."""
    return tuple(url for url in urls if is_web_url(url))


def joined(base: str, link: str) -> str:
    """Resolve a link, or return an empty string if it is none."""
    try:
        return clean_url(urljoin(base, link))
    except ValueError:
        return ""


def clean_url(url: str) -> str:
    """Drop the fragment and what only tracks the reader, so that one page has one URL."""
    parts = urlsplit(urldefrag(_CONTROLS.sub("", url)).url.strip().replace(" ", "%20"))
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    kept = [(key, value) for key, value in pairs if not _TRACKING.fullmatch(key)]
    query = parts.query if len(kept) == len(pairs) else urlencode(kept)
    return urlunsplit((parts.scheme.lower(), parts.netloc.lower(), parts.path or "/", query, ""))


def chosen(links: Iterable[Link], source: Source) -> tuple[Link, ...]:
    """Keep what the declaration includes, each URL once, in the order of the listing."""
    kept: dict[str, Link] = {}
    for link in links:
        if not _is_page(link.url, source):
            continue
        known = kept.get(link.url)
        if known is None:
            kept[link.url] = link
        elif not known.title and link.title:
            kept[link.url] = replace(known, title=link.title)
    return tuple(kept.values())


def _is_page(url: str, source: Source) -> bool:
    parts = urlsplit(url)
    if not is_web_url(url) or "@" in parts.netloc:
        return False
    if _NO_PAGE.search(parts.path):
        return False
    if source.include and not any(re.search(pattern, url) for pattern in source.include):
        return False
    return not any(re.search(pattern, url) for pattern in source.exclude)


def unlisted(links: Iterable[Link], seen: set[str]) -> Iterator[Link]:
    """Yield the links that no earlier listing of the run has named, and remember them."""
    for link in links:
        if link.url not in seen:
            seen.add(link.url)
            yield link
