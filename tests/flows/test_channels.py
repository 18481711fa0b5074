"""Sending through real channels: a web server on localhost, a file, Apprise."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import replace
from pathlib import Path

import pytest

from flows.channels import ChannelError, send
from flows.messages import Message, compose
from flows.routing import Channel, ChannelType
from tests.flows.changes import CHANGE, TODAY
from tests.flows.receiver import Receiver


@pytest.fixture
def message() -> Message:
    return compose("alert-1", CHANGE, TODAY)


def test_webhook_is_signed_and_carries_its_id(receiver: Receiver, message: Message, tmp_path: Path) -> None:
    send(Channel("desk", ChannelType.WEBHOOK, url=receiver.url, secret="k"), message, tmp_path / "x")  # noqa: S106
    [(headers, body)] = receiver.received
    parts = dict(part.split("=") for part in headers["X-Linkpolicy-Signature"].split(","))
    expected = hmac.new(b"k", f"{parts['t']}.".encode() + body, hashlib.sha256).hexdigest()
    assert parts["v1"] == expected
    assert headers["Idempotency-Key"] == "alert-1"
    sent = json.loads(body)
    assert sent["schema"] == "linkpolicy.alert/1"
    assert sent["id"] == "alert-1"
    assert sent["change"]["after"]["action"] == "block"


@pytest.mark.parametrize(
    ("answer", "final"), [(500, False), (429, False), (404, False), (400, True), (422, True)]
)
def test_webhook_refusals(
    receiver: Receiver, message: Message, tmp_path: Path, answer: int, final: bool
) -> None:
    receiver.answer = answer
    with pytest.raises(ChannelError, match=str(answer)) as caught:
        send(Channel("desk", ChannelType.WEBHOOK, url=receiver.url), message, tmp_path / "x")
    assert caught.value.final is final


def test_a_receiver_that_is_down_is_told_without_the_address(message: Message, tmp_path: Path) -> None:
    channel = Channel("desk", ChannelType.WEBHOOK, url="http://127.0.0.1:9/secret-token")
    with pytest.raises(ChannelError) as caught:
        send(channel, message, tmp_path / "x")
    assert "secret-token" not in str(caught.value)


def test_file_holds_each_alert_once_also_after_a_crash(message: Message, tmp_path: Path) -> None:
    log = tmp_path / "alerts" / "alerts.jsonl"
    channel = Channel("file", ChannelType.FILE)
    send(channel, message, log)
    send(channel, message, log)
    with log.open("a") as file:
        file.write('{"cut off by a cr')
    send(channel, compose("alert-2", CHANGE, TODAY), log)
    lines = log.read_text().splitlines()
    assert [json.loads(line)["id"] for line in (lines[0], lines[2])] == ["alert-1", "alert-2"]
    assert len(lines) == 3


def test_what_a_library_raises_is_told_without_its_words(
    receiver: Receiver, message: Message, tmp_path: Path
) -> None:
    unsendable = replace(message, body="\ud800 and secret-token")
    for channel in (Channel("desk", ChannelType.WEBHOOK, url=receiver.url), Channel("log", ChannelType.FILE)):
        with pytest.raises(ChannelError, match=r"^failed \(UnicodeEncodeError\)$") as caught:
            send(channel, unsendable, tmp_path / "x")
        assert not caught.value.final


def test_console_is_brief(message: Message, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    send(Channel("console", ChannelType.CONSOLE), message, tmp_path / "x")
    out = capsys.readouterr().out
    assert out.startswith("* Kuaishou blocks Taobao links in live rooms from 1 March 2022\n")
    assert "直播间购物车不再支持淘宝联盟的链接" in out
    assert out.count("\n") == 4


def test_apprise_reaches_a_real_receiver(receiver: Receiver, message: Message, tmp_path: Path) -> None:
    url = receiver.url.replace("http://", "json://")
    send(Channel("chat", ChannelType.APPRISE, url=url), message, tmp_path / "x")
    [(_, body)] = receiver.received
    assert json.loads(body)["title"] == message.headline
    receiver.answer = 500
    with pytest.raises(ChannelError, match="did not take"):
        send(Channel("chat", ChannelType.APPRISE, url=url), message, tmp_path / "x")
    with pytest.raises(ChannelError, match="does not know"):
        send(Channel("chat", ChannelType.APPRISE, url="pigeon://loft"), message, tmp_path / "x")
