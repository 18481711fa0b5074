"""What the chat services and mail would get through Apprise; the requests are caught where they leave."""

from __future__ import annotations

import json
import smtplib
from collections.abc import Callable
from dataclasses import replace
from email import message_from_string
from html import escape
from pathlib import Path
from typing import Any

import pytest
import requests

from flows.channels import send
from flows.messages import Message, compose, digest
from flows.routing import Channel, ChannelType
from tests.flows.changes import CHANGE, EVIDENCE, TODAY

AWKWARD = replace(EVIDENCE, sentence="3月1日起，直播间不再支持<淘宝联盟>&*京东联盟*的链接" * 4)
CHANGES = [replace(CHANGE, change_id=f"5d1f0d3c-{n}", evidence=(AWKWARD,)) for n in range(30)]
ALERTS = [compose(f"alert-{n}-", change, TODAY) for n, change in enumerate(CHANGES)]


def body(sent: Any) -> int:
    return len(json.dumps(sent))


# URL for Apprise, where its text is in what leaves, and the service's limit as its documentation has it.
SERVICES: dict[str, tuple[str, Callable[[Any], str], Callable[[Any], int], int]] = {
    "slack": (
        "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#links",
        lambda sent: "\n".join(sent["attachments"][0][part] for part in ("title", "text")),
        lambda sent: len(sent["attachments"][0]["text"]),
        40_000,
    ),
    "discord": (
        "discord://4174216298/JHMHI8qBe7bk2ZwO5U7",
        lambda sent: sent["content"],
        lambda sent: len(sent["content"]),
        2000,
    ),
    "telegram": (
        "tgram://123456789:abcdefg_hijklmnop/12315544/",
        lambda sent: sent["text"],
        lambda sent: len(sent["text"]),
        4096,
    ),
    "dingtalk": ("dingtalk://secret@abcdefgh0123456789", lambda sent: sent["text"]["content"], body, 20_000),
    "feishu": ("feishu://abcdefgh-1234-5678-9012", lambda sent: sent["content"]["text"], body, 20_000),
    "lark": ("lark://abcdefgh-1234-5678-9012", lambda sent: sent["content"]["text"], body, 20_000),
    "wecom": (
        "wecombot://693a91f6-7aaa-4bc4-97a0-0ec2sifa5aaa",
        lambda sent: sent["text"]["content"],
        lambda sent: len(sent["text"]["content"].encode()),
        2048,
    ),
}


@pytest.fixture
def left(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What has left for the net, as JSON; every service is content."""
    caught: list[Any] = []

    def answer(_: Any, request: requests.PreparedRequest, **__: Any) -> requests.Response:
        caught.append(json.loads(request.body or b""))
        response = requests.Response()
        response.status_code, response.request = 200, request
        response._content = b"ok" if "slack" in str(request.url) else b'{"ok": true, "code": 0, "errcode": 0}'
        return response

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", answer)
    monkeypatch.setattr("time.sleep", lambda _: None)  # Apprise does not hurry the services
    return caught


def deliver(url: str, message: Message, tmp_path: Path) -> None:
    send(Channel("desk", ChannelType.APPRISE, url=url), message, tmp_path / "x")


@pytest.mark.parametrize("name", SERVICES)
def test_an_alert_is_one_message_and_a_long_digest_is_cut_to_what_the_service_takes(
    name: str, left: list[Any], tmp_path: Path
) -> None:
    url, text_of, size, limit = SERVICES[name]
    alert = ALERTS[0]
    deliver(url, alert, tmp_path)
    [sent] = left
    text = text_of(sent)
    assert size(sent) <= limit
    assert text.count(alert.headline) == 1
    assert "\nWhat:      Taobao links\n" in text.replace("\r", "")
    assert alert.id in text
    quoted = "不再支持<淘宝联盟>&*京东联盟*"
    assert (escape(quoted) if name in {"telegram", "slack"} else quoted) in text

    left.clear()
    deliver(url, digest(ALERTS), tmp_path)
    assert max(map(size, left)) <= limit
    assert all(any(alert.id in text_of(sent) for sent in left) for alert in ALERTS)


def test_mail_keeps_its_lines_and_what_looks_like_markup(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    mails: list[str] = []

    class Sink:
        def __init__(self, *_: Any, **__: Any) -> None: ...
        def __getattr__(self, _: str) -> Callable[..., None]:
            return lambda *_, **__: None

        def sendmail(self, _sender: str, _to: list[str], mail: str) -> None:
            mails.append(mail)

    monkeypatch.setattr(smtplib, "SMTP", Sink)
    monkeypatch.setattr(smtplib, "SMTP_SSL", Sink)
    deliver("mailtos://user:pass@example.org?to=desk@example.org&format=text", ALERTS[0], tmp_path)
    [mail] = [message_from_string(mail) for mail in mails]
    assert str(mail["Subject"]) == ALERTS[0].headline
    text = mail.get_payload(decode=True)
    assert isinstance(text, bytes)
    assert "\nStage:     decided\n" in text.decode()
    assert "<淘宝联盟>&*京东联盟*" in text.decode()
