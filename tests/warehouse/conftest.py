"""Fixtures of the warehouse's tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from warehouse.store import connect


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a test's warehouse stands."""
    return tmp_path / "warehouse.duckdb"


@pytest.fixture
def connection(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A new, empty warehouse."""
    with connect(path) as opened:
        yield opened
