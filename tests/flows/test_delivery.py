"""The outbox is emptied in order, whatever the channels do; with a real warehouse and real receivers."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from extract.records import Action, Document, Extraction, Fact, Kind, Lang, PartialDate, Stage
from flows.delivery import Delivery, deliver
from flows.routing import Channel, ChannelType, Route, Routes
from tests.flows.receiver import Receiver
from warehouse import outbox
from warehouse.load import load_batch
from warehouse.records import Batch, Cause

START = datetime(2022, 2, 22, 3, 0)  # noqa: DTZ001
TARGETS = ("taobao", "jd", "youzan", "weidian", "pinduoduo")


def load_night(connection: duckdb.DuckDBPyConnection, routes: Routes, night: int, target: str) -> int:
    now = START + timedelta(days=night)
    text = f"From 1 March 2022 Kuaishou blocks links to {target} in live rooms."
    fact = Fact(
        "kuaishou", "live", target, Action.BLOCK, PartialDate(2022, 3, 1), None, None, Stage.DECIDED,
        text, 0, len(text), ("en.block",), 0.9,
    )  # fmt: skip
    document = Document(
        f"d{night}", Lang.EN, Kind.NOTICE, now.date(), target, text, f"https://x.example/{night}"
    )
    batch = Batch(f"run-{night}", now, Cause.CRAWL, readings=((document, Extraction(document.id, (fact,))),))
    return load_batch(connection, batch, routes.channels_at(now)).alerts


def make_routes(*channels: Channel) -> Routes:
    by_name = {channel.name: channel for channel in channels}
    return Routes(by_name, (Route(tuple(by_name)),), timedelta(days=90))


def run(connection: duckdb.DuckDBPyConnection, routes: Routes, now: datetime, tmp_path: Path) -> Delivery:
    return deliver(connection, routes, now, alerts_log=tmp_path / "alerts.jsonl")


def ids(receiver: Receiver) -> list[str]:
    return [json.loads(body)["change"]["target"] for _, body in receiver.received]


def test_a_channel_that_is_down_for_a_week_delivers_all_in_order(
    connection: duckdb.DuckDBPyConnection, receiver: Receiver, tmp_path: Path
) -> None:
    routes = make_routes(
        Channel("desk", ChannelType.WEBHOOK, url=receiver.url), Channel("file", ChannelType.FILE)
    )
    receiver.answer = 503
    for night, target in enumerate(TARGETS):
        assert load_night(connection, routes, night, target) == 2
        for hour in range(0, 24, 4):
            result = run(connection, routes, START + timedelta(days=night, hours=hour), tmp_path)
            assert all("desk: answered HTTP 503" in problem for problem in result.problems)
        assert len((tmp_path / "alerts.jsonl").read_text().splitlines()) == night + 1  # the file never waits
    assert set(ids(receiver)) == {TARGETS[0]}  # nothing overtakes the first
    assert len(receiver.received) < 5 * 6  # and it is not tried at every delivery
    receiver.answer = 200
    receiver.received.clear()
    for hour in range(8):
        run(connection, routes, START + timedelta(days=7, hours=hour), tmp_path)
    assert ids(receiver) == list(TARGETS)
    assert outbox.backlog(connection) == []


def test_a_message_that_is_refused_holds_up_no_other_and_can_be_retried(
    connection: duckdb.DuckDBPyConnection, receiver: Receiver, tmp_path: Path
) -> None:
    routes = make_routes(Channel("desk", ChannelType.WEBHOOK, url=receiver.url))
    for night, target in enumerate(TARGETS[:2]):
        load_night(connection, routes, night, target)
    receiver.answers = [422, 200]
    now = START + timedelta(days=2)
    result = run(connection, routes, now, tmp_path)
    assert (result.sent, result.dead) == (1, {"desk": 1})
    assert run(connection, routes, now, tmp_path).sent == 0
    assert outbox.retry(connection, channel="desk") == 1
    assert run(connection, routes, now, tmp_path).sent == 1
    assert ids(receiver) == ["taobao", "jd", "taobao"]
    keys = [headers["Idempotency-Key"] for headers, _ in receiver.received]
    assert keys[0] == keys[2]


def test_a_crash_after_sending_sends_again_under_the_same_id(
    connection: duckdb.DuckDBPyConnection, receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    routes = make_routes(
        Channel("desk", ChannelType.WEBHOOK, url=receiver.url), Channel("file", ChannelType.FILE)
    )
    load_night(connection, routes, 0, "taobao")
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(outbox, "delivered", _crash)
        run(connection, routes, START, tmp_path)
    assert run(connection, routes, START, tmp_path).sent == 2
    keys = [headers["Idempotency-Key"] for headers, _ in receiver.received]
    assert len(keys) == 2
    assert len(set(keys)) == 1
    assert len((tmp_path / "alerts.jsonl").read_text().splitlines()) == 1


def _crash(*_: object) -> None:
    raise KeyboardInterrupt


def test_quiet_hours_hold_back_what_is_not_urgent(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    file = Channel("file", ChannelType.FILE, quiet=(START.time(), (START + timedelta(hours=4)).time()))
    routes = make_routes(file)
    load_night(connection, routes, -10, "jd")
    early = START - timedelta(days=10)
    assert run(connection, routes, early + timedelta(hours=1), tmp_path).sent == 0
    assert run(connection, routes, early + timedelta(hours=5), tmp_path).sent == 1
    load_night(connection, routes, 0, "taobao")  # takes effect within seven days: urgent
    assert run(connection, routes, START + timedelta(hours=1), tmp_path).sent == 1


def test_a_digest_is_one_message_for_all_that_waits(
    connection: duckdb.DuckDBPyConnection, receiver: Receiver, tmp_path: Path
) -> None:
    routes = make_routes(Channel("desk", ChannelType.WEBHOOK, url=receiver.url, digest=True))
    for night, target in enumerate(TARGETS[:3]):
        load_night(connection, routes, night, target)
    receiver.answers = [503]
    assert run(connection, routes, START + timedelta(days=3), tmp_path).sent == 0
    assert run(connection, routes, START + timedelta(days=3, hours=1), tmp_path).sent == 3
    first, second = (json.loads(body) for _, body in receiver.received)
    assert first["id"] == second["id"]
    assert second["headline"] == "3 changes of link policy"
    for name in ("Taobao", "JD.com", "Youzan"):
        assert f"Kuaishou blocks {name} links in live rooms" in second["text"]
    assert [change["target"] for change in second["change"]["changes"]] == ["taobao", "jd", "youzan"]


def test_a_channel_that_is_declared_no_more_is_told(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    routes = make_routes(Channel("file", ChannelType.FILE))
    load_night(connection, routes, 0, "taobao")
    result = run(connection, replace(routes, channels={}), START, tmp_path)
    assert result.problems == ("channel file: is not declared any more, and 1 alerts wait for it",)
