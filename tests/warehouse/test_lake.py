"""A lake with its catalogue in a real Postgres: the same answers, whole nights, several writers.

Needs the extra `lake` and Postgres's server programs: `make lake`.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import duckdb
import pytest

from flows.cli import run
from tests.warehouse.cookbook import entries, table
from tests.warehouse.nights import STATE, load
from tests.warehouse.postgres import programs, serving
from tests.warehouse.sample import make_sample
from warehouse.lake import Lake, LakeError, extensions, open_lake, write
from warehouse.publish import publish
from warehouse.store import connect

_numbers = count(1)


@pytest.fixture(scope="module")
def postgres() -> Iterator[Path]:
    try:
        extensions()
    except LakeError:
        pytest.skip("needs the extra lake, which has a DuckDB of its own: `make lake`")
    place = programs()
    if place is None:
        pytest.skip("needs the server programs of Postgres (Debian: apt-get install postgresql)")
    with serving(place) as socket:
        yield socket


@pytest.fixture
def lake(postgres: Path, tmp_path: Path) -> Lake:
    """An empty lake."""
    name = f"lake_{next(_numbers)}"
    administer(postgres, f"CREATE DATABASE {name}")
    return Lake(f"host={postgres} user=postgres dbname={name}", f"{tmp_path / 'lake'}/", "main")


def administer(postgres: Path, sql: str) -> None:
    subprocess.run(["psql", "-qh", str(postgres), "-U", "postgres", "-c", sql], check=True)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cookbook's sample, published in a file."""
    return make_sample(tmp_path_factory.mktemp("sample"))


def publish_nights(directory: Path, template: Path, number: int) -> Path:
    """Load one more night into a warehouse, made if it is missing, and publish it."""
    path = directory / "warehouse.duckdb"
    if not path.exists():
        directory.mkdir(exist_ok=True)
        shutil.copy(template, path)
    with connect(path) as connection:
        load(connection, number)
    return publish(path, directory / "published")


def ask(lake: Lake, sql: str) -> list[tuple[Any, ...]]:
    with open_lake(lake) as analyst:
        return analyst.execute(sql).fetchall()


def test_every_question_has_the_answer_that_the_file_gives(lake: Lake, published: Path) -> None:
    write(published, lake)
    with open_lake(lake) as analyst, duckdb.connect(str(published), read_only=True) as file:
        for question, sql, result in entries():
            assert table(analyst.execute(sql)) == result.strip(), question
        views = "SELECT view_name FROM duckdb_views() WHERE NOT internal"
        names = [name for (name,) in file.execute(views).fetchall()]
        assert len(names) > 5
        for name in [
            *names,
            *("document", "observation", "policy", "run", "scope", "service", "support", "change"),
        ]:
            columns = f"SELECT column_name, column_type FROM (DESCRIBE {name})"  # noqa: S608 - our own names
            assert analyst.execute(columns).fetchall() == file.execute(columns).fetchall(), name
            rows = f"FROM {name} ORDER BY ALL"
            assert analyst.execute(rows).fetchall() == file.execute(rows).fetchall(), name
        macros = "SELECT DISTINCT function_name FROM duckdb_functions() WHERE NOT internal ORDER BY ALL"
        assert analyst.execute(macros).fetchall() == file.execute(macros).fetchall()
        comments = "SELECT comment FROM duckdb_views() WHERE view_name = 'policy_current'"
        assert analyst.execute(comments).fetchall() == file.execute(comments).fetchall()


def test_actions_are_ordered_as_can_link_orders_them(lake: Lake, published: Path) -> None:
    write(published, lake)
    actions = ask(lake, "SELECT DISTINCT action FROM policy ORDER BY action")
    assert actions == [("allow",), ("restrict",), ("block",)]


def test_a_region_is_asked_as_in_the_file(lake: Lake, published: Path) -> None:
    write(published, lake)
    question = "SELECT answer, rule_region FROM can_link('facebook', 'post', 'news', DATE '2024-01-01'{})"
    with duckdb.connect(str(published), read_only=True) as file:
        for region in ("", ", region := 'ca'", ", region := 'US'", ", region := NULL"):
            sql = question.format(region)
            assert ask(lake, sql) == file.execute(sql).fetchall(), region


def test_a_reader_sees_one_night_while_the_next_is_written(
    lake: Lake, tmp_path: Path, template: Path
) -> None:
    write(publish_nights(tmp_path / "a", template, 1), lake)
    with open_lake(lake) as analyst:
        analyst.execute("BEGIN")
        before = analyst.execute("SELECT count(*) FROM run").fetchall()
        write(publish_nights(tmp_path / "a", template, 2), lake)
        assert analyst.execute("SELECT count(*) FROM run").fetchall() == before == [(1,)]
        analyst.execute("COMMIT")
        assert analyst.execute("SELECT count(*) FROM run").fetchall() == [(2,)]


