"""The night as a real Prefect flow over real crawl processes; its final state tells the truth."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

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
import sys
from pathlib import Path
from flows.settings import calm_prefect, load_settings
calm_prefect()
from flows.nightly import nightly
state = nightly(load_settings(), ["nobody", "youtube_help"], return_state=True)
print(state.type.value, "|", state.message)
"""


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
    assert done.returncode == 0
    last = done.stdout.splitlines()[-1]
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
