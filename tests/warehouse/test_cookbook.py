"""Every query of the cookbook gives the result that stands below it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from tests.warehouse.cookbook import entries, table
from tests.warehouse.sample import make_sample


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    path: Path = make_sample(tmp_path_factory.mktemp("sample"))
    with duckdb.connect(str(path), read_only=True) as connection:
        yield connection


def test_there_are_enough_questions() -> None:
    assert len({question for question, _, _ in entries()}) >= 20


@pytest.mark.parametrize(("question", "sql", "result"), entries(), ids=lambda value: value[:40])
def test_question(published: duckdb.DuckDBPyConnection, question: str, sql: str, result: str) -> None:
    assert table(published.execute(sql)) == result.strip(), question
