"""Feed, calendar and metrics are well formed and say what is known."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from xml.etree import ElementTree as ET

import feedparser

from flows.exports import atom, calendar, metrics
from tests.flows.changes import BLOCK, CHANGE, REVERSED
from warehouse.outbox import Backlog

NOW = datetime(2022, 3, 1, 4, 0)  # noqa: DTZ001


def test_the_feed_is_read_by_a_feed_reader() -> None:
    text = atom([CHANGE, REVERSED], NOW)
    ET.fromstring(text)  # noqa: S314 - our own text
    feed = feedparser.parse(text)
    assert feed.bozo is False
    assert [entry.title for entry in feed.entries] == [
        "Kuaishou allows Taobao links in live rooms from 28 October 2022 until 31 December 2022",
        "Kuaishou blocks Taobao links in live rooms from 1 March 2022",
    ]
    assert feed.entries[1].link == "https://notices.example/20220222"
    assert len({entry.id for entry in feed.entries}) == 2


def test_the_calendar_shows_the_day_and_drops_one_that_was_moved() -> None:
    moved = replace(
        REVERSED, kind="rescheduled", before=BLOCK, after=replace(BLOCK, valid_from=date(2022, 4, 1))
    )
    text = calendar([CHANGE, moved], NOW)
    assert text.count("BEGIN:VEVENT") == 1
    assert "DTSTART;VALUE=DATE:20220401" in text
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    assert text.endswith("END:VCALENDAR\r\n")


def test_a_day_that_is_not_known_is_no_day_in_the_calendar() -> None:
    vague = replace(CHANGE, after=replace(BLOCK, from_precision="month"))
    assert "BEGIN:VEVENT" not in calendar([vague], NOW)


def test_metrics_are_in_the_text_format() -> None:
    night = {
        "started_at": "2022-03-01T03:15:00", "finished_at": "2022-03-01T03:20:00", "problems": [],
        "sources": [{"status": "ok", "bytes": 1000}, {"status": "broken", "bytes": 0}],
        "documents": 3, "observations": 5, "changes": {"new": 2}, "alerts": 2,
    }  # fmt: skip
    text = metrics(night, [Backlog("desk", "pending", 4, datetime(2022, 3, 1, 3, 0))], {"free": 10**9}, NOW)  # noqa: DTZ001
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    assert "linkpolicy_last_night_duration_seconds 300" in lines
    assert 'linkpolicy_last_night_sources{status="broken"} 1' in lines
    assert 'linkpolicy_alerts_waiting{channel="desk",state="pending"} 4' in lines
    assert 'linkpolicy_alerts_oldest_seconds{channel="desk",state="pending"} 3600' in lines
