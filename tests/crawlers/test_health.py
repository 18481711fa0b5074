"""Verdicts on sources, revisit schedule, retention, and the look at one article."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from crawlers.archive import archive_name
from crawlers.health import Health, PastRun, judge
from crawlers.live import look_at
from crawlers.records import (
    CrawlReport,
    Discovery,
    NotContent,
    Outcome,
    PageResult,
    PageState,
    Refusal,
    Revisit,
    Role,
    Schedule,
    Source,
)
from crawlers.retention import expired, remove
from crawlers.schedule import next_due, page_is_due, source_is_due
from crawlers.text import Page as ReadPage
from extract.records import Kind
from tests.crawlers.site import Page, Site, article, declare, listing

DAY = timedelta(days=1)
NOW = datetime(2026, 11, 28, 3)  # noqa: DTZ001
LISTING = "https://example.org/list"
SOURCE = Source("s", "S", Kind.NOTICE, Discovery.INDEX, (LISTING, f"{LISTING}2"), min_items=2)


def _result(outcome: Outcome, role: Role = Role.CONTENT, reason: str = "", place: str = "") -> PageResult:
    url = f"https://example.org/{role}/{outcome}/{reason}"
    return PageResult(url, place or url, role, outcome, NOW, reason=reason)


def _report(*pages: PageResult, listed: int = 5, ended: str = "finished", error: str = "") -> CrawlReport:
    return CrawlReport("s", "r", NOW, NOW, ended=ended, error=error, listed=listed, pages=pages)


LIST = _result(Outcome.NEW, Role.DISCOVERY)
SAME = _result(Outcome.UNCHANGED, Role.DISCOVERY)
MOVED = replace(LIST, url=LISTING, final_url="https://elsewhere.org/")
AWAY = replace(MOVED, outcome=Outcome.FAILED, reason="HTTP 500")
OTHER = replace(AWAY, url="https://example.org/list2", final_url="https://example.org/list2")
GONE = replace(LIST, url=LISTING, role=Role.CONTENT, outcome=Outcome.GONE, reason="HTTP 404")
SAME_SITE = replace(MOVED, final_url="https://www.example.org/all")
NEW = _result(Outcome.NEW)
WALL = _result(Outcome.BLOCKED, reason="challenge: says 'captcha'")
CASES = {
    "news": (_report(LIST, NEW), Health.OK, ""),
    "nothing new": (_report(LIST, _result(Outcome.UNCHANGED)), Health.QUIET, "nothing new"),
    "listing unchanged": (_report(SAME, listed=0), Health.QUIET, "nothing new"),
    "too few": (_report(LIST, NEW, listed=1), Health.BROKEN, "1 articles listed, at least 2"),
    "no listing": (
        _report(_result(Outcome.FAILED, Role.DISCOVERY, "connection refused")),
        Health.BROKEN,
        "refused",
    ),
    "all blocked": (_report(LIST, WALL, WALL), Health.BROKEN, "none of 2 articles could be had: challenge"),
    "half blocked": (_report(LIST, WALL, NEW), Health.SUSPICIOUS, "1 of 2 articles give nothing to read"),
    "moved": (_report(MOVED, NEW), Health.BROKEN, f"{LISTING} has moved to https://elsewhere.org/"),
    "moved and empty": (_report(MOVED, listed=0), Health.BROKEN, "has moved to https://elsewhere.org/"),
    "moved page": (_report(replace(MOVED, role=Role.CONTENT)), Health.BROKEN, "has moved to"),
    "moved and ill": (_report(AWAY), Health.BROKEN, "has moved to"),
    "other host of the site": (_report(SAME_SITE, NEW), Health.OK, ""),
    "moved article": (_report(LIST, replace(NEW, final_url="https://elsewhere.org/")), Health.OK, ""),
    "gone": (_report(GONE), Health.BROKEN, f"{LISTING} is gone: HTTP 404"),
    "one of two listings": (_report(OTHER, LIST, NEW), Health.SUSPICIOUS, "list2 could not be had: HTTP 500"),
    "fell over": (
        _report(LIST, NEW, error="1 pages broke the crawler"),
        Health.SUSPICIOUS,
        "broke the crawl",
    ),
    "crashed": (_report(ended="crashed", error="boom"), Health.BROKEN, "crashed: boom"),
}


@pytest.mark.parametrize("name", CASES)
def test_verdicts(name: str) -> None:
    report, status, evidence = CASES[name]
    verdict = judge(SOURCE, report)
    assert verdict.status is status
    assert evidence in verdict.evidence
    assert verdict.since == NOW


def test_a_selector_without_match_breaks_a_source() -> None:
    missed = NotContent(Refusal.SELECTOR_MISSED, "content 'div.art'", "https://example.org/1")
    verdict = judge(SOURCE, _report(LIST, NEW, NEW, NEW), unread=[missed])
    assert verdict.status is Health.BROKEN
    assert "div.art" in verdict.evidence


def test_silence_is_measured_by_what_is_usual() -> None:
    daily = [PastRun(NOW - number * DAY, Health.OK, news=1) for number in range(20, 8, -1)]
    quiet = [PastRun(NOW - number * DAY, Health.QUIET, news=0) for number in range(8, 0, -1)]
    verdict = judge(SOURCE, _report(SAME, listed=0), [*daily, *quiet])
    assert verdict.status is Health.SUSPICIOUS
    assert "9 days without news; usual are 1.0" in verdict.evidence
    monthly = [PastRun(NOW - number * DAY, Health.OK, news=1) for number in (120, 90, 60, 30)]
    assert judge(SOURCE, _report(SAME, listed=0), [*monthly, *quiet]).status is Health.QUIET


def test_a_dead_source_is_flagged_at_once_and_since_when() -> None:
    dead = _report(_result(Outcome.FAILED, Role.DISCOVERY, "host name cannot be resolved"))
    history = [
        PastRun(NOW - 3 * DAY, Health.OK, 1),
        *(PastRun(NOW - n * DAY, Health.BROKEN, 0) for n in (2, 1)),
    ]
    verdict = judge(SOURCE, dead, history)
    assert (verdict.status, verdict.since) == (Health.BROKEN, NOW - 2 * DAY)


def test_notices_are_revisited_ever_less_often() -> None:
    state, intervals, moment = None, [], NOW
    for _ in range(9):
        due = next_due(state, moment, changed=state is None)
        intervals.append((due - moment) / timedelta(hours=1))
        state, moment = PageState(digest="d", last_fetched=moment, next_due=due), due
    assert intervals == [6, 12, 24, 48, 96, 192, 384, 672, 672]
    assert next_due(state, moment, changed=True) - moment == timedelta(hours=6)


def test_what_is_due() -> None:
    later = PageState(digest="d", last_fetched=NOW, next_due=NOW + timedelta(hours=3))
    soon = PageState(digest="d", last_fetched=NOW, next_due=NOW + timedelta(hours=1))
    assert [page_is_due(SOURCE, page, NOW) for page in (None, PageState(), later, soon)] == [
        True,
        True,
        False,
        True,
    ]
    assert page_is_due(replace(SOURCE, revisit=Revisit.ALWAYS), later, NOW)
    assert not page_is_due(replace(SOURCE, revisit=Revisit.NEVER), soon, NOW)
    weekly = replace(SOURCE, schedule=Schedule.WEEKLY)
    assert source_is_due(weekly, None, NOW)
    assert not source_is_due(weekly, NOW - 2 * DAY, NOW)
    assert source_is_due(weekly, NOW - 7 * DAY + timedelta(minutes=30), NOW)


def test_old_files_go_unless_evidence_needs_them(tmp_path: Path) -> None:
    names = [archive_name("board", NOW - number * DAY) for number in (400, 300, 10)]
    unloaded = [archive_name("other", NOW - 400 * DAY), archive_name("killed", NOW - 400 * DAY)]
    for name in (*names, *unloaded, "foreign.warc.gz"):
        (tmp_path / name).write_bytes(b"x" * 10)
    (tmp_path / names[0].replace(".warc.gz", ".report.json")).write_bytes(b"{}")
    loaded = {"board": NOW, "killed": NOW - 401 * DAY}
    old = expired(tmp_path, NOW - 100 * DAY, {names[1]}, loaded)
    assert [path.name for path in old] == [names[0]]
    assert remove(old) == 12
    kept = [names[1], names[2], *unloaded, "foreign.warc.gz"]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(kept)


@pytest.mark.usefixtures("warm_crawls")
def test_a_look_reads_one_article_and_keeps_nothing(site: Site, tmp_path: Path) -> None:
    links = [f"/n/{number}" for number in range(5)]
    site.pages |= {link: Page(article(f"Notice {link}")) for link in links} | {"/list": Page(listing(*links))}
    source = declare(tmp_path, "board", f'type = "index"\nurls = ["{site.url}/list"]')
    look = look_at(source)
    assert isinstance(look.page, ReadPage)
    assert (look.report.listed, look.url, look.page.document.title) == (5, f"{site.url}/n/0", "Notice /n/0")
    assert site.paths() == ["/robots.txt", "/list", "/n/0"]
    assert [path.name for path in tmp_path.iterdir()] == ["board.toml"]
