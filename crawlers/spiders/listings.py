"""The spiders; a source is parameters, so each only says how its listing is read."""

from __future__ import annotations

from collections.abc import Iterator

from scrapy import Request

from crawlers.feeds import read_api, read_feed, read_sitemap
from crawlers.links import Link, Listing, read_index
from crawlers.records import Discovery
from crawlers.spiders.base import SourceSpider


class PagesSpider(SourceSpider):
    """Fixed pages: no listing, the declared URLs are the articles."""

    discovery = Discovery.PAGES

    def _start_requests(self) -> Iterator[Request]:
        self.recorder.listed = len(self.source.urls)
        yield from self._article_requests([Link(url) for url in self.source.urls])


class IndexSpider(SourceSpider):
    """HTML listing pages."""

    discovery = Discovery.INDEX

    def read_listing(self, body: bytes, url: str, content_type: str) -> Listing:
        """Read the links of a listing page."""
        return read_index(body, url, content_type, self.source)


class FeedSpider(SourceSpider):
    """RSS, Atom and JSON feeds."""

    discovery = Discovery.FEED

    def read_listing(self, body: bytes, url: str, content_type: str) -> Listing:  # noqa: ARG002
        """Read the entries of a feed."""
        return read_feed(body, url, self.source)


class SitemapSpider(SourceSpider):
    """Sitemaps and sitemap indexes."""

    discovery = Discovery.SITEMAP

    def read_listing(self, body: bytes, url: str, content_type: str) -> Listing:  # noqa: ARG002
        """Read the URLs of a sitemap."""
        return read_sitemap(body, url, self.source)


class ApiSpider(SourceSpider):
    """JSON listings."""

    discovery = Discovery.API

    def read_listing(self, body: bytes, url: str, content_type: str) -> Listing:  # noqa: ARG002
        """Read the items of a JSON listing."""
        return read_api(body, url, self.source)


SPIDERS: dict[Discovery, type[SourceSpider]] = {
    spider.discovery: spider for spider in (PagesSpider, IndexSpider, FeedSpider, SitemapSpider, ApiSpider)
}
