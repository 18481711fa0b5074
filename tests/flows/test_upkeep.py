"""Checking and rebuilding the policy table on demand."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest

from flows.cli import run
from tests.warehouse.helpers import batch, fact, reading
from warehouse.load import load_batch
from warehouse.store import connect


def findings(data: Path, capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, set[str]]:
    capsys.readouterr()
    code = run(["check", "--data", str(data), "--json", *options])
    return code, {finding["check"] for finding in json.loads(capsys.readouterr().out)}


def test_a_drifted_table_is_found_and_put_right(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data, text = tmp_path, "Links to Taobao are blocked."
    assert run(["check", "--data", str(data)]) == 2, "there is no warehouse"
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
