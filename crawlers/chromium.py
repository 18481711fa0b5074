"""Whether pages can be rendered here, and how Chromium is started; imports nothing heavy.

The browser gets nothing from the network by itself: its proxy and all names lead nowhere. What a page asks
for is fetched by the crawl (see `crawlers.rendering`), with the rules of any other page.
"""

from __future__ import annotations

import os
import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from crawlers.records import Source

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chromium-headless-shell")
_OWN = ".cache/ms-playwright"  # where Playwright puts its own Chromium
_NO_EXTRA = "rendering needs the extra: pip install 'linkpolicy[browser]'"
_NO_CHROMIUM = "rendering needs Chromium: apt-get install chromium, or python -m playwright install chromium"
_ARGUMENTS = (
    "--proxy-server=http://proxy.invalid:1",
    "--proxy-bypass-list=<-loopback>",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--js-flags=--max-old-space-size=256",  # megabytes
)


def installed() -> str | None:
    """Return the path of the system's Chromium or Chrome, None if it has none."""
    return next((found for name in _NAMES if (found := shutil.which(name))), None)


def problem() -> str:
    """Say in one line what is missing for rendering, and how it is installed; empty if nothing is."""
    if find_spec("scrapy_playwright") is None:
        return _NO_EXTRA
    if installed() is None and not any((Path.home() / _OWN).glob("chromium*")):
        return _NO_CHROMIUM
    return ""


def browser_settings(source: Source, page_seconds: float, user_agent: str) -> dict[str, Any]:
    """Return the Scrapy settings of a source that is rendered, none for one that is not."""
    if not source.render:
        return {}
    handler = "scrapy_playwright.handler.ScrapyPlaywrightDownloadHandler"
    locale = {"zh": "zh-CN", "en": "en-US"}.get(source.language or "", "en-US")
    path = installed()
    return {
        "DOWNLOAD_HANDLERS": {"http": handler, "https": handler, **_NO_OTHERS},
        "DOWNLOAD_SLOTS": {PARTS: {"concurrency": source.politeness.concurrency, "delay": 0}},
        "PLAYWRIGHT_BROWSER_TYPE": "chromium",
        "PLAYWRIGHT_LAUNCH_OPTIONS": {
            "args": list(_ARGUMENTS),
            "chromium_sandbox": os.geteuid() != 0,  # root cannot have one
            **({"executable_path": path} if path else {}),
        },
        "PLAYWRIGHT_DEFAULT_NAVIGATION_TIMEOUT": page_seconds * 1000,
        "LINKPOLICY_CONTEXT": {
            "user_agent": user_agent,
            "locale": locale,
            "service_workers": "block",  # their requests would pass by ours
            "accept_downloads": False,
        },
    }


PARTS = "parts of pages"  # the downloader's queue for what pages load
_NO_OTHERS = {"data": None, "file": None, "ftp": None, "s3": None}
