"""A damaged file of the state stops no night: it is put aside, told of, and what is readable is kept."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from flows import journal
from flows.cli import run
from flows.damage import put_aside
from flows.health import health_file
from flows.journal import journal_of
from flows.progress import begin, running
from flows.settings import Settings
from flows.unread import unread_file
from tests.flows.year import FIRST, play, prepared

NIGHT = {
    "run_id": "run-1", "started_at": "2023-12-31T03:15:00", "finished_at": "2023-12-31T03:16:00",
    "sources": [], "problems": [],
}  # fmt: skip
DAMAGED = {
    journal_of: f'{json.dumps(NIGHT)}\n{{"run_id": "ru',
    unread_file: '[{"url": 1}]',
    health_file: "[]]",
}


def leave_as_after_a_restart(settings: Settings) -> None:
    """Put there what another boot left: a process that is somebody else's now, files half written."""
    (settings.state / "run.lock").write_text(f"{os.getpid()}\n")
    begin(settings.state, "run-2", FIRST, 8)
    (settings.state / "nights.jsonl.part").write_text('{"run_id": "ru')
    settings.published.mkdir()
    (settings.published / f".policy-000001.duckdb.{os.getpid()}.tmp").write_bytes(bytes(10_000))
    settings.archive.mkdir()
    (settings.archive / "kuaishou-20231231T031500000000.warc.gz.part").write_bytes(b"\x1f\x8b\x08\x00")


def test_a_night_over_damaged_files_is_a_night(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    world, settings = prepared(tmp_path, 1)
    settings.state.mkdir()
    leave_as_after_a_restart(settings)
    for file_in, text in DAMAGED.items():
        file_in(settings.state).write_text(text)
    assert run(["status", "--data", str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"linkpolicy: {journal_of(settings.state)}: is damaged (JSONDecodeError: ")
    assert said.count("\n") == 1

    night = play(settings, world, 0)

    assert night.alerts == 1
    assert len(night.problems) == len(DAMAGED)
    for (file_in, text), problem in zip(DAMAGED.items(), night.problems, strict=True):
        path = file_in(settings.state)
        aside = path.with_name(f"{path.name}.damaged-{FIRST:%Y%m%dT%H%M%S}")
        assert aside.read_text() == text
        assert problem.startswith(f"{path} was damaged and is put aside as {aside.name}: ")
    first, second = journal.nights(settings.state)
    assert (first, second["run_id"]) == (NIGHT, night.run_id)
    assert second["problems"] == list(night.problems), "status shows them"
    assert put_aside(settings.state, FIRST) == ()
    assert running(settings.state) is None
    assert [path.name for path in settings.published.iterdir() if path.suffix == ".tmp"] == []


@pytest.mark.parametrize("text", ["[]", '{"run_id": "x"}', "\x00", json.dumps(NIGHT | {"sources": [{}]})])
def test_what_is_no_record_of_a_night_is_put_aside(text: str, tmp_path: Path) -> None:
    journal_of(tmp_path).write_text(f"{json.dumps(NIGHT)}\n{text}\n")
    assert len(put_aside(tmp_path, FIRST)) == 1
    assert journal.nights(tmp_path) == [NIGHT]
