"""The night as a real Prefect flow over real crawl processes; its final state tells the truth."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from flows.sample import write_sources
from flows.sample.server import SampleServer

BROKEN = """
id = "nobody"
name = "Nobody answers"
kind = "news"
local = true
[discovery]
type = "feed"
urls = ["http://127.0.0.1:9/feed.xml"]
[politeness]
delay = 0
"""
FLOW = """
import os, signal
from flows.apiserver import provide_api
from flows.settings import load_settings
provide_api()
from flows.errors import BusyError
from flows.lock import only_run
from flows.nightly import nightly, run_flow
from flows.stored import backfill, reread
state = nightly(load_settings(), ["nobody", "kuaishou_notices"], return_state=True)
for other in (reread(return_state=True), backfill([os.environ["DOCUMENT"]], return_state=True)):
    print(other.type.value, "|", other.message)
settings = load_settings()
with only_run(settings.state):
    second = nightly(settings, return_state=True)
    try:
        run_flow(settings, ())
    except BusyError as error:
        print(second.type.value, "|", second.message == str(error) and error)
print(os.environ["PREFECT_API_URL"])
print(state.type.value, "|", state.message, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


ROUTES = """
[channels.desk]
type = "webhook"
url = "http://127.0.0.1:9/${LINKPOLICY_TOKEN}"
secret = "${LINKPOLICY_KEY}"
[channels.team]
type = "apprise"
url = "json://${LINKPOLICY_PASSWORD}@127.0.0.1:9/${LINKPOLICY_TOKEN}"
[[routes]]
channels = ["desk", "team"]
"""
SECRETS = {
    "LINKPOLICY_TOKEN": "webhook-token-271828", "LINKPOLICY_KEY": "signing-key-314159",
    "LINKPOLICY_PASSWORD": "user:apprise-161803",
}  # fmt: skip


def is_gone(api: str) -> bool:
    """Wait until nothing listens at an address any more."""
    for _ in range(600):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", urlsplit(api).port or 0)) != 0:
                return True
        time.sleep(0.1)
    return False


@pytest.mark.slow
@pytest.mark.xdist_group("prefect")
@pytest.mark.timeout(900)  # Prefect's temporary server starts slowly on a busy machine
def test_a_broken_source_fails_the_state_but_not_the_night(tmp_path: Path, prefect_home: Path) -> None:
    environment = os.environ | {
        "LINKPOLICY_DATA": str(tmp_path / "data"),
        "LINKPOLICY_SOURCES": str(tmp_path / "sources"),
        "LINKPOLICY_ALERT_MAX_AGE_DAYS": "36500",
        "PREFECT_HOME": str(prefect_home),
        "DOCUMENT": str(tmp_path / "documents.jsonl"),
    } | SECRETS  # fmt: skip
    (tmp_path / "documents.jsonl").write_text('{"id": "d", "text": "Weibo blocks links to Taobao."}\n')
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "alerts.toml").write_text(ROUTES)
    with SampleServer() as server:
        write_sources(tmp_path / "sources", server.base_url)
        (tmp_path / "sources" / "nobody.toml").write_text(BROKEN, encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-c", FLOW], env=environment, capture_output=True, text=True, check=False
        )
    assert done.stderr == ""
    assert done.returncode == -signal.SIGKILL
    again, filled, second, api, last = done.stdout.splitlines()[-5:]
    assert second.startswith("CANCELLED | ")
    assert "another run is going on" in second
    assert again.startswith("COMPLETED | 1 archive files, ")
    assert filled.startswith("COMPLETED | 1 documents read, ")
    assert is_gone(api), "the temporary server outlives a run that was killed"
    assert last.startswith("FAILED | source nobody: ")
    assert "kuaishou_notices" not in last
    assert "channel desk: no answer" in last
    assert "channel team: the service did not take the message" in last
    with sqlite3.connect(prefect_home / "prefect.db") as kept:
        artifacts = set(kept.execute("SELECT key, type FROM artifact").fetchall())
    words = {(key, "markdown") for key in ("night", "reread", "backfill")}
    assert artifacts >= {*words, ("sources", "table")}
    files = (p for place in (tmp_path, prefect_home) for p in place.rglob("*") if p.is_file())
    written = done.stdout.encode() + b"".join(p.read_bytes() for p in files)
    assert b"did not take the message" in written
    assert [
        word for secret in SECRETS.values() for word in secret.split(":")[-1:] if word.encode() in written
    ] == []
    [night] = [json.loads(line) for line in (tmp_path / "data/state/nights.jsonl").read_text().splitlines()]
    by_source = {run["source_id"]: run for run in night["sources"]}
    assert by_source["nobody"]["status"] == "broken"
    assert by_source["kuaishou_notices"]["snapshots"] > 0
    assert (tmp_path / "data/published/policy.duckdb").exists()
    assert (
        (tmp_path / "data/published/linkpolicy.prom").read_text().startswith("# HELP linkpolicy_last_night")
    )
