"""`linkpolicy serve` with a real Prefect server: a run that its scheduler made comes to its end."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml  # type: ignore[import-untyped]

from flows.sample import write_sources

ROOT = Path(__file__).parents[2]


def until(seconds: float, ask: Any) -> Any:
    """Ask until there is an answer."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if answer := ask():
            return answer
        time.sleep(2)  # each question costs the server work
    raise AssertionError(f"no answer in {seconds} s")


def runs_of(api: str, flow: str, *states: str) -> list[dict[str, Any]]:
    wanted = {
        "flows": {"name": {"any_": [flow]}},
        "flow_runs": {"state": {"type": {"any_": list(states)}}},
        "sort": "EXPECTED_START_TIME_ASC",
    }
    found: list[dict[str, Any]] = httpx.post(f"{api}/flow_runs/filter", json=wanted, timeout=60).json()
    return found


@pytest.mark.slow
@pytest.mark.timeout(600)  # a full server builds its database first
def test_a_run_made_by_the_scheduler_is_completed(tmp_path: Path) -> None:
    write_sources(tmp_path / "sources", "http://127.0.0.1:9")
    environment = os.environ | {"PREFECT_HOME": str(tmp_path / "prefect")}
    environment.pop("PREFECT_API_URL", None)
    command = [sys.executable, "-m", "flows.cli", "serve", "--port", "0", "--data", str(tmp_path / "data")]
    process = subprocess.Popen(
        [*command, "--sources", str(tmp_path / "sources")],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        [address] = re.findall(r"http://\S+", process.stdout.readline())
        api = f"{address}/api"
        assert until(120, lambda: runs_of(api, "nightly", "SCHEDULED"))
        [due, *_] = until(120, lambda: runs_of(api, "deliver-alerts", "SCHEDULED"))
        assert due["auto_scheduled"]
        now = {"state": {"type": "SCHEDULED", "name": "Scheduled"}, "force": True}  # not at the hour, but now
        httpx.post(f"{api}/flow_runs/{due['id']}/set_state", json=now, timeout=60).raise_for_status()
        done = until(240, lambda: runs_of(api, "deliver-alerts", "COMPLETED", "FAILED", "CRASHED"))
        assert [(run["id"], run["state"]["type"]) for run in done] == [(due["id"], "COMPLETED")]
        assert done[0]["state"]["message"] == "no warehouse yet"
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) is not None


def test_the_deployments_name_flows_that_there_are() -> None:
    declared = yaml.safe_load((ROOT / "prefect.yaml").read_text(encoding="utf-8"))["deployments"]
    assert len(declared) == 4
    for deployment in declared:
        path, _, name = deployment["entrypoint"].partition(":")
        source = (ROOT / path).read_text(encoding="utf-8")
        assert re.search(rf"^@flow\(.*\)\ndef {name}\(", source, re.MULTILINE), deployment
