"""No log record carries a channel's secret, whoever writes it."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from flows.routing import load_routes
from flows.settings import Settings

TOKEN, KEY = "T0ken-Of-A-Webhook-2718", "signing-key-31415"
ROUTES = """
[channels.desk]
type = "webhook"
url = "https://hooks.example/services/${LINKPOLICY_TOKEN}?key=query-secret"
secret = "${LINKPOLICY_KEY}"
[channels.team]
type = "apprise"
url = "json://user:pass-word-1@localhost/"
[[routes]]
channels = ["desk", "team"]
"""


def test_secrets_of_channels_stay_out_of_messages_and_tracebacks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "alerts.toml").write_text(ROUTES)
    monkeypatch.setenv("LINKPOLICY_TOKEN", TOKEN)
    monkeypatch.setenv("LINKPOLICY_KEY", KEY)
    channels = load_routes(Settings(data=tmp_path)).channels
    logger = logging.getLogger("httpx")
    with caplog.at_level(logging.INFO):
        logger.info('HTTP Request: POST %s "HTTP/1.1 200 OK"', channels["desk"].url)
        logger.info("signed by %s, sent to %s", KEY, channels["team"].url)
        try:
            int(f"cannot reach host with {TOKEN}, pass-word-1 and query-secret")
        except ValueError:
            logger.exception("failed")
    shown = caplog.text
    assert shown.count("[hidden]") >= 6
    assert "cannot reach host" in shown
    for secret in (TOKEN, KEY, "query-secret", "pass-word-1"):
        assert secret not in shown
        assert all(secret not in repr(channel) for channel in channels.values())
