"""Every query and program of the cookbook gives the result that stands below it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from tests.warehouse.cookbook import entries, programs, table
from tests.warehouse.sample import make_sample


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, template: Path) -> Path:
    """Where a data directory lies that holds the sample."""
    place = tmp_path_factory.mktemp("sample")
    (place / "data").mkdir()
    shutil.copy(template, place / "data" / "warehouse.duckdb")
    make_sample(place / "data")
    return place


@pytest.fixture(scope="module")
def published(place: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(place / "data" / "published" / "policy.duckdb"), read_only=True) as connection:
        yield connection


def test_there_are_enough_questions() -> None:
    assert len({question for question, _, _ in entries()}) >= 20


@pytest.mark.parametrize(("question", "sql", "result"), entries(), ids=lambda value: value[:40])
def test_question(published: duckdb.DuckDBPyConnection, question: str, sql: str, result: str) -> None:
    assert table(published.execute(sql)) == result.strip(), question


def test_the_clients_are_shown() -> None:
    shown = " ".join(program for _, program, _ in programs())
    assert all(name in shown for name in ("linkpolicy sql", "duckdb -readonly", "pandas", "polars"))


@pytest.mark.parametrize(("language", "program", "output"), programs(), ids=lambda value: value[:30])
def test_client(place: Path, language: str, program: str, output: str) -> None:
    beside = Path(sys.executable).parent  # linkpolicy is installed there
    if language == "python":
        for library in re.findall(r"^import (\w+)", program, re.MULTILINE):
            pytest.importorskip(library)
        command = [sys.executable, "-c", program]
    else:
        name, _, rest = program.partition(" ")
        found = shutil.which(name, path=str(beside)) or shutil.which(name)
        if found is None:
            pytest.skip(f"{name} is not installed")
        command = ["sh", "-c", f"{found} {rest}"]
    done = subprocess.run(
        command, cwd=place, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert [line.split() for line in done.stdout.splitlines()] == [
        line.split() for line in output.splitlines()
    ]
