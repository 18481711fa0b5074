"""What all spiders share: conditional requests, which articles to fetch, and what became of each."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any, ClassVar

from scrapy import Request, Spider

from crawlers.guard import refused_name
from crawlers.links import Link, Listing, NotAListingError, unlisted
from crawlers.reasons import outcome_of, reason_of
from crawlers.recorder import Recorder, now
from crawlers.records import Discovery, Outcome, PageState, Revisit, Role
from crawlers.schedule import page_is_due

_NOT_MODIFIED = 304  # has no body to read


class SourceSpider(Spider):
    """Fetch listings, then the articles they name that are new or due."""

    name = "source"
    discovery: ClassVar[Discovery]

    def __init__(self, recorder: Recorder, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.recorder = recorder
        self.source = recorder.source
        self._seen: set[str] = set()
        self._listings: set[str] = set()
        self._fetches = 0

    def read_listing(self, body: bytes, url: str, content_type: str) -> Listing:
        """Read a listing of this kind.

        Raises:
            NotAListingError: it is none.
        """
        raise NotImplementedError

    async def start(self) -> AsyncIterator[Any]:
        """Ask for the listings, and for known articles that are due."""
        for request in self._start_requests():
            yield request

    def _start_requests(self) -> Iterator[Request]:
        for url in self.source.urls:
            yield from self._listing_requests((url,))
        due = [Link(url) for url, page in self.recorder.known.items() if self._is_due_again(page)]
        yield from self._article_requests(due)

    def _is_due_again(self, page: PageState) -> bool:
        """Tell a known article to be looked at again even if no listing names it any more."""
        if self.source.revisit is not Revisit.DECAY or page.next_due is None:
            return False
        return page_is_due(self.source, page, now())

    def _listing_requests(self, urls: tuple[str, ...]) -> Iterator[Request]:
        for url in urls:
            if url in self._listings:
                continue
            if len(self._listings) >= self.source.max_pages + len(self.source.urls) - 1:
                self.recorder.leave_out()
                continue
            self._listings.add(url)
            conditional = self.source.revisit is not Revisit.ALWAYS
            yield self._request(Link(url), Role.DISCOVERY, self._listing, conditional=conditional)

    def _article_requests(self, links: list[Link]) -> list[Request]:
        """Make all requests at once: what is not sent before the time is up counts as left out."""
        requests = []
        for link in unlisted(links, self._seen):
            known = self.recorder.known.get(link.url)
            if link.url in self._listings or not page_is_due(self.source, known, now()):
                continue
            if self._fetches >= self.source.max_items:
                self.recorder.leave_out()
                continue
            self._fetches += 1
            requests.append(self._request(link, Role.CONTENT, self._article))
        return requests

    def _request(self, link: Link, role: Role, callback: Any, *, conditional: bool = True) -> Request:
        # What a server calls "not modified" is the shell of a rendered page, not what its scripts fetch.
        conditional = conditional and not self.source.render
        known = self.recorder.known.get(link.url) if conditional else None
        headers = {}
        if known is not None and known.digest is not None:
            if known.etag:
                headers["If-None-Match"] = known.etag
            if known.last_modified:
                headers["If-Modified-Since"] = known.last_modified
        self.recorder.asked(link.url)
        return Request(
            link.url,
            callback=callback,
            errback=self._failed,
            headers=headers,
            priority=10 if role is Role.DISCOVERY else 0,
            cb_kwargs={"link": link},
            meta={"link": link, "role": role},
            dont_filter=True,
        )

    def _listing(self, response: Any, link: Link) -> Iterator[Request]:
        result = self.recorder.page(response, link, Role.DISCOVERY)
        if result.outcome not in (Outcome.NEW, Outcome.CHANGED, Outcome.UNCHANGED):
            return
        if not response.body and response.status == _NOT_MODIFIED:
            return
        try:
            listing = self.read_listing(response.body, response.url, result.content_type)
        except NotAListingError as error:
            self.recorder.failure(link, Role.DISCOVERY, Outcome.FAILED, str(error))
            return
        self.recorder.listed += len(listing.links)
        yield from self._listing_requests(listing.more)
        yield from self._article_requests(list(listing.links))

    def _article(self, response: Any, link: Link) -> None:
        self.recorder.page(response, link, Role.CONTENT)

    def _failed(self, failure: Any) -> None:
        link, role = failure.request.meta["link"], failure.request.meta["role"]
        private = refused_name(failure.request.url)
        outcome = Outcome.REFUSED if private else outcome_of(failure.value)
        self.recorder.failure(link, role, outcome, private or reason_of(failure.value))
