"""Checking and rebuilding the policy table on demand."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import duckdb
import pytest

from flows.cli import run
from tests.warehouse.helpers import batch, fact, reading
from warehouse.load import load_batch
from warehouse.publish import publish
from warehouse.store import connect


def findings(data: Path, capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, set[str]]:
    capsys.readouterr()
    code = run(["check", "--data", str(data), "--json", *options])
    return code, {finding["check"] for finding in json.loads(capsys.readouterr().out)}


def test_a_drifted_table_is_found_and_put_right(
    tmp_path: Path, template: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, text = tmp_path, "Links to Taobao are blocked."
    assert run(["check", "--data", str(data)]) == 2, "there is no warehouse"
    shutil.copy(template, data / "warehouse.duckdb")
    with connect(data / "warehouse.duckdb") as connection:
        load_batch(connection, batch("n1", reading(text, fact(text))))
    assert findings(data, capsys, "--history") == (0, set())

    with duckdb.connect(str(data / "warehouse.duckdb")) as connection:
        connection.execute("UPDATE policy SET action = 'allow'")
        connection.execute("UPDATE support SET action = 'allow'")
    assert findings(data, capsys, "--history") == (1, {"drift", "history"})
    assert run(["rebuild", "--data", str(data)]) == 0
    assert "put right" in capsys.readouterr().out
    assert findings(data, capsys) == (0, set())
    assert findings(data, capsys, "--history") == (1, {"history"}), "what was believed for a while stays"
    assert run(["rebuild", "--data", str(data)]) == 0
    assert "nothing differed" in capsys.readouterr().out


def test_an_export_is_read_by_other_programs(
    tmp_path: Path, template: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, text = tmp_path / "data", "Links to Taobao are blocked."
    data.mkdir()
    shutil.copy(template, data / "warehouse.duckdb")
    with connect(data / "warehouse.duckdb") as connection:
        load_batch(connection, batch("n1", reading(text, fact(text))))
    publish(data / "warehouse.duckdb", data / "published")
    assert run(["export", str(tmp_path / "out"), "--data", str(data), "--json"]) == 0
    files = {Path(row["file"]) for row in json.loads(capsys.readouterr().out)}
    assert files == set((tmp_path / "out").iterdir())
    history = (tmp_path / "out" / "policy_history.csv").read_text(encoding="utf-8").splitlines()
    assert "platform" in history[0]
    assert "taobao" in history[1]

    in_the_way = tmp_path / "file"
    in_the_way.touch()
    assert run(["export", str(in_the_way), "--data", str(data)]) == 2
    assert "file: not exported" in capsys.readouterr().err
