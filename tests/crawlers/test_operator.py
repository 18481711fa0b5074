"""What an operator sees of the crawl: dead sources, one source tried, an archive that shrinks."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from crawlers.archive import archive_name, started_at_of
from flows.cli import run
from flows.journal import keep_night
from flows.night import utc_now
from flows.pruning import prune
from flows.run import PlainStages, run_night
from flows.settings import Settings
from tests.crawlers.site import Page, Site, article, declare, listing

RULE = "From 1 March 2022 Kuaishou no longer shows links to Taobao in its live rooms. " * 5


def _health(data: Path, sources: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, str]]:
    code = run(["sources", "health", "--json", "--sources", str(sources), "--data", str(data)])
    [row] = json.loads(capsys.readouterr().out)
    return code, row


@pytest.mark.usefixtures("warm_crawls")
def test_a_dead_source_is_flagged_within_two_runs_and_its_evidence_is_kept(
    site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, sources = tmp_path / "data", tmp_path / "sources"
    site.pages |= {"/list": Page(listing("/n/1")), "/n/1": Page(article("Links", RULE))}
    declare(sources, "board", f'type = "index"\nurls = ["{site.url}/list"]\n[expect]\nmin_items = 1')
    settings = Settings(data=data, sources=sources)
    first = run_night(settings, (), PlainStages())
    assert (first.sources[0].status, first.observations > 0) == ("ok", True)
    assert _health(data, sources, capsys)[0] == 0

    # The site is redesigned: the listing still answers, and names nothing any more.
    site.pages = {
        "/list": Page(b"<html><body><div id=app>Welcome to our new help centre</div></body></html>")
    }
    second = run_night(settings, (), PlainStages())
    code, row = _health(data, sources, capsys)
    assert (code, row["status"]) == (1, "broken")
    assert row["message"].startswith("0 articles listed, at least 1 are declared")
    assert row["since"].startswith(second.sources[0].started_at.isoformat()[:19])

    # Years later the first night's file stays for its statement; the one that only holds a listing may go.
    archive = sorted(settings.archive.glob("board-*.warc.gz"))
    assert len(archive) == 2
    foreign = settings.archive / archive_name("gone", started_at_of(archive[0].name))
    foreign.write_bytes(b"never loaded")
    later = second.finished_at + timedelta(days=900)
    planned = prune(settings, later, days=400, dry_run=True)
    assert (planned.files, planned.kept) == ((archive[1],), 1)
    assert archive[1].exists()
    assert prune(settings, later, days=400, dry_run=False) == planned
    assert sorted(settings.archive.glob("*.warc.gz")) == [archive[0], foreign]
    assert prune(settings, second.finished_at, days=400, dry_run=False).files == ()
    assert run(["sources", "prune", "--dry-run", "--json", "--data", str(data)]) == 0
    assert json.loads(capsys.readouterr().out) == {"files": [], "bytes": 0, "kept": 0, "deleted": False}


def _past(settings: Settings, now: datetime, source_id: str, statuses: dict[int, str]) -> None:
    """Keep what earlier nights came to: days ago and status; those that are ok brought news."""
    for days, status in sorted(statuses.items(), reverse=True):
        at = (now - timedelta(days=days)).isoformat()
        run = {"source_id": source_id, "started_at": at, "status": status, "message": "as it was"}
        night = {"run_id": f"night-{days}", "started_at": at, "finished_at": at, "problems": []}
        keep_night(settings.state, night | {"sources": [run | {"snapshots": int(status == "ok")}]})


@pytest.mark.usefixtures("warm_crawls")
def test_each_verdict_is_reached_by_a_night(
    site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Seven sources, each ill in its way; what is usual for two of them is told by the nights before."""
    data, sources = tmp_path / "data", tmp_path / "sources"
    settings = Settings(data=data, sources=sources, parallel_sources=3)
    elsewhere = site.url.replace("127.0.0.1", "localhost")
    wall = Page(b"<html><title>Just a moment...</title><body>Checking your browser</body></html>")
    feed = b"<rss version='2.0'><channel><title>Nothing yet</title></channel></rss>"
    site.pages |= {
        "/feed": Page(feed),
        "/empty": Page(listing()),
        "/walls": Page(listing("/wall/1", "/wall/2")),
    }
    site.pages |= {"/wall/1": wall, "/wall/2": wall, "/new": Page(article("Links", RULE))}
    site.pages["/old"] = Page(b"", 301, headers={"Location": f"{elsewhere}/new"}, etag=False)
    for name in ("resting", "silent"):
        declare(sources, name, f'type = "feed"\nurls = ["{site.url}/feed"]')
    declare(sources, "drawn", f'type = "index"\nurls = ["{site.url}/empty"]')
    declare(sources, "walled", f'type = "index"\nurls = ["{site.url}/walls"]')
    both = f'"{site.url}/old", "{elsewhere}/new"'
    declare(sources, "moved", f'type = "pages"\nurls = [{both}]')
    declare(sources, "gone", f'type = "pages"\nurls = ["{site.url}/away"]')
    layout = '\n[[selectors]]\ncontent = "div.art"'
    declare(sources, "redrawn", f'type = "pages"\nurls = ["{site.url}/new"]{layout}')
    now = utc_now()
    _past(settings, now, "silent", {23: "ok", 20: "ok", 17: "ok", 14: "ok", 13: "quiet"})
    _past(settings, now, "redrawn", {4: "ok", 2: "broken", 1: "broken"})

    night = run_night(settings, (), PlainStages())

    found = {run.source_id: (run.status, run.message) for run in night.sources}
    assert found["resting"] == ("quiet", "nothing new")
    assert found["drawn"] == ("broken", "the listing links to no article: drawn by script, or redesigned?")
    assert found["silent"] == ("suspicious", "14 days without news; usual are 3.0")
    told = "none of 2 articles could be had: challenge: says 'Just a moment' and little else"
    assert found["walled"] == ("broken", told)
    assert found["moved"] == ("broken", f"{site.url}/old has moved to {elsewhere}/new")
    assert found["gone"] == ("broken", f"{site.url}/away is gone: HTTP 404")
    since = f"(since {now - timedelta(days=2):%Y-%m-%d})"
    assert found["redrawn"] == ("broken", f"selector without match on 1 pages: content 'div.art' {since}")
    assert run(["sources", "health", "--json", "--sources", str(sources), "--data", str(data)]) == 1
    rows = {row["id"]: row for row in json.loads(capsys.readouterr().out)}
    assert {name: (row["status"], row["message"]) for name, row in rows.items()} == found
    assert rows["redrawn"]["since"] == (now - timedelta(days=2)).isoformat()
    assert rows["silent"]["last_news"] == (now - timedelta(days=14)).isoformat()


