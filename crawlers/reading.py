"""Read the parts of a page: title, lines, days.

HTML is read by declared selectors or by trafilatura; PDF and plain text as they are.
"""

from __future__ import annotations

import re
from configparser import ConfigParser
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

import lxml.html
import trafilatura
from cssselect import HTMLTranslator
from lxml.etree import ParserError
from trafilatura.settings import use_config

from crawlers.charset import decode_html
from crawlers.lines import WRAPPED_CJK, lines_of, one_line
from crawlers.pagedates import parse_day
from crawlers.pagemeta import (
    canonical_url,
    guessed_day,
    labelled_day,
    published_by_metadata,
    title_of,
    updated_by_metadata,
)
from crawlers.pdf import read_pdf
from crawlers.records import DateOrigin, NotContent, Refusal, Selectors, Snapshot, Source

# Characters that trafilatura wants to find before it takes its way out; the first is its own default.
_LEAST_FOUND, _LEAST_SHORT = 250, 20
_XML_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")


@dataclass(frozen=True, slots=True)
class Parts:
    """What was read from a page.

    Attributes:
        lines: paragraphs, list items and table rows, in order.
        origin: where the publication day was found.
        updated: day of the last change, if the page tells.
        canonical: the page's own name for itself.
        missed: declared selectors that matched nothing.
    """

    title: str
    lines: list[str]
    published: date | None = None
    origin: DateOrigin = DateOrigin.NONE
    updated: date | None = None
    canonical: str = ""
    missed: tuple[str, ...] = ()


def read_parts(snapshot: Snapshot, source: Source | None) -> Parts | NotContent:
    """Read a page of any kind, by its bytes and content type."""
    if snapshot.body.startswith(b"%PDF-"):
        return _read_pdf(snapshot)
    return _read_plain(snapshot) if is_plain(snapshot) else _read_html(snapshot, source)


def is_plain(snapshot: Snapshot) -> bool:
    """Tell plain text from HTML."""
    media = snapshot.content_type.split(";", 1)[0].strip().lower()
    return media in ("text/plain", "text/markdown") and b"<html" not in snapshot.body[:1000].lower()


def _read_pdf(snapshot: Snapshot) -> Parts | NotContent:
    try:
        pdf = read_pdf(snapshot.body)
    except ValueError as error:
        return NotContent(Refusal.UNREADABLE, str(error), snapshot.url)
    title = snapshot.listed_title or pdf.title or (pdf.lines[0][:200] if pdf.lines else "")
    day = labelled_day(list(pdf.lines[:5]))
    origin = DateOrigin.GUESSED if day else DateOrigin.NONE
    for found, where in ((snapshot.listed, DateOrigin.LISTING), (pdf.created, DateOrigin.METADATA)):
        if day is None and found is not None:
            day, origin = found, where
    return Parts(title, list(pdf.lines), day, origin)


def _read_plain(snapshot: Snapshot) -> Parts:
    """Keep the text as it stands; a first line with an empty line after it is the title."""
    text = decode_html(snapshot.body, snapshot.content_type).replace("\r\n", "\n").strip("\n\ufeff ")
    first, _, rest = text.partition("\n")
    title = first.strip() if rest.startswith("\n") and len(first) <= 200 else ""
    return Parts(snapshot.listed_title or title, [text])


def _read_html(snapshot: Snapshot, source: Source | None) -> Parts | NotContent:
    html = _XML_DECLARATION.sub("", decode_html(snapshot.body, snapshot.content_type))
    html = WRAPPED_CJK.sub("", html)
    try:
        root = lxml.html.document_fromstring(html)
    except (ParserError, ValueError) as error:
        return NotContent(Refusal.UNREADABLE, str(error), snapshot.url)
    selectors = source.selectors_on(snapshot.fetched_at.date()) if source else None
    selected = _Selected(root, selectors or Selectors(), source.timezone if source else "UTC")
    title = selected.text("title") or title_of(root, snapshot.listed_title)
    published, origin, updated = _days(root, selected, snapshot)
    lines = selected.lines() if selectors and selectors.content else main_lines(root)
    if lines is None:
        missed = f"content {selectors.content!r}" if selectors else ""
        return NotContent(Refusal.SELECTOR_MISSED, missed, snapshot.url)
    if lines and lines[0] == title:
        lines = lines[1:]
    canonical = canonical_url(root, snapshot.final_url or snapshot.url)
    return Parts(title, lines, published, origin, updated, canonical, tuple(selected.missed))


