"""A night that is running, or was killed, is seen by `status`, which disturbs nobody."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from flows import night
from flows.cli import run
from flows.lock import only_run
from flows.progress import begin, note, running, watched
from flows.settings import Settings
from flows.status import status_of
from tests.flows.year import FIRST
from warehouse.records import HeldError

NOW = FIRST + timedelta(minutes=5)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path)


def start(settings: Settings) -> None:
    begin(settings.state, "run-1", FIRST, 3)
    for step in ({"crawling": "one"}, {"crawling": "two"}, {"crawled": "one"}):
        note(settings.state, **step)


def test_a_running_night_is_shown_also_while_it_writes_the_warehouse(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def held(*_: Any, **__: Any) -> None:
        raise HeldError("in use")

    with only_run(settings.state), watched(settings.state):
        start(settings)
        settings.warehouse.touch()
        with monkeypatch.context() as patched:
            patched.setattr("warehouse.store.connect", held)
            found = status_of(settings, NOW)
            assert found.running is not None
            assert (found.running.alive, found.running.process) == (True, os.getpid())
            assert (found.running.sources, found.running.crawled, found.running.crawling) == (3, 1, ("two",))
            assert run(["status", "--data", str(settings.data)]) == 0
            said = capsys.readouterr().out
            assert f"process {os.getpid()}: crawl, 1 of 3 sources crawled, now two\n" in said
            assert run(["status", "--json", "--data", str(settings.data)]) == 0
            shown: dict[str, Any] = json.loads(capsys.readouterr().out)["running"]
            assert (shown["started_at"], shown["alive"]) == (FIRST.isoformat(), True)
        note(settings.state, stage="load")
        seen = running(settings.state)
        assert seen is not None
        assert seen.stage == "load"
    assert running(settings.state) is None
    settings.warehouse.unlink()
    assert any("no night has been run" in need for need in status_of(settings, NOW).needs)


@pytest.mark.parametrize("lock", [None, "nobody", "another command"])
def test_a_killed_night_is_told_whoever_has_its_number_now(settings: Settings, lock: str | None) -> None:
    """The lock file names our own living process, as it may after a restart; the kernel knows better."""
    settings.state.mkdir()
    start(settings)
    if lock:
        (settings.state / "run.lock").write_text(f"{os.getpid()}\n")
    text = (settings.state / "running.jsonl").read_text()
    if lock == "another command":
        (settings.state / "running.jsonl").write_text(text.replace(str(os.getpid()), "1"))
        with only_run(settings.state):
            found = status_of(settings, NOW)
    else:
        found = status_of(settings, NOW)
    assert found.running is not None
    assert not found.running.alive
    assert found.needs == (
        "the night begun at 2024-01-01 03:15 UTC was killed at its crawl: `linkpolicy run` makes up for it",
    )


@pytest.mark.parametrize("text", ["", '{"run_id": "ru', "[]\n", "\x00\x00\x00\n", '{"stage": "load"}\n'])
def test_what_a_lost_write_left_is_no_night(settings: Settings, text: str) -> None:
    settings.state.mkdir()
    (settings.state / "running.jsonl").write_text(text)
    assert running(settings.state) is None


def test_crawls_note_their_beginning_and_end(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.state.mkdir()
    begin(settings.state, "run-1", FIRST, 1)
    seen = []

    def played(source: Any, *_: Any, **__: Any) -> None:
        found = running(settings.state)
        assert found is not None
        seen.append(found.crawling)

    monkeypatch.setattr("crawlers.crawl.crawl_source", played)
    [source] = night.pick_sources(night.declared_sources(settings), [night.declared_sources(settings)[0].id])
    night.crawl(settings, "run-1", source, None)  # type: ignore[arg-type]
    found = running(settings.state)
    assert found is not None
    assert (seen, found.crawled, found.crawling) == ([(source.id,)], 1, ())
