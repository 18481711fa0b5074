"""Send a message through one channel; whatever goes wrong becomes one ChannelError."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import os
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from flows.messages import Message
from flows.routing import Channel, ChannelType

SCHEMA = "linkpolicy.alert/1"
_TIMEOUT = 20.0
# Answers by which a receiver says that it will never take this message.
_FINAL = frozenset({400, 413, 414, 415, 422})
# Bytes of text that a robot of these takes in one message, less some room; Apprise knows no such limit.
# The last three take 20,000 bytes of JSON, in which a Chinese character is written as six.
_MOST_BYTES = {"wecombot": 2000, "dingtalk": 9000, "feishu": 9000, "lark": 9000}
_TAIL = 4 * 1024 * 1024  # bytes of the alert file in which an id is looked for


class ChannelError(Exception):
    """A message that did not arrive.

    Attributes:
        reason: in one line, without secrets.
        final: the receiver refuses this very message; others may still arrive.
    """

    def __init__(self, reason: str, *, final: bool = False) -> None:
        self.reason, self.final = reason, final
        super().__init__(reason)


def send(channel: Channel, message: Message, alerts_log: Path) -> None:
    """Send one message.

    Args:
        channel: where to.
        message: what.
        alerts_log: the usual file of the type `file`.

    Raises:
        ChannelError: it did not arrive, as far as can be told.
    """
    try:
        _SENDERS[channel.type](channel, message, alerts_log)
    except ChannelError:
        raise
    except Exception as error:  # noqa: BLE001 - a fault of one channel must not cost the others
        # Not in its own words, which may hold a secret.
        raise ChannelError(f"failed ({type(error).__name__})") from None


def payload(message: Message) -> dict[str, Any]:
    """Return what a webhook and a JSON-lines file receive."""
    return {
        "schema": SCHEMA,
        "id": message.id,
        "thread": message.thread,
        "severity": message.severity.value,
        "headline": message.headline,
        "text": message.body,
        "change": dict(message.facts),
    }


def signature(secret: str, timestamp: int, body: bytes) -> str:
    """Return the value of the header `X-Linkpolicy-Signature` for a body sent at a time."""
    digest = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={digest}"


def _console(_channel: Channel, message: Message, _log: Path) -> None:
    try:
        sys.stdout.write(f"{message.brief}\n")
        sys.stdout.flush()
    except OSError as error:  # its reader has left, for example
        raise ChannelError(f"standard output: {error.strerror}") from None
    except UnicodeError:
        raise ChannelError(f"standard output: cannot show this message in {sys.stdout.encoding}") from None


def _file(channel: Channel, message: Message, log: Path) -> None:
    """Append a line, unless the id is there already: a crash may lie between line and ledger."""
    path = channel.path or log
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab+") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _TAIL))
            tail = file.read()
            if json.dumps(message.id).encode() in tail:
                return
            broken = bool(tail) and not tail.endswith(b"\n")  # a line cut off by a crash
            line = json.dumps(payload(message), ensure_ascii=False).encode() + b"\n"
            file.write(b"\n" + line if broken else line)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise ChannelError(f"{path}: {error.strerror}") from None


def _webhook(channel: Channel, message: Message, _log: Path) -> None:
    import httpx

    body = json.dumps(payload(message), ensure_ascii=False).encode()
    now = int(time.time())
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "Idempotency-Key": message.id,
        "User-Agent": "linkpolicy",
    }
    if channel.secret:
        headers["X-Linkpolicy-Signature"] = signature(channel.secret, now, body)
    try:
        answer = httpx.post(channel.url, content=body, headers=headers, timeout=_TIMEOUT)
    except httpx.HTTPError as error:
        raise ChannelError(f"no answer ({type(error).__name__})") from None
    except (httpx.InvalidURL, ValueError):
        raise ChannelError("the channel's url is not usable") from None
    if not answer.is_success:
        raise ChannelError(f"answered HTTP {answer.status_code}", final=answer.status_code in _FINAL)


def _apprise(channel: Channel, message: Message, _log: Path) -> None:
    import apprise

    logging.getLogger("apprise").setLevel(logging.CRITICAL)  # its own words would name the secret URL
    service = apprise.Apprise()
    if not service.add(channel.url):
        raise ChannelError("Apprise does not know this kind of url")
    body = message.body.removeprefix(message.headline).lstrip("\n")  # what the title says already
    for receiver in service:
        _fit(receiver, message.headline + body)
    if not service.notify(title=message.headline, body=body, body_format=apprise.NotifyFormat.TEXT):
        raise ChannelError("the service did not take the message")


def _fit(receiver: Any, text: str) -> None:
    """See that a service gets what is too long for it in parts, not as one message that it refuses.

    Apprise would send all as one, and counts characters where some services count bytes.
    """
    if receiver.overflow_mode == "upstream":
        receiver.overflow_mode = "split"
    most = _MOST_BYTES.get(receiver.secure_protocol)
    if most and len(text.encode()) > most:
        receiver.body_maxlen = most // len("\N{CJK UNIFIED IDEOGRAPH-4E00}".encode())


_SENDERS: Mapping[ChannelType, Callable[[Channel, Message, Path], None]] = {
    ChannelType.CONSOLE: _console,
    ChannelType.FILE: _file,
    ChannelType.WEBHOOK: _webhook,
    ChannelType.APPRISE: _apprise,
}
