"""The scenarios: observations in, intervals and changes out. All are played in one warehouse."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from tests.warehouse.scenario import Scenario, change_line, load_scenarios, play_all, policy_lines
from warehouse.checks import run_checks
from warehouse.rebuild import drift
from warehouse.records import Change
from warehouse.store import connect

_SCENARIOS = load_scenarios()
Played = tuple[duckdb.DuckDBPyConnection, dict[str, list[list[Change]]]]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    path: Path = tmp_path_factory.mktemp("scenarios") / "warehouse.duckdb"
    with connect(path) as connection:
        yield connection, play_all(connection, _SCENARIOS)


@pytest.mark.parametrize("place", range(len(_SCENARIOS)), ids=[f"{s.file}: {s.name}" for s in _SCENARIOS])
def test_scenario(played: Played, place: int) -> None:
    connection, changes = played
    scenario: Scenario = _SCENARIOS[place]
    assert policy_lines(connection, f"p{place}") == scenario.policy, scenario.why
    assert [[change_line(change) for change in night] for night in changes[f"p{place}"]] == scenario.changes


def test_every_scenario_has_its_own_name() -> None:
    assert len({scenario.name for scenario in _SCENARIOS}) == len(_SCENARIOS) >= 40


def test_stored_policy_is_what_a_full_derivation_gives(played: Played) -> None:
    assert drift(played[0]) == []


def test_no_check_finds_an_error(played: Played) -> None:
    assert [failure for failure in run_checks(played[0]) if failure.severity == "error"] == []
