"""Some nights of the simulated year, and the same nights with the process killed again and again.

LINKPOLICY_TEST_NIGHTS and LINKPOLICY_TEST_KILLS ask for more (365 and 200 is the full measure).
"""

from __future__ import annotations

import os
from pathlib import Path

import duckdb
import pytest

from flows import journal
from flows.settings import Settings
from tests.flows.killing import killed_nights
from tests.flows.year import Played, judge, prepared

KILLS = int(os.environ.get("LINKPOLICY_TEST_KILLS", "2"))
TOLD = "SELECT platform, surface, target, kind, effect FROM change ORDER BY ALL"
HELD = "SELECT platform, surface, target, action, valid_from, valid_to FROM policy ORDER BY ALL"


pytestmark = pytest.mark.xdist_group("year")  # one worker plays the nights, which are looked at again


def published(settings: Settings, query: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(settings.published_file.resolve()), read_only=True) as connection:
        return connection.execute(query).fetchall()


@pytest.mark.timeout(1200)
def test_every_change_is_told_once_and_in_its_night(calm: Played) -> None:
    world = calm.world
    for day, night in enumerate(calm.nights):
        out = {source for source in world.sources() if world.is_out(day, source)}
        assert {run.source_id for run in night.sources if run.status == "broken"} == out
    verdict = judge(calm.settings, world)
    assert verdict.missed == ()
    assert verdict.late == ()
    assert verdict.doubled == 0
    assert verdict.reported >= verdict.outages
    assert len(verdict.false) <= 0.01 * verdict.alerts


@pytest.mark.timeout(3600)
def test_kills_lose_and_double_nothing(calm: Played, tmp_path: Path) -> None:
    world, killed = prepared(tmp_path / "killed", calm.world.nights)
    lines = list(killed_nights(killed.data, world.nights, KILLS))
    assert lines[-1]["kills"] > 0
    assert len(journal.nights(killed.state)) == world.nights
    for query in (TOLD, HELD):
        assert published(killed, query) == published(calm.settings, query)
    verdict = judge(killed, world)
    assert (verdict.doubled, verdict.missed) == (0, ())
