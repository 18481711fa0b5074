"""A page that trips the extractor is tried again, told as news when it is read, and stops nothing else."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from extract import pipeline
from extract.records import Document, Extraction
from flows.reread import archive_files, read_again
from flows.settings import Settings
from flows.status import status_of
from flows.stores import looking
from flows.unread import TRIES, Unread, due, unread_pages, with_failed
from tests.flows.year import FIRST, World, declare, play, settings_of

PAGE = Unread("paper", "https://paper.example/1", "a.warc.gz", 7, datetime(2024, 1, 1), "oh", "v1")  # noqa: DTZ001
REAL = pipeline.extract_facts


def trips_on(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    def tripping(document: Document) -> Extraction:
        if document.url == url:
            raise RecursionError("too deep")
        return REAL(document)

    monkeypatch.setattr(pipeline, "extract_facts", tripping)


def told(settings: Settings) -> list[str]:
    lines = settings.alerts_log.read_text().splitlines() if settings.alerts_log.exists() else []
    return [json.loads(line)["change"]["platform"] for line in lines]


def test_a_page_that_trips_the_extractor_alerts_in_the_night_in_which_it_can_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, settings = World(3), settings_of(tmp_path)
    declare(world, tmp_path / "sources")
    first = world.announcements[0]
    url = f"https://{first.platform}.example/notice-0"

    trips_on(monkeypatch, url)
    night = play(settings, world, 0)
    assert [page for page, _ in night.unread] == [url]
    assert any(url in problem and "RecursionError: too deep" in problem for problem in night.problems)
    assert {run.source_id: run.status for run in night.sources}[first.platform] == "ok"
    assert told(settings) == []
    status = status_of(settings, FIRST)
    assert [page.url for page in status.unread] == [url]
    assert not any("tries" in need for need in status.needs)
    files = archive_files(settings.archive, None)
    waiting = frozenset(page.place for page in unread_pages(settings.state))
    again = [read_again(path, {}, waiting) for path in files]
    assert not any(url == row.url for read in again for row in read.snapshots), (
        "a re-reading leaves it to a night"
    )
    assert [fault for read in again for fault in read.faults] == []
    [fault] = [fault for path in files for fault in read_again(path, {}, ()).faults]
    assert "too deep" in fault, "a re-reading goes on past what trips it, and tells of it"

    monkeypatch.setattr(pipeline, "extract_facts", REAL)
    night = play(settings, world, 1)
    assert night.unread == ()
    assert unread_pages(settings.state) == ()
    assert first.platform in told(settings)
    with looking(settings) as connection:
        rows = connection.execute("SELECT count(*) FROM snapshot WHERE url = $url", {"url": url}).fetchall()
    assert rows == [(1,)], "the fetch is recorded once"


def test_tries_are_bounded_until_the_version_changes() -> None:
    kept: tuple[Unread, ...] = (PAGE,)
    nights = 1
    while due(kept, "v1"):
        kept = with_failed(kept, [replace(PAGE, since=datetime(2024, 1, 2), reason="again")])  # noqa: DTZ001
        nights += 1
    assert nights == TRIES
    [page] = kept
    assert (page.since, page.reason, page.given_up) == (PAGE.since, "again", True)
    assert due(kept, "v2") == [page]
    [page] = with_failed(kept, [replace(PAGE, version="v2")])
    assert (page.version, page.tries) == ("v2", 1)


def test_another_version_of_the_page_is_read_instead() -> None:
    assert due([PAGE], "v1", {PAGE.address}) == []
