"""What keeps a crawl inside: no private addresses, no bodies that swell or are cut off."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies

from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware
from scrapy.resolver import CachingThreadedResolver

from crawlers.addresses import is_private_address, is_private_host, netloc
from crawlers.errors import AddressRefusedError, BodyRefusedError
from crawlers.packed import PackedError, gunzipped


class AddressGuard:
    """Refuse requests, redirected ones too, whose host is private by its name or number.

    A local source may reach exactly the hosts and ports that it declares. Names that resolve to a
    private address are refused by `PublicResolver` when they are connected to.
    """

    def __init__(self, local: list[tuple[str, int]]) -> None:
        self._local = frozenset((host, port) for host, port in local)

    @classmethod
    def from_crawler(cls, crawler: Any) -> AddressGuard:
        """Make the guard of a crawl."""
        return cls(crawler.settings.getlist("LINKPOLICY_LOCAL_HOSTS"))

    def process_request(self, request: Any) -> None:
        """Let a request pass or refuse it.

        Raises:
            AddressRefusedError: the URL leads to a private address, or is none of http and https.
        """
        try:
            place = netloc(request.url)
        except ValueError:
            raise AddressRefusedError(f"not a URL: {request.url[:200]}") from None
        if "@" in urlsplit(request.url).netloc:  # not repeated: reports are read by others
            raise AddressRefusedError("the URL holds credentials")
        if not request.url.startswith(("http://", "https://")):
            raise AddressRefusedError(f"not an http or https URL: {request.url[:200]}")
        if is_private_host(place[0]) and place not in self._local:
            raise AddressRefusedError(f"private address: {place[0]}:{place[1]}")


class PublicResolver(CachingThreadedResolver):
    """Resolve names, but only to public addresses; a local source's declared names are exempt.

    So is the proxy that the operator has set: it may well stand in the same network.
    """

    @classmethod
    def from_crawler(cls, crawler: Any, reactor: Any) -> PublicResolver:
        """Make the resolver of a crawl."""
        resolver: PublicResolver = super().from_crawler(crawler, reactor)
        resolver.exempt = {host for host, _ in crawler.settings.getlist("LINKPOLICY_LOCAL_HOSTS")}
        if crawler.settings.getbool("HTTPPROXY_ENABLED"):
            resolver.exempt |= {urlsplit(proxy).hostname or "" for proxy in getproxies().values()}
        return resolver

    exempt: set[str]

    def getHostByName(self, name: str, timeout: Any = ()) -> Any:  # noqa: N802 (Twisted's name)
        """Return a Deferred of the address, which fails for a private one."""
        result = super().getHostByName(name, timeout)
        if name not in self.exempt:
            result.addCallback(_public, name)
        return result


_REFUSED: dict[str, str] = {}  # of this process, which crawls one source


def _public(address: str, name: str) -> str:
    if is_private_address(address):
        # Twisted turns every error of a resolver into "no results"; what it was is kept for the report.
        _REFUSED[name.lower()] = f"private address: {name} is {address}"
        raise AddressRefusedError(_REFUSED[name.lower()])
    return address


def refused_name(url: str) -> str:
    """Say that a URL's host name leads to a private address; empty if it was not found to."""
    return _REFUSED.get((urlsplit(url).hostname or "").lower(), "")


class StrictCompression(HttpCompressionMiddleware):
    """Scrapy's decompression of gzip; data that are cut off are an error, not a shorter page.

    Other encodings are not asked for: Scrapy reads those that are cut off as if they were whole.
    """

    def process_request(self, request: Any, spider: Any = None) -> None:  # noqa: ARG002 (Scrapy's signature)
        """Ask for gzip."""
        request.headers.setdefault("Accept-Encoding", b"gzip")

    @staticmethod
    def _decode(body: bytes, encoding: bytes, max_size: int) -> bytes:
        if encoding not in (b"gzip", b"x-gzip"):
            if not body:
                return body
            raise BodyRefusedError(f"content encoding {encoding.decode('ascii')} was not asked for")
        try:
            return gunzipped(body, max_size)
        except PackedError as error:
            raise BodyRefusedError(str(error)) from None