def test_a_source_is_tried_for_real(site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    site.pages |= {"/list": Page(listing("/n/1", "/n/2")), "/n/1": Page(article("Links", RULE))}
    declare(tmp_path, "board", f'type = "index"\nurls = ["{site.url}/list"]')
    assert run(["sources", "check", "--live", "board", "--sources", str(tmp_path)]) == 0
    shown = capsys.readouterr().out
    assert "board: 2 articles listed" in shown
    assert f"url        {site.url}/n/1" in shown
    assert "title      Links" in shown
    assert "no longer shows links to Taobao" in shown
    assert site.paths() == ["/robots.txt", "/list", "/n/1"]


@pytest.mark.usefixtures("warm_crawls")
def test_a_source_that_gives_nothing_is_told_with_the_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    declare(tmp_path, "away", 'type = "feed"\nurls = ["http://127.0.0.1:9/feed"]')
    assert run(["sources", "check", "--live", "away", "--sources", str(tmp_path)]) == 1
    told = capsys.readouterr()
    assert "failed: http://127.0.0.1:9/feed: " in told.out
    assert "no article could be had: no listing could be read" in told.err
    assert run(["sources", "check", "--live", "nobody", "--sources", str(tmp_path)]) == 2
    assert "unknown source 'nobody'" in capsys.readouterr().err
