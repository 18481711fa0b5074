"""Some nights of the simulated year, and the same nights with the process killed again and again.

LINKPOLICY_TEST_NIGHTS and LINKPOLICY_TEST_KILLS ask for more (365 and 200 is the full measure).
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest

from flows import journal
from flows.settings import Settings
from tests.flows.year import World, declare, judge, play, settings_of

NIGHTS = int(os.environ.get("LINKPOLICY_TEST_NIGHTS", "6"))
KILLS = int(os.environ.get("LINKPOLICY_TEST_KILLS", "2"))
TOLD = "SELECT platform, surface, target, kind, effect FROM change ORDER BY ALL"
HELD = "SELECT platform, surface, target, action, valid_from, valid_to FROM policy ORDER BY ALL"


def prepared(data: Path) -> tuple[Settings, World]:
    world = World(NIGHTS)
    settings = settings_of(data)
    declare(world, data / "sources")
    return settings, world


def published(settings: Settings, query: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(settings.published_file.resolve()), read_only=True) as connection:
        return connection.execute(query).fetchall()


@pytest.mark.timeout(1200)
def test_every_change_is_told_once_and_in_its_night(tmp_path: Path) -> None:
    settings, world = prepared(tmp_path)
    for day in range(NIGHTS):
        night = play(settings, world, day)
        out = {source for source in world.sources() if world.is_out(day, source)}
        assert {run.source_id for run in night.sources if run.status == "broken"} == out
    verdict = judge(settings, world)
    assert verdict.missed == ()
    assert verdict.late == ()
    assert verdict.doubled == 0
    assert verdict.reported >= verdict.outages
    assert len(verdict.false) <= 0.01 * verdict.alerts


@pytest.mark.timeout(3600)
def test_kills_lose_and_double_nothing(tmp_path: Path) -> None:
    calm, world = prepared(tmp_path / "calm")
    for day in range(NIGHTS):
        play(calm, world, day)
    killed, _ = prepared(tmp_path / "killed")
    chance = random.Random(5)  # noqa: S311
    command = [sys.executable, "-m", "tests.flows.year", "--nights", str(NIGHTS), "--data", str(killed.data)]
    for _ in range(KILLS):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True)
        _wait_for_work(killed, process)
        time.sleep(chance.random() * 2)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    assert len(journal.nights(killed.state)) == NIGHTS
    for query in (TOLD, HELD):
        assert published(killed, query) == published(calm, query)
    verdict = judge(killed, world)
    assert (verdict.doubled, verdict.missed) == (0, ())


def _wait_for_work(settings: Settings, process: subprocess.Popen[bytes]) -> None:
    """Wait until the process has finished one more night or begun to load: starting up is no fun to kill."""
    before = len(journal.nights(settings.state))
    for _ in range(1200):
        if process.poll() is not None or len(journal.nights(settings.state)) > before:
            return
        time.sleep(0.05)
