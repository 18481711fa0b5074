"""The only Scrapy settings: polite, bounded, verified. Scrapy's own defaults are none of these."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from crawlers.addresses import netloc
from crawlers.chromium import browser_settings
from crawlers.records import Source

ROBOTS_NAME = "linkpolicy"
MAX_PAGE_BYTES = 20 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one run of one source.

    Attributes:
        seconds: the run is closed in good order after this time.
        page_seconds, page_bytes: for one response, its body included; bytes count after decompression.
        longest_wait: seconds that a Retry-After may ask for; a longer wait ends the run for that host.
        memory: megabytes of one crawl process.
        articles: most articles to fetch, None for what the declaration says.
    """

    seconds: float = 900.0
    page_seconds: float = 60.0
    page_bytes: int = MAX_PAGE_BYTES
    longest_wait: float = 300.0
    memory: int = 400
    articles: int | None = None


def user_agent(contact: str) -> str:
    """Return the name under which pages are asked for, with where to complain."""
    try:
        number = version("linkpolicy")
    except PackageNotFoundError:
        number = "0"
    return f"{ROBOTS_NAME}/{number} (+{contact})" if contact else f"{ROBOTS_NAME}/{number}"


def scrapy_settings(source: Source, limits: Limits, contact: str) -> dict[str, Any]:
    """Return all settings of a crawl of one source."""
    own = {
        "USER_AGENT": user_agent(contact),
        "ROBOTSTXT_OBEY": source.politeness.obey_robots,
        "DOWNLOAD_DELAY": source.politeness.delay,
        "AUTOTHROTTLE_ENABLED": source.politeness.delay > 0,
        "AUTOTHROTTLE_START_DELAY": source.politeness.delay,
        # Not one more: without a delay, Scrapy starts all that is queued for a host at once.
        "CONCURRENT_REQUESTS": source.politeness.concurrency,
        "CONCURRENT_REQUESTS_PER_DOMAIN": source.politeness.concurrency,
        "AUTOTHROTTLE_TARGET_CONCURRENCY": float(source.politeness.concurrency),
        "DOWNLOAD_TIMEOUT": limits.page_seconds,
        "DOWNLOAD_MAXSIZE": limits.page_bytes,
        "CLOSESPIDER_TIMEOUT": limits.seconds,
        "MEMUSAGE_LIMIT_MB": limits.memory,
        "DEFAULT_REQUEST_HEADERS": _headers(source),
        # Connections to this machine never go through a proxy.
        "HTTPPROXY_ENABLED": not source.local,
        "LINKPOLICY_LONGEST_WAIT": limits.longest_wait,
        "LINKPOLICY_LOCAL_HOSTS": [list(netloc(url)) for url in source.urls] if source.local else [],
    }
    if source.render:
        own["DOWNLOADER_MIDDLEWARES"] = {
            **_SAFE["DOWNLOADER_MIDDLEWARES"],
            "crawlers.rendering.Rendering": 10,
        }
    return _SAFE | own | browser_settings(source, limits.page_seconds, user_agent(contact))


def _headers(source: Source) -> dict[str, str]:
    languages = {"zh": "zh-CN,zh;q=0.9,en;q=0.5", "en": "en,zh;q=0.5"}
    return {
        "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        "Accept-Language": languages.get(source.language or "", "en,zh;q=0.9"),
    }


_SAFE: dict[str, Any] = {
    "BOT_NAME": ROBOTS_NAME,
    "ROBOTSTXT_USER_AGENT": ROBOTS_NAME,
    "DOWNLOAD_DELAY_JITTER": 0.0,  # a delay is a promise, not an average
    "AUTOTHROTTLE_MAX_DELAY": 60.0,
    "REDIRECT_MAX_TIMES": 5,
    "METAREFRESH_MAXDELAY": 5,
    "SCHEDULER_MEMORY_QUEUE": "scrapy.squeues.FifoMemoryQueue",  # in the order of the listing
    "RETRY_TIMES": 2,
    "DOWNLOAD_VERIFY_CERTIFICATES": True,
    "DOWNLOAD_FAIL_ON_DATALOSS": True,
    "DNS_TIMEOUT": 20,
    "TWISTED_DNS_RESOLVER": "crawlers.guard.PublicResolver",
    "TELNETCONSOLE_ENABLED": False,
    "REMOTE_CONTROL_ENABLED": False,
    "MEMUSAGE_CHECK_INTERVAL_SECONDS": 2.0,
    "DOWNLOAD_HANDLERS": {"data": None, "file": None, "ftp": None, "s3": None},
    # The whole lists, not changes to Scrapy's: it imports every component of its own lists, also those that
    # are switched off, and remote control, telnet and cookies are half of a crawl's start-up.
    "EXTENSIONS_BASE": {},
    "EXTENSIONS": {
        "scrapy.extensions.corestats.CoreStats": 0,
        "scrapy.extensions.closespider.CloseSpider": 0,
        "crawlers.memory.OwnMemory": 0,
        "crawlers.politeness.PoliteThrottle": 0,
    },
    "DOWNLOADER_MIDDLEWARES_BASE": {},
    "DOWNLOADER_MIDDLEWARES": {
        "crawlers.guard.AddressGuard": 20,
        "crawlers.politeness.PoliteRobots": 100,
        "scrapy.downloadermiddlewares.downloadtimeout.DownloadTimeoutMiddleware": 350,
        "scrapy.downloadermiddlewares.defaultheaders.DefaultHeadersMiddleware": 400,
        "scrapy.downloadermiddlewares.useragent.UserAgentMiddleware": 500,
        "crawlers.politeness.PoliteRetry": 550,
        "scrapy.downloadermiddlewares.redirect.MetaRefreshMiddleware": 580,
        "crawlers.guard.StrictCompression": 590,
        "scrapy.downloadermiddlewares.redirect.RedirectMiddleware": 600,
        "scrapy.downloadermiddlewares.httpproxy.HttpProxyMiddleware": 750,
        "scrapy.downloadermiddlewares.stats.DownloaderStats": 850,
    },
    "SPIDER_MIDDLEWARES_BASE": {},
    "SPIDER_MIDDLEWARES": {
        "scrapy.spidermiddlewares.start.StartSpiderMiddleware": 25,
        "scrapy.spidermiddlewares.urllength.UrlLengthMiddleware": 800,
    },
    # Scrapy makes as many tasks for each page, to share what its callback yields; ours yield requests only.
    "CONCURRENT_ITEMS": 1,
    "WARN_ON_GENERATOR_RETURN_VALUE": False,  # reads the source of every callback
    "LOG_LEVEL": "ERROR",
    "STATS_DUMP": False,
}
