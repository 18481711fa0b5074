"""What is told later than its night: reminders on the eve, and pages that flip; with a real warehouse."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from extract.records import Action, Document, Extraction, Fact, Kind, Lang, PartialDate, Stage
from flows.delivery import deliver
from flows.later import channels_unless_flip, queue_later
from flows.routing import Channel, ChannelType, Route, Routes
from warehouse.load import load_batch
from warehouse.records import Batch, Cause, SnapshotRow

START = datetime(2022, 2, 22, 3, 0)  # noqa: DTZ001
HELP, OTHER = "https://x.example/help", "https://x.example/notice"


class Place:
    """A warehouse into which nights are loaded, and what the file channel has received."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, log: Path, *, reminder: bool = False) -> None:
        self._connection, self._log = connection, log
        channel = Channel("file", ChannelType.FILE)
        self._routes = Routes({"file": channel}, (Route(("file",), reminder=reminder),), timedelta(days=60))

    def night(
        self, day: int, action: Action | None = None, start: PartialDate | None = None,
        end: PartialDate | None = None, url: str = HELP, *, dated: int | None = None,
    ) -> list[str]:  # fmt: skip
        """Load a night in which a page says something, deliver, and return the new headlines."""
        now = START + timedelta(days=day)
        before = len(self._lines())
        if action is not None:
            text = f"{action} from {start} to {end}: links to Taobao in Kuaishou's live rooms."
            fact = Fact(
                "kuaishou", "live", "taobao", action, start, end, None, Stage.DECIDED,
                text, 0, len(text), ("en.x",), 0.9,
            )  # fmt: skip
            written = START + timedelta(days=day if dated is None else dated)
            published = None if url == HELP and dated is None else written.date()
            document = Document("d", Lang.EN, Kind.NOTICE, published, "Links", text, url, "x", "kuaishou")
            snapshot = SnapshotRow(url, "x", now, 200, "text/html", f"sha256:{text}", "x.warc.gz", day)
            batch = Batch(
                f"run-{day}", now, Cause.CRAWL, snapshots=(snapshot,),
                readings=((document, Extraction(document.id, (fact,))),),
            )  # fmt: skip
            load_batch(self._connection, batch, channels_unless_flip(self._connection, self._routes, now))
        for _ in range(2):  # an hourly delivery finds nothing more to do
            queue_later(self._connection, self._routes, now)
            deliver(self._connection, self._routes, now, alerts_log=self._log)
        return [str(json.loads(line)["headline"]) for line in self._lines()[before:]]

    def alerts(self) -> list[dict[str, str]]:
        return [json.loads(line) for line in self._lines()]

    def _lines(self) -> list[str]:
        return self._log.read_text().splitlines() if self._log.exists() else []


@pytest.fixture
def place(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> Place:
    return Place(connection, tmp_path / "alerts.jsonl")


def test_a_page_that_turns_round_is_told_in_its_night(place: Place) -> None:
    assert len(place.night(0, Action.BLOCK)) == 1
    [headline] = place.night(2, Action.ALLOW)
    assert "allows Taobao links" in headline
    assert [headline for day in (5, 34) for headline in place.night(day)] == []


def test_a_page_that_goes_back_is_told_when_it_has_come_to_rest(place: Place) -> None:
    assert len(place.night(0, Action.BLOCK)) == 1
    assert len(place.night(2, Action.ALLOW)) == 1
    assert place.night(4, Action.BLOCK) == []
    assert place.night(5) == place.night(6) == []
    [headline] = place.night(7)
    assert "blocks Taobao links" in headline
    assert [headline for day in (8, 12, 35) for headline in place.night(day)] == []


def test_a_page_that_wavers_is_told_once_each_way(place: Place) -> None:
    assert len(place.night(0, Action.BLOCK)) == 1
    assert len(place.night(1, Action.ALLOW)) == 1
    assert place.night(2, Action.BLOCK) == place.night(3, Action.ALLOW) == []
    assert [headline for day in (6, 34) for headline in place.night(day)] == []


def test_flips_long_after_the_first_alert_leave_the_receiver_with_the_truth(place: Place) -> None:
    assert len(place.night(0, Action.BLOCK)) == 1
    assert len(place.night(20, Action.ALLOW)) == 1
    assert place.night(22, Action.BLOCK) == []
    assert place.night(24, Action.ALLOW) == []
    assert place.night(26, Action.BLOCK) == []
    [headline] = [headline for day in (27, 28, 29, 30, 34, 57) for headline in place.night(day)]
    assert "blocks Taobao links" in headline


def test_an_undated_reversal_on_a_page_that_was_written_since_is_told_in_its_night(place: Place) -> None:
    assert len(place.night(0, Action.BLOCK, dated=-30)) == 1
    [headline] = place.night(2, Action.ALLOW, dated=1)
    assert "allows Taobao links" in headline
    assert place.night(4, Action.BLOCK, dated=-30) == [], "the old version, from a cache perhaps"
    assert place.night(6, Action.ALLOW, dated=1) == []
    assert [headline for day in (7, 8, 9, 10, 13) for headline in place.night(day)] == []


def test_a_reversal_that_is_announced_is_told_in_its_night(place: Place) -> None:
    assert len(place.night(0, Action.BLOCK, PartialDate(2022, 2, 22))) == 1
    assert len(place.night(2, Action.ALLOW, PartialDate(2022, 2, 25))) == 1, "another day on the same page"
    assert len(place.night(4, Action.BLOCK, PartialDate(2022, 3, 1), url=OTHER)) == 1, "a new document"


def test_a_reminder_goes_out_once_on_the_eve_if_it_is_chosen(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    place = Place(connection, tmp_path / "alerts.jsonl", reminder=True)
    first = place.night(0, Action.ALLOW, PartialDate(2022, 3, 1), PartialDate(2022, 3, 10))
    told = {day: headlines for day in (1, 5, 6, 7, 15, 16, 17) if (headlines := place.night(day))}
    eves = {(START + timedelta(days=day)).date(): headlines for day, headlines in told.items()}
    assert set(eves) == {date(2022, 2, 28), date(2022, 3, 10)}
    assert all(headlines == [f"Reminder: {first[0]}"] for headlines in eves.values())
    alerts = place.alerts()
    assert len({alert["id"] for alert in alerts}) == 3
    assert len({alert["thread"] for alert in alerts}) == 1


def test_no_reminder_goes_out_of_what_holds_no_more_or_was_not_chosen(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    place = Place(connection, tmp_path / "alerts.jsonl", reminder=True)
    place.night(0, Action.BLOCK, PartialDate(2022, 3, 5))
    place.night(2, Action.BLOCK, PartialDate(2022, 4, 5))  # the page was edited: another day
    assert [headline for day in (9, 10, 11, 12) for headline in place.night(day)] == []
    unasked = Place(connection, tmp_path / "alerts.jsonl")
    assert [headline for day in (40, 41, 42) for headline in unasked.night(day)] == []
