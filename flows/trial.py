"""Try one declared source for real and tell in lines what it gives."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from flows.errors import FailedError

if TYPE_CHECKING:
    from crawlers.live import Look
    from crawlers.records import Source
    from crawlers.text import Page

_SHOWN = 10  # lines of text


def try_source(source: Source, *, contact: str) -> Iterator[str]:
    """Crawl at most one article politely, keep nothing, and yield what was found, line by line.

    Raises:
        FailedError: no article could be had or read, or a declared selector matches nothing.
    """
    from crawlers.health import Health, judge
    from crawlers.live import look_at
    from crawlers.records import NotContent

    look = look_at(source, contact)
    yield f"{source.id}: {look.report.listed} articles listed, {look.report.requests} requests"
    yield from _troubles(look)
    unread = [look.page] if isinstance(look.page, NotContent) else []
    verdict = judge(source, look.report, unread=unread)
    if isinstance(look.page, NotContent):
        raise FailedError(f"{look.url} is no content: {look.page.kind}: {look.page.evidence}")
    if look.page is None:
        raise FailedError(f"{source.id}: no article could be had: {verdict.evidence}")
    yield from _shown(look.url, look.page)
    if verdict.status is Health.BROKEN:
        raise FailedError(f"{source.id}: {verdict.evidence}")
    if look.page.missed:
        raise FailedError(f"{source.id}: selectors without match: {', '.join(look.page.missed)}")


def _troubles(look: Look) -> Iterator[str]:
    for page in look.report.pages:
        if page.reason:
            yield f"  {page.outcome}: {page.url}: {page.reason}"


def _shown(url: str, page: Page) -> Iterator[str]:
    document = page.document
    lines = document.text.splitlines()
    yield f"url        {url}"
    if page.canonical and page.canonical != url:
        yield f"canonical  {page.canonical}"
    yield f"title      {document.title}"
    yield f"language   {document.lang}"
    yield f"published  {document.published or 'not found'} ({page.origin})"
    if page.updated:
        yield f"updated    {page.updated}"
    yield f"text       {len(document.text)} characters in {len(lines)} lines, which begin:"
    yield from (f"  {line}" for line in lines[:_SHOWN])
