"""Who wants the warehouse while another process has it open waits and is told why."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Timer

import pytest

from flows import stores
from flows.cli import run
from flows.errors import InputError
from flows.night import known_pages, publish
from flows.settings import Settings
from warehouse.records import HeldError

HOLD = """
import sys, duckdb
with duckdb.connect(sys.argv[1], read_only=sys.argv[2] == "looking"):
    print("held", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def settings(tmp_path: Path, template: Path) -> Settings:
    shutil.copy(template, tmp_path / "warehouse.duckdb")
    return Settings(data=tmp_path)


@contextmanager
def held(settings: Settings, how: str, seconds: float | None = None) -> Iterator[None]:
    """Let another process hold the warehouse: for some seconds, or until the end."""
    command = [sys.executable, "-c", HOLD, str(settings.warehouse), how]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdin is not None
        assert holder.stdout.readline() == "held\n"
        timer = Timer(seconds or 0, holder.stdin.close)
        if seconds:
            timer.start()
        yield
        if seconds:
            timer.join()
        assert seconds or holder.poll() is None, "the holder was disturbed"


def test_who_writes_hands_the_gazetteer_over(settings: Settings) -> None:
    with stores.writing(settings) as connection:
        kinds = "SELECT scope FROM scope WHERE member = service_of($name) ORDER BY ALL"
        assert connection.execute(kinds, {"name": "TinyURL"}).fetchall() == [("shorteners",)]
        assert connection.execute(kinds, {"name": "拼多多"}).fetchall() == [("ecommerce",)]
        named = connection.execute("SELECT count(DISTINCT slug) FROM service").fetchone()
        assert named == (len(stores.gazetteer()),)


@pytest.mark.parametrize("command", [["alerts", "list"], ["status"], ["review", "list"]])
def test_a_command_that_looks_waits_for_a_run_that_writes(
    command: list[str], settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    with held(settings, "writing", 0.3):
        code = run([*command, "--data", str(settings.data)])
    said = capsys.readouterr()
    assert (code, said.out != "") == (1 if command == ["status"] else 0, True)  # there was no night yet
    assert "in use" not in said.err


def test_a_command_that_has_waited_long_enough_says_what_to_do(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(stores, "_GLANCE", 0.3)
    with held(settings, "writing"):
        assert run(["alerts", "list", "--data", str(settings.data)]) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"linkpolicy: {settings.warehouse}: another process is writing it; try again")
    assert said.count("\n") == 1


def test_a_night_that_begins_while_somebody_looks_waits_and_says_why(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(stores, "_TOLD_AFTER", 0.1)
    with held(settings, "looking"):
        assert run(["alerts", "list", "--data", str(settings.data)]) == 0, "two may look at once"
    with held(settings, "looking", 0.4):
        assert known_pages(settings, ()) == {}
    waiting = f"linkpolicy: {settings.warehouse}: another process holds it open; waiting for it to finish\n"
    assert capsys.readouterr().err == waiting


def test_publishing_waits_for_somebody_who_writes(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(stores, "_TOLD_AFTER", 0.1)
    with held(settings, "writing", 0.4):
        assert publish(settings) == settings.published_file
    assert "another process holds it open; waiting for it to finish" in capsys.readouterr().err
    monkeypatch.setattr(stores, "_PATIENCE", 0.2)
    with held(settings, "writing"), pytest.raises(HeldError, match="not published"):
        publish(settings)


def test_a_lost_warehouse_needs_a_person(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    settings.warehouse.rename(settings.warehouse.with_name("warehouse.duckdb.manifest.json"))
    assert run(["status", "--data", str(settings.data)]) == 1
    assert f"{settings.warehouse} is missing, though runs were loaded into it" in capsys.readouterr().err


def test_what_neither_memory_nor_disk_holds_is_told_in_one_line(settings: Settings) -> None:
    many = "CREATE TEMP TABLE many AS SELECT md5(n::VARCHAR) AS word FROM range(1000000) AS numbers(n)"
    with pytest.raises(InputError) as refused, stores.writing(settings) as connection:
        connection.execute("SET memory_limit = '30MB'")
        connection.execute("SET max_temp_directory_size = '1MB'")
        connection.execute(many)

    assert str(refused.value).startswith(f"{settings.warehouse}: cannot be written: Out of Memory Error")
    assert "\n" not in str(refused.value)
    with stores.looking(settings) as connection:
        assert connection.execute("SELECT count(*) > 0 FROM service").fetchone() == (True,)
