"""Judge a source after each run: ok, quiet, suspicious or broken, since when and on what evidence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from statistics import median

from crawlers.addresses import netloc
from crawlers.records import CrawlReport, Discovery, NotContent, Outcome, PageResult, Refusal, Role, Source

_GOT = (Outcome.NEW, Outcome.CHANGED, Outcome.UNCHANGED)
_BAD = (Outcome.FAILED, Outcome.BLOCKED, Outcome.REFUSED)
# Silence is suspicious after four times the usual gap between runs with news, but never within three days,
# and only if at least three gaps tell what is usual.
_GAPS = 3
_PATIENCE = 4
_LEAST_SILENCE = timedelta(days=3)


class Health(StrEnum):
    """How a source is."""

    OK = "ok"
    QUIET = "quiet"
    SUSPICIOUS = "suspicious"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class PastRun:
    """An earlier run of the source, as the warehouse remembers it.

    Attributes:
        news: articles that were new or changed.
    """

    started_at: datetime
    status: Health
    news: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a source is, and why.

    Attributes:
        evidence: one line; empty for ok.
        since: start of the first of the latest runs in a row with this status.
    """

    status: Health
    evidence: str
    since: datetime


def judge(
    source: Source,
    report: CrawlReport,
    history: Sequence[PastRun] = (),
    unread: Sequence[NotContent] = (),
) -> Verdict:
    """Judge a source after a run.

    Args:
        source: as declared.
        report: of the run.
        history: earlier runs, oldest first.
        unread: what `read_document` gave in the place of documents.
    """
    status, evidence = (
        _whole_run(report)
        or _gone(source, report)
        or _listings(source, report)
        or _articles(report, unread)
        or _in_part(source, report)
        or _silence(report, history)
    )
    since = report.started_at
    for run in reversed(history):
        if run.status is not status:
            break
        since = run.started_at
    return Verdict(status, evidence, since)


def news_of(report: CrawlReport) -> int:
    """Count the articles of a run that are new or changed."""
    return report.count(Outcome.NEW, Outcome.CHANGED, role=Role.CONTENT)


_Found = tuple[Health, str]


def _whole_run(report: CrawlReport) -> _Found | None:
    if report.ended in ("not started", "crashed", "timed out", "memory limit"):
        return Health.BROKEN, f"{report.ended}: {report.error}".rstrip(": ")
    return None


def _listings(source: Source, report: CrawlReport) -> _Found | None:
    listings = [page for page in report.pages if page.role is Role.DISCOVERY]
    if listings and not any(page.outcome in _GOT for page in listings):
        return Health.BROKEN, f"no listing could be read: {_commonest(listings)}"
    unchanged = any(page.outcome is Outcome.UNCHANGED for page in listings)
    if report.listed < source.min_items and not unchanged:
        return Health.BROKEN, f"{report.listed} articles listed, at least {source.min_items} are declared"
    if source.discovery is Discovery.INDEX and listings and report.listed == 0 and not unchanged:
        return Health.BROKEN, "the listing links to no article: drawn by script, or redesigned?"
    return None


def _articles(report: CrawlReport, unread: Sequence[NotContent]) -> _Found | None:
    articles = [page for page in report.pages if page.role is Role.CONTENT]
    bad = [page for page in articles if page.outcome in _BAD]
    got = sum(page.outcome in _GOT for page in articles)
    if bad and not got:
        return Health.BROKEN, f"none of {len(articles)} articles could be had: {_commonest(bad)}"
    missed = [refusal for refusal in unread if refusal.kind is Refusal.SELECTOR_MISSED]
    if missed:
        return Health.BROKEN, f"selector without match on {len(missed)} pages: {missed[0].evidence}"
    blocked = {page.url for page in bad}  # archived too, so read and refused once more
    empty = [refusal for refusal in unread if refusal.url not in blocked]
    trouble = len(bad) + len(empty)
    if trouble and trouble >= got:
        reason = _commonest(bad) if bad else f"{empty[0].kind.value}: {empty[0].evidence}"
        return Health.SUSPICIOUS, f"{trouble} of {len(articles)} articles give nothing to read: {reason}"
    return None


def _gone(source: Source, report: CrawlReport) -> _Found | None:
    """A declared URL that is gone, or leads to another site, which works until the redirect goes."""
    for page in report.pages:
        if page.url not in source.urls:
            continue
        if page.outcome is Outcome.GONE:
            return Health.BROKEN, f"{page.url} is gone: {page.reason}"
        if page.final_url and _site(page.url) != _site(page.final_url):
            return Health.BROKEN, f"{page.url} has moved to {page.final_url}"
    return None


def _in_part(source: Source, report: CrawlReport) -> _Found | None:
    """A declared URL that fails beside others, a page that the crawl itself fell over."""
    for page in report.pages:
        if page.url in source.urls and page.outcome in _BAD:
            return Health.SUSPICIOUS, f"{page.url} could not be had: {page.reason or page.outcome.value}"
    return (Health.SUSPICIOUS, report.error) if report.error else None


def _site(url: str) -> str:
    return netloc(url)[0].removeprefix("www.")


def _silence(report: CrawlReport, history: Sequence[PastRun]) -> _Found:
    if news_of(report):
        return Health.OK, ""
    times = [run.started_at for run in history if run.news]
    gaps = [(later - earlier).total_seconds() for earlier, later in pairwise(times)]
    if len(gaps) >= _GAPS:
        usual = timedelta(seconds=median(gaps))
        silent = report.started_at - times[-1]
        if silent > max(_PATIENCE * usual, _LEAST_SILENCE):
            days = f"{silent.days} days without news; usual are {usual / timedelta(days=1):.1f}"
            return Health.SUSPICIOUS, days
    return Health.QUIET, "nothing new"


def _commonest(pages: Sequence[PageResult]) -> str:
    return Counter(page.reason or page.outcome.value for page in pages).most_common(1)[0][0]
