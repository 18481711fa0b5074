"""What the operator is told, and when."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from flows.health import notices, tell
from flows.journal import keep_night
from flows.routing import Channel, ChannelType
from flows.settings import Settings
from flows.status import next_run
from tests.flows.receiver import Receiver

START = datetime(2024, 1, 1, 3, 15)  # noqa: DTZ001
PATIENCE = timedelta(hours=30)


def night(day: float, status: str, problems: tuple[str, ...] = ()) -> dict[str, Any]:
    started = START + timedelta(days=day)
    return {
        "run_id": f"run-{day}",
        "started_at": started.isoformat(),
        "finished_at": (started + timedelta(minutes=5)).isoformat(),
        "sources": [{"source_id": "paper", "status": status, "message": "connection refused"}],
        "problems": list(problems),
    }


def told(*statuses: str) -> list[str]:
    nights = [night(day, status) for day, status in enumerate(statuses)]
    return [notice.headline for notice in notices(nights, PATIENCE)]


def test_a_source_is_told_of_at_its_second_broken_night_and_when_it_is_back() -> None:
    assert told("ok", "broken") == []
    assert told("ok", "broken", "broken") == ["Source paper is broken: connection refused"]
    assert told("ok", "broken", "broken", "broken") == []
    assert told("broken", "broken", "quiet") == ["Source paper works again"]
    assert told("ok", "broken", "ok") == []


def test_a_missed_night_and_given_up_alerts_are_told() -> None:
    nights = [night(0, "ok"), night(3, "ok") | {"dead": {"desk": 2}}]
    found = [notice.headline for notice in notices(nights, PATIENCE)]
    assert found == [
        "Channel desk: 2 alerts were given up",
        "No night was finished for 72 hours before 2024-01-04T03:15",
    ]


def test_a_night_that_was_not_published_is_told() -> None:
    problem = "not published, alerts held back: overlap: 2 rows"
    [notice] = notices([night(0, "ok", (problem,))], PATIENCE)
    assert problem in notice.headline


def test_an_error_that_ends_nights_is_told_once_and_so_is_what_was_missed_by_it() -> None:
    failed = "the night failed: disk full"
    nights = [night(0, "ok"), night(1, "ok", (failed,)), night(2, "ok", (failed,)), night(3, "ok")]
    told = [[n.headline for n in notices(nights[:count], PATIENCE)] for count in range(1, 5)]
    missed = "No night was finished for 72 hours before 2024-01-04T03:15"
    assert told == [[], ["The night failed: disk full"], [], [missed]]


def test_a_lake_out_of_reach_is_told_once() -> None:
    problem = "lake: not written (Unable to connect to Postgres)"
    nights = [night(0, "ok"), night(1, "ok", (problem,)), night(2, "ok", (problem,)), night(3, "ok")]
    found = [[notice.headline for notice in notices(nights[:end], PATIENCE)] for end in range(1, 5)]
    assert found == [[], [f"What is published did not reach the {problem}"], [], []]


def test_notices_wait_until_the_channel_takes_them(receiver: Receiver, tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    channel = Channel("ops", ChannelType.WEBHOOK, url=receiver.url)
    for day in range(2):
        keep_night(settings.state, night(day, "broken"))
    receiver.answer = 500
    assert tell(settings, channel) == ["operator's channel ops: answered HTTP 500"]
    receiver.answer = 200
    assert tell(settings, channel) == []
    assert tell(settings, channel) == []
    ids = [json.loads(body)["id"] for _, body in receiver.received]
    assert len(ids) == 2
    assert len(set(ids)) == 1


def test_a_night_that_was_killed_before_it_told_is_made_up_for(receiver: Receiver, tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    channel = Channel("ops", ChannelType.WEBHOOK, url=receiver.url)
    keep_night(settings.state, night(0, "broken"))
    assert tell(settings, channel) == []
    keep_night(settings.state, night(1, "broken"))  # and here comes the kill
    keep_night(settings.state, night(2, "broken"))
    assert tell(settings, channel) == []
    [(_, body)] = receiver.received
    assert json.loads(body)["headline"] == "Source paper is broken: connection refused"


def test_the_next_night_is_found_in_its_zone() -> None:
    assert next_run("15 3 * * *", "UTC", START) == START + timedelta(days=1)
    assert next_run("15 3 * * *", "Asia/Shanghai", START) == datetime(2024, 1, 1, 19, 15)  # noqa: DTZ001
    assert next_run("never", "UTC", START) is None
