"""The night as a real Prefect flow over real crawl processes; its final state tells the truth."""

from __future__ import annotations

import json
import os
import signal
import socket
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
from flows.nightly import nightly
state = nightly(load_settings(), ["nobody", "youtube_help"], return_state=True)
print(os.environ["PREFECT_API_URL"])
print(state.type.value, "|", state.message, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def is_gone(api: str) -> bool:
    """Wait until nothing listens at an address any more."""
    for _ in range(600):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", urlsplit(api).port or 0)) != 0:
                return True
        time.sleep(0.1)
    return False


@pytest.mark.slow
@pytest.mark.timeout(900)  # Prefect's temporary server starts slowly on a busy machine
def test_a_broken_source_fails_the_state_but_not_the_night(tmp_path: Path) -> None:
    environment = os.environ | {
        "LINKPOLICY_DATA": str(tmp_path / "data"),
        "LINKPOLICY_SOURCES": str(tmp_path / "sources"),
        "PREFECT_HOME": str(tmp_path / "prefect"),
    }
    with SampleServer() as server:
        write_sources(tmp_path / "sources", server.base_url)
        (tmp_path / "sources" / "nobody.toml").write_text(BROKEN, encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-c", FLOW], env=environment, capture_output=True, text=True, check=False
        )
    assert done.stderr == ""
    assert done.returncode == -signal.SIGKILL
    api, last = done.stdout.splitlines()[-2:]
    assert is_gone(api), "the temporary server outlives a run that was killed"
    assert last.startswith("FAILED | source nobody: ")
    assert "youtube_help" not in last
    [night] = [json.loads(line) for line in (tmp_path / "data/state/nights.jsonl").read_text().splitlines()]
    by_source = {run["source_id"]: run for run in night["sources"]}
    assert by_source["nobody"]["status"] == "broken"
    assert by_source["youtube_help"]["snapshots"] == 1
    assert (tmp_path / "data/published/policy.duckdb").exists()
    assert (
        (tmp_path / "data/published/linkpolicy.prom").read_text().startswith("# HELP linkpolicy_last_night")
    )
