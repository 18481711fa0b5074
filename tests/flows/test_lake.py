"""What a lake that cannot be written does to a run: it is told in one line, and nothing else.

With a real lake: `tests/warehouse/test_lake.py`.
"""

from __future__ import annotations

import shutil
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path

import pytest

from flows.cli import run
from flows.errors import FailedError
from flows.lake import write_lake
from flows.night import publish_or_fail
from flows.run import PlainStages, _publish_and_deliver
from flows.settings import Settings

NOWHERE = "host=/nowhere dbname=lake"
NOW = datetime(2024, 1, 1, 3, 15)  # noqa: DTZ001


@pytest.fixture
def settings(tmp_path: Path, template: Path) -> Settings:
    """A machine with an empty warehouse, whose lake is out of reach."""
    shutil.copy(template, tmp_path / "warehouse.duckdb")
    return Settings(data=tmp_path, lake=NOWHERE)


def test_a_night_publishes_and_delivers_all_the_same(settings: Settings) -> None:
    delivery = _publish_and_deliver(settings, PlainStages(), lambda: NOW)
    [problem] = delivery.problems
    assert problem.startswith("lake: ")
    assert "\n" not in problem
    assert settings.published_file.exists()


def test_outside_a_night_the_command_fails_when_all_else_is_done(settings: Settings) -> None:
    with pytest.raises(FailedError, match="loaded and published, but lake: "):
        publish_or_fail(settings)
    assert settings.published_file.exists()


def test_a_server_without_an_answer_is_not_waited_for(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flows.lake._LONGEST", 0.01)
    assert write_lake(settings) == ("lake: not written (no end after 0 minutes)",)


def test_without_the_setting_nothing_is_tried(tmp_path: Path) -> None:
    assert write_lake(Settings(data=tmp_path)) == ()


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("LAKE", "policy", "setting LINKPOLICY_LAKE: must say how Postgres is reached"),
        ("LAKE", "host=db password=geheim", "setting LINKPOLICY_LAKE: must not hold the password"),
        ("LAKE", "postgresql://me:geheim@db/policy", "setting LINKPOLICY_LAKE: must not hold the password"),
        ("LAKE_SCHEMA", "a b", "setting LINKPOLICY_LAKE_SCHEMA: "),
        ("DATA", "nowhere", "there is no lake: LINKPOLICY_LAKE"),
    ],
)
def test_a_wrong_setting_is_told_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, value: str, told: str
) -> None:
    monkeypatch.setenv(f"LINKPOLICY_{name}", value)
    assert run(["lake"]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert told in line
    assert "geheim" not in line


@pytest.mark.skipif(find_spec("duckdb_extension_ducklake") is not None, reason="the extra is installed")
def test_a_missing_extra_is_told_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("LINKPOLICY_LAKE", NOWHERE)
    for command in (["lake"], ["policy"]):
        assert run([*command, "--data", str(tmp_path)]) == 2
        [line] = capsys.readouterr().err.splitlines()
        assert "pip install 'linkpolicy[lake]'" in line
