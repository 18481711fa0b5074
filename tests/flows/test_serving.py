"""A real Prefect server: `linkpolicy serve` runs what its scheduler makes, a worker what is deployed."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from flows.sample import write_sources

ROOT = Path(__file__).parents[2]

# As the guide says, but in one process, which spares three imports of Prefect; and from another directory.
BY_HAND = """
import os, sys
from prefect.cli import app
elsewhere = sys.argv[1]
for command in (
    "work-pool create linkpolicy --type process",
    "deploy --all",
    "deployment run reread/by-hand",
    "worker start --pool linkpolicy --run-once",
):
    sys.argv = ["prefect", *command.split()]
    try:
        app()
    except SystemExit as end:
        if end.code:
            raise
    if command.startswith("deploy "):
        os.chdir(elsewhere)
"""

# One worker runs them all, so that one database and one server serve all.
pytestmark = pytest.mark.xdist_group("prefect")


def until(seconds: float, ask: Any) -> Any:
    """Ask until there is an answer."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if answer := ask():
            return answer
        time.sleep(2)  # each question costs the server work
    raise AssertionError(f"no answer in {seconds} s")


def post(url: str, body: Any) -> Any:
    """Ask Prefect's API; imported here is httpx, for every process collects this file and one runs it."""
    import httpx

    answer = httpx.post(url, json=body, timeout=60)
    answer.raise_for_status()
    return answer.json()


def runs_of(api: str, flow: str, *states: str) -> list[dict[str, Any]]:
    wanted = {
        "flows": {"name": {"any_": [flow]}},
        "flow_runs": {"state": {"type": {"any_": list(states)}}},
        "sort": "EXPECTED_START_TIME_ASC",
    }
    found: list[dict[str, Any]] = post(f"{api}/flow_runs/filter", wanted)
    return found


@pytest.fixture(scope="module")
def served(prefect_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """`linkpolicy serve` with a server of its own; the address of its API."""
    place = tmp_path_factory.mktemp("serving")
    write_sources(place / "sources", "http://127.0.0.1:9")
    environment = os.environ | {"PREFECT_HOME": str(prefect_home)}
    environment.pop("PREFECT_API_URL", None)
    command = [sys.executable, "-m", "flows.cli", "serve", "--port", "0", "--data", str(place / "data")]
    process = subprocess.Popen(
        [*command, "--sources", str(place / "sources")],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        [address] = re.findall(r"http://\S+", process.stdout.readline())
        yield f"{address}/api"
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) is not None


@pytest.mark.slow
@pytest.mark.timeout(600)  # a full server builds its database first
def test_a_run_made_by_the_scheduler_is_completed(served: str) -> None:
    assert until(120, lambda: runs_of(served, "nightly", "SCHEDULED"))
    [due, *_] = until(120, lambda: runs_of(served, "deliver-alerts", "SCHEDULED"))
    assert due["auto_scheduled"]
    now = {"state": {"type": "SCHEDULED", "name": "Scheduled"}, "force": True}  # not at the hour, but now
    post(f"{served}/flow_runs/{due['id']}/set_state", now)
    done = until(240, lambda: runs_of(served, "deliver-alerts", "COMPLETED", "FAILED", "CRASHED"))
    assert [(run["id"], run["state"]["type"]) for run in done] == [(due["id"], "COMPLETED")]
    assert done[0]["state"]["message"] == "no warehouse yet"


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.skipif(
    not os.environ.get("LINKPOLICY_TEST_ALL"),
    reason="Prefect's own worker, half a minute: set LINKPOLICY_TEST_ALL=1",
)
def test_the_deployments_are_deployed_and_run_by_a_worker(
    served: str, prefect_home: Path, template: Path, tmp_path: Path
) -> None:
    shutil.copy(template, tmp_path / "warehouse.duckdb")
    environment = os.environ | {
        "PREFECT_HOME": str(prefect_home),
        "PREFECT_API_URL": served,
        "LINKPOLICY_HOME": str(ROOT),
        "LINKPOLICY_DATA": str(tmp_path),
    }
    done = subprocess.run(
        [sys.executable, "-c", BY_HAND, str(tmp_path)],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    wanted = {"work_pools": {"name": {"any_": ["linkpolicy"]}}}
    found = post(f"{served}/deployments/filter", wanted)
    declared = yaml.safe_load((ROOT / "prefect.yaml").read_text(encoding="utf-8"))["deployments"]
    by_entrypoint = {deployment["entrypoint"]: deployment for deployment in found}
    assert by_entrypoint.keys() == {deployment["entrypoint"] for deployment in declared}
    for deployment in declared:
        schedules = [
            {key: schedule["schedule"][key] for key in ("cron", "timezone")}
            for schedule in by_entrypoint[deployment["entrypoint"]]["schedules"]
        ]
        assert schedules == deployment.get("schedules", [])
    mine = by_entrypoint["flows/stored.py:reread"]["id"]
    ran = runs_of(served, "reread", "COMPLETED", "FAILED", "CRASHED")
    [state] = [run["state"] for run in ran if run["deployment_id"] == mine]
    assert state["type"] == "COMPLETED"
    assert state["message"].startswith("0 archive files, ")
    assert (tmp_path / "published" / "policy.duckdb").exists()


def test_the_deployments_name_flows_that_there_are() -> None:
    declared = yaml.safe_load((ROOT / "prefect.yaml").read_text(encoding="utf-8"))["deployments"]
    assert len(declared) == 4
    for deployment in declared:
        path, _, name = deployment["entrypoint"].partition(":")
        source = (ROOT / path).read_text(encoding="utf-8")
        assert re.search(rf"^@flow\(.*\)\ndef {name}\(", source, re.MULTILINE), deployment
