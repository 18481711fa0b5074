"""What an HTML page says about itself: title, dates, canonical URL."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date
from typing import Any
from urllib.parse import urljoin, urlsplit

import htmldate

from crawlers.lines import one_line
from crawlers.pagedates import parse_day

_PUBLISHED = (
    *("article:published_time", "og:article:published_time", "og:published_time", "datepublished"),
    *(
        "publishdate",
        "publish_date",
        "publish-date",
        "pubdate",
        "date.issued",
        "dc.date.issued",
        "dcterms.created",
    ),
    *(
        "sailthru.date",
        "parsely-pub-date",
        "weibo:article:create_at",
        "apub:time",
        "_pubtime",
        "dc.date",
        "date",
    ),
)
_UPDATED = (
    "article:modified_time",
    "og:updated_time",
    "datemodified",
    "lastmod",
    "last-modified",
    "dcterms.modified",
)
_NAMES = ("property", "name", "itemprop")
# A bare "date" or 时间 must begin its line: "effective date" and 生效时间 are no publication.
_LABEL = re.compile(
    r"(?:发布时间|发布日期|发布于|发表时间|发表于|公告日期|公布日期|發布時間|發佈日期|发稿时间"
    r"|^(?:时间|日期|時間|published|posted|date)(?:\s*(?:on|at))?)\s*[:：]?\s*(.{6,40})",
    re.IGNORECASE,
)
_UPDATE_LABEL = re.compile(
    r"(?:更新时间|更新日期|更新于|最后更新|最近更新|修订日期|last (?:updated|modified|revised)|^updated)"
    r"(?:\s*(?:on|at))?\s*[:：]?\s*(.{6,40})",
    re.IGNORECASE,
)
# A line that is nothing but a date, perhaps with a time and where the text comes from.
_ONLY_DAY = re.compile(
    r"(?:(?:19|20)\d{2}\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2}\s*日?|\d{1,2} [a-z]{3,9}\.?,? (?:19|20)\d{2}"
    r"|[a-z]{3,9}\.? \d{1,2},? (?:19|20)\d{2})(?:\s+\d{1,2}:\d{2}(?::\d{2})?)?"
    r"(?:\s*(?:来源|作者|阅读|by\b).{0,40})?",
    re.IGNORECASE,
)
_URL_DAY = re.compile(r"(?<!\d)((?:19|20)\d{2})[-/_]?(0[1-9]|1[0-2])[-/_]?(0[1-9]|[12]\d|3[01])(?!\d)")
_SITE = re.compile(r"\s+[-|–—_·»]\s+|\s*[|_]\s*|(?<=[\u3400-\u9fff])-(?=[\u3400-\u9fff])")
_OLDEST = date(1995, 1, 1)


def metas(root: Any) -> dict[str, str]:
    """Return the page's meta tags by lower-case name, the first of each."""
    found: dict[str, str] = {}
    for node in root.iter("meta", "time"):
        for attribute in _NAMES:
            name, value = node.get(attribute), node.get("content") or node.get("datetime")
            if name and value:
                found.setdefault(name.strip().lower(), value.strip())
    return found


def linked_data(root: Any) -> list[dict[str, Any]]:
    """Return the objects of the page's JSON-LD, nested graphs flattened; broken JSON is left out."""
    found: list[dict[str, Any]] = []
    for node in root.iter("script"):
        if node.get("type", "").lower() == "application/ld+json" and node.text:
            try:
                found.extend(_objects(json.loads(node.text, strict=False)))
            except (ValueError, RecursionError):
                continue
    return found


def _objects(data: Any) -> Iterator[dict[str, Any]]:
    if isinstance(data, list):
        for item in data:
            yield from _objects(item)
    elif isinstance(data, dict):
        yield data
        yield from _objects(data.get("@graph", []))


def published_by_metadata(root: Any, timezone: str) -> date | None:
    """Return the publication day by meta tags or JSON-LD."""
    return _day_of(root, timezone, "datePublished", _PUBLISHED)


def updated_by_metadata(root: Any, timezone: str) -> date | None:
    """Return the day of the last change by meta tags or JSON-LD."""
    return _day_of(root, timezone, "dateModified", _UPDATED)


def _day_of(root: Any, timezone: str, key: str, names: tuple[str, ...]) -> date | None:
    for item in linked_data(root):
        value = item.get(key)
        if isinstance(value, str) and (day := parse_day(value, timezone)):
            return day
    tags = metas(root)
    days = (parse_day(tags[name], timezone) for name in names if name in tags)
    return next((day for day in days if day), None)


def labelled_day(lines: list[str], *, update: bool = False) -> date | None:
    """Return the first day that stands after a label ("Published on", 发布时间), or alone on a line."""
    pattern = _UPDATE_LABEL if update else _LABEL
    for line in lines:
        if not update and _UPDATE_LABEL.search(line):
            continue
        match = pattern.search(line)
        text = match[1] if match else "" if update or not _ONLY_DAY.fullmatch(line) else line
        if day := parse_day(text):
            return day
    return None


def guessed_day(html: Any, url: str, latest: date) -> date | None:
    """Guess the publication day by the URL or by htmldate's patterns, never later than `latest`."""
    match = _URL_DAY.search(urlsplit(url).path)
    day = parse_day("-".join(match.groups())) if match else None
    if day is None:
        found = htmldate.find_date(
            html, original_date=True, extensive_search=False, max_date=latest.isoformat()
        )
        day = date.fromisoformat(found) if found else None
    return day if day and _OLDEST <= day <= latest else None


def title_of(root: Any, listed: str) -> str:
    """Return the headline: the only h1 if the page's title holds it, else og:title, title or h1."""
    headings = [text for node in root.iter("h1") if (text := one_line(node.text_content()))]
    page = next((one_line(node.text_content()) for node in root.iter("title")), "")
    for heading in headings:
        if len(heading) > 3 and heading in page:
            return heading
    shared = metas(root).get("og:title", "")
    whole = one_line(shared) or page
    return without_site(whole) or (headings[0] if headings else "") or one_line(listed)


def without_site(title: str) -> str:
    """Take the site's name off a title: its last part, if the rest is longer."""
    parts = _SITE.split(title)
    if len(parts) < 2 or len(parts[-1]) >= len(title) / 2:
        return title
    end = title.rindex(parts[-1])
    return title[:end].rstrip(" -|–—_·»")


def canonical_url(root: Any, url: str) -> str:
    """Return the URL that the page itself calls canonical, its own if it names none of the same site."""
    for node in root.iter("link"):
        if node.get("rel", "").lower() == "canonical" and node.get("href"):
            found: str = urljoin(url, node.get("href").strip())
            if urlsplit(found).hostname == urlsplit(url).hostname:
                return found
    return url
