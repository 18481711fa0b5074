"""A disk that takes no more ends a command with one line and leaves the warehouse as it was."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from flows.cli import run

FULL = """
import resource, sys
from flows.cli import run
size = int(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
sys.exit(run(sys.argv[2:]))
"""


def documents(path: Path, number: int) -> Path:
    text = "From 1 March 20{}, Kuaishou no longer allows links to Taobao in live rooms."
    lines = [{"id": f"d{n}", "kind": "news", "text": text.format(n % 20 + 10)} for n in range(number)]
    path.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    return path


def count(data: Path, capsys: pytest.CaptureFixture[str]) -> int:
    capsys.readouterr()
    assert run(["sql", "--data", str(data), "--json", "SELECT count(*) AS n FROM observation"]) == 0
    [row] = json.loads(capsys.readouterr().out)
    return int(row["n"])


def test_a_full_disk_is_told_in_one_line_and_costs_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, warehouse = tmp_path / "data", tmp_path / "data" / "warehouse.duckdb"
    assert run(["ingest", "--data", str(data), str(documents(tmp_path / "few.jsonl", 2))]) == 0
    before = count(data, capsys)
    more = documents(tmp_path / "more.jsonl", 40)

    done = subprocess.run(
        [sys.executable, "-c", FULL, str(warehouse.stat().st_size), "ingest", "--data", str(data), str(more)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert done.stderr.startswith(f"linkpolicy: {warehouse}: cannot be written: ")
    assert count(data, capsys) == before
    assert run(["ingest", "--data", str(data), str(more)]) == 0, "with room again it goes on"
    assert count(data, capsys) > before
