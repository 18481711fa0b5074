"""The outbox is emptied in order, whatever the channels do; with a real warehouse and real receivers."""

from __future__ import annotations

import io
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from extract.records import Action, Document, Extraction, Fact, Kind, Lang, PartialDate, Stage
from flows.delivery import Delivery, deliver
from flows.night import deliver_alerts, publish
from flows.routing import Channel, ChannelType, Route, Routes
from flows.run import run_night
from flows.settings import Settings
from flows.stores import writing
from tests.flows.receiver import Receiver
from tests.flows.year import FIRST, PlayedStages, prepared
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


@contextmanager
def nobody_reads() -> Iterator[io.TextIOWrapper]:
    """A pipe whose reader has left, as in `| head`."""
    ours, theirs = os.pipe()
    os.close(ours)
    written = os.fdopen(theirs, "wb", buffering=0)
    try:
        yield io.TextIOWrapper(written, encoding="utf-8", write_through=True)
    finally:
        written.close()


@contextmanager
def only_ascii() -> Iterator[io.TextIOWrapper]:
    yield io.TextIOWrapper(io.BytesIO(), encoding="ascii")


@pytest.mark.parametrize(
    ("stdout", "reason"),
    [
        (nobody_reads, "standard output: Broken pipe"),
        (only_ascii, "standard output: cannot show this message in ascii"),
    ],
)
def test_a_console_that_takes_nothing_costs_no_other_channel(  # noqa: PLR0917
    stdout: Any,
    reason: str,
    connection: duckdb.DuckDBPyConnection,
    receiver: Receiver,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    routes = make_routes(
        Channel("console", ChannelType.CONSOLE), Channel("desk", ChannelType.WEBHOOK, url=receiver.url)
    )
    load_night(connection, routes, 0, "taobao")
    for minutes, sent in ((0, 1), (1, 0)):
        with stdout() as output, monkeypatch.context() as patch:
            patch.setattr(sys, "stdout", output)
            result = run(connection, routes, START + timedelta(minutes=minutes), tmp_path)
        assert (result.sent, result.dead, result.problems) == (sent, {}, (f"channel console: {reason}",))
    assert ids(receiver) == ["taobao"]
    assert run(connection, routes, START + timedelta(hours=1), tmp_path).sent == 1, "it is told in the end"


def test_what_was_sent_when_the_run_is_stopped_is_not_sent_again(
    connection: duckdb.DuckDBPyConnection, receiver: Receiver, tmp_path: Path
) -> None:
    routes = make_routes(
        Channel("desk", ChannelType.WEBHOOK, url=receiver.url), Channel("file", ChannelType.FILE)
    )
    for night, target in enumerate(TARGETS[:3]):
        load_night(connection, routes, night, target)

    def stop_us() -> None:
        main = threading.main_thread().ident
        assert main is not None
        signal.pthread_kill(main, signal.SIGINT)  # the thread that waits for our answer, not this one
        time.sleep(0.5)  # the message is on its way all the time

    receiver.meanwhile = stop_us
    with pytest.raises(KeyboardInterrupt):
        run(connection, routes, START + timedelta(days=3), tmp_path)
    assert ids(receiver) == ["taobao"], "no other message was begun"
    receiver.meanwhile = lambda: None
    assert run(connection, routes, START + timedelta(days=3), tmp_path).problems == ()
    assert ids(receiver) == list(TARGETS[:3])
    assert len((tmp_path / "alerts.jsonl").read_text().splitlines()) == 3
    assert [(alert.channel, alert.attempts) for alert in outbox.listing(connection)].count(("file", 1)) == 3


def test_a_digest_that_is_refused_is_taken_apart(
    connection: duckdb.DuckDBPyConnection, receiver: Receiver, tmp_path: Path
) -> None:
    routes = make_routes(Channel("desk", ChannelType.WEBHOOK, url=receiver.url, digest=True))
    for night, target in enumerate(TARGETS[:3]):
        load_night(connection, routes, night, target)
    receiver.answers = [413, 200, 422, 200]
    result = run(connection, routes, START + timedelta(days=3), tmp_path)
    assert (result.sent, result.dead) == (2, {"desk": 1})
    alone = [json.loads(body)["change"] for _, body in receiver.received[1:]]
    assert [change["target"] for change in alone] == list(TARGETS[:3])


def test_only_what_is_published_is_told(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    routes = make_routes(Channel("file", ChannelType.FILE))
    for night, target in enumerate(TARGETS[:3]):
        load_night(connection, routes, night, target)
    now, log = START + timedelta(days=3), tmp_path / "alerts.jsonl"
    result = deliver(connection, routes, now, alerts_log=log, published={"run-0"})
    assert result.sent == 1
    [problem] = result.problems
    assert problem.startswith("2 alerts are held back until their runs are published; `linkpolicy check`")
    assert (
        deliver(connection, routes, now, alerts_log=log, published={f"run-{n}" for n in range(3)}).sent == 2
    )


class SpoiledStages(PlayedStages):
    """Loses rows between loading and publishing, so that the checks fail."""

    def publish(self, settings: Settings) -> None:
        with writing(settings) as connection:
            connection.execute("UPDATE policy SET valid_to = valid_from")
        super().publish(settings)


def test_what_a_night_held_back_no_later_delivery_tells(tmp_path: Path) -> None:
    world, settings = prepared(tmp_path, 2)
    night = run_night(settings, (), SpoiledStages(world, 0), lambda: FIRST)
    [problem] = night.problems
    assert problem.startswith("not published, alerts held back: ")

    later = FIRST + timedelta(hours=1)
    hourly = deliver_alerts(settings, later)
    assert hourly.sent == 0
    assert "1 alerts are held back until their runs are published" in hourly.problems[0]
    assert not settings.alerts_log.exists()

    with writing(settings) as connection:
        connection.execute("UPDATE policy SET valid_to = DATE '9999-12-31'")
    publish(settings)
    assert deliver_alerts(settings, later) == Delivery(1, {}, ())