def _days(root: Any, selected: _Selected, snapshot: Snapshot) -> tuple[date | None, DateOrigin, date | None]:
    """Return the publication day, its origin, and the day of the last change.

    The most certain origin wins: declared selector, metadata, the listing that led here, then what
    the page shows beside a label, its URL, and htmldate's patterns.
    """
    published, origin = selected.day("published"), DateOrigin.SELECTOR
    updated = selected.day("updated") or updated_by_metadata(root, selected.timezone)
    if published is None:
        published, origin = published_by_metadata(root, selected.timezone), DateOrigin.METADATA
    if published is None:
        published, origin = snapshot.listed, DateOrigin.LISTING
    if published is not None and updated is not None:
        return published, origin, updated
    shown = lines_of(root)
    if published is None:
        published, origin = labelled_day(shown), DateOrigin.GUESSED
    if published is None:
        published = guessed_day(root, snapshot.url, snapshot.fetched_at.date())
    return published, origin if published else DateOrigin.NONE, updated or labelled_day(shown, update=True)


def main_lines(html: Any) -> list[str]:
    """Return the lines of a page's main text, found by trafilatura; empty if it finds none.

    The recall setting keeps lists of short items, in which notices name services; without the
    fallbacks to other algorithms it is also more exact and faster (see docs/decisions). A result of one
    line is mostly trafilatura's way out for a text that it thinks too short: all that the page shows, run
    together, menus included. Chinese notices are that short: then it is asked again to take what it finds.

    Args:
        html: the page as text or as lxml tree, which is left as it is.
    """
    lines = _trafilatura(html, least=_LEAST_FOUND)
    return lines if len(lines) > 1 else _trafilatura(html, least=_LEAST_SHORT) or lines


@cache
def _config(least: int) -> ConfigParser:
    config = use_config()
    config.set("DEFAULT", "MIN_EXTRACTED_SIZE", str(least))
    return config


def _trafilatura(html: Any, *, least: int) -> list[str]:
    found = trafilatura.bare_extraction(
        html,
        fast=True,
        favor_recall=True,
        include_comments=False,
        include_tables=True,
        with_metadata=False,
        config=_config(least),
    )
    return [] if found is None or isinstance(found, dict) else lines_of(found.body)


class _Selected:
    """Reads a page by declared selectors and remembers which of them found nothing."""

    def __init__(self, root: Any, selectors: Selectors, timezone: str) -> None:
        self._root, self._selectors, self.timezone = root, selectors, timezone
        self.missed: list[str] = []
        for selector in selectors.drop:
            for node in _found(root, selector):
                if node.getparent() is not None:
                    node.drop_tree()

    def text(self, key: str) -> str:
        """Return the text at a selector, empty if none is declared or it finds nothing."""
        selector = getattr(self._selectors, key)
        if selector is None:
            return ""
        for node in _found(self._root, selector):
            text = node.get("content") or node.get("datetime") or node.text_content()
            if one_line(text):
                return one_line(text)
        self.missed.append(key)
        return ""

    def day(self, key: str) -> date | None:
        """Return the day at a selector."""
        text = self.text(key)
        day = parse_day(text, self.timezone, self._selectors.date_format) if text else None
        if text and day is None:
            self.missed.append(key)
        return day

    def lines(self) -> list[str] | None:
        """Return the lines of the declared content, None if the selector finds nothing."""
        nodes = _found(self._root, self._selectors.content or "")
        outer = [node for node in nodes if not any(parent in nodes for parent in node.iterancestors())]
        return [line for node in outer for line in lines_of(node)] if nodes else None


def _found(root: Any, selector: str) -> list[Any]:
    return list(root.xpath(HTMLTranslator().css_to_xpath(selector)))