def test_several_warehouses_share_a_lake(lake: Lake, tmp_path: Path, template: Path, published: Path) -> None:
    write(published, lake)  # who is first makes the catalogue
    files = [publish_nights(tmp_path / name, template, 1) for name in ("eu", "cn")]
    lakes = [replace(lake, schema=name) for name in ("eu", "cn")]
    with ThreadPoolExecutor() as pool:
        for _ in range(3):
            list(pool.map(write, files, lakes))
    both = "SELECT count(*) FROM (FROM lake.eu.policy_history UNION ALL BY NAME FROM lake.cn.policy_history)"
    [(one,)] = ask(lakes[0], "SELECT count(*) FROM policy_history")
    assert one > 0
    assert ask(lake, both) == [(2 * one,)]
    with pytest.raises(LakeError, match=r"schema main holds \d+ runs of another warehouse"):
        write(files[0], lake)
    assert len(ask(lake, "FROM run")) > 5, "what was there stays"


def test_a_writer_that_is_killed_leaves_what_was_there(lake: Lake, tmp_path: Path, template: Path) -> None:
    write(publish_nights(tmp_path / "a", template, 1), lake)
    states = ask(lake, STATE)
    file = publish_nights(tmp_path / "a", template, 2)
    with duckdb.connect(str(file), read_only=True) as connection:
        states += connection.execute(STATE).fetchall()
    asked = json.dumps(
        {"published": str(file), "catalogue": lake.catalogue, "data": lake.data, "schema": lake.schema}
    )
    for after in (0.2, 0.4, 0.6, 0.8):
        writer = subprocess.Popen([sys.executable, "-m", "warehouse.lake"], stdin=subprocess.PIPE, text=True)
        try:
            writer.communicate(asked, timeout=after)
        except subprocess.TimeoutExpired:
            writer.kill()
            writer.wait()
        assert ask(lake, STATE)[0] in states
    write(file, lake)
    assert ask(lake, STATE) == states[1:]


def test_what_is_older_than_a_week_makes_room(lake: Lake, published: Path, postgres: Path) -> None:
    write(published, lake)
    of_one = len(list(Path(lake.data).rglob("*.parquet")))
    write(published, lake)
    assert len(list(Path(lake.data).rglob("*.parquet"))) == 2 * of_one
    database = lake.catalogue.rpartition("=")[2]
    backdate = "UPDATE ducklake_snapshot SET snapshot_time = snapshot_time - INTERVAL '8 days'"
    subprocess.run(["psql", "-qh", str(postgres), "-U", "postgres", "-c", backdate, database], check=True)
    write(published, lake)
    assert len(list(Path(lake.data).rglob("*.parquet"))) == of_one
    assert len(ask(lake, "FROM policy_history")) > 5


def test_an_analyst_needs_to_read_only(lake: Lake, published: Path, postgres: Path) -> None:
    write(published, lake)
    administer(postgres, "CREATE ROLE analyst LOGIN IN ROLE pg_read_all_data")
    reader = replace(lake, catalogue=lake.catalogue.replace("user=postgres", "user=analyst"))
    assert ask(reader, "SELECT answer FROM can_link('kuaishou', 'live', 'jd', DATE '2022-06-01')") == [
        ("blocked",)
    ]
    with pytest.raises(LakeError, match="not written"):
        write(published, reader)


def test_the_command_writes_and_others_ask_without_a_file(
    lake: Lake,
    published: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("LINKPOLICY_LAKE", lake.catalogue)
    monkeypatch.setenv("LINKPOLICY_LAKE_DATA", lake.data)
    assert run(["lake", "--data", str(published.parent.parent)]) == 0
    assert "ATTACH 'ducklake:postgres:" in capsys.readouterr().out
    assert (
        run(["policy", "--data", str(tmp_path / "none"), "--on", "2022-06-01", "--platform", "kuaishou"]) == 0
    )
    assert "youzan" in capsys.readouterr().out
    assert run(["sql", "--data", str(tmp_path / "none"), "SELECT count(*) AS n FROM policy_current"]) == 0
    (tmp_path / "notice.txt").write_text("From 1 March 2022 Kuaishou blocks links to Taobao in live rooms.")
    monkeypatch.setenv("LINKPOLICY_LAKE_SCHEMA", "other")
    assert run(["ingest", "--data", str(tmp_path / "other"), str(tmp_path / "notice.txt")]) == 0
    assert ask(replace(lake, schema="other"), "SELECT cause FROM run") == [("ingest",)]
    capsys.readouterr()
    monkeypatch.setenv("LINKPOLICY_LAKE", "host=/nowhere dbname=lake")
    assert run(["lake", "--data", str(published.parent.parent)]) == 1
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("linkpolicy: lake: not written (Unable to connect to Postgres")
