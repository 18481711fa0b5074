"""Analysts beside a writer. More of it: `python -m bench.warehouse_readers`."""

from __future__ import annotations

from pathlib import Path

from tests.warehouse.readers import read_along


def test_analysts_are_not_disturbed_by_the_nights(path: Path) -> None:
    found = read_along(path, analysts=4, nights=2)
    assert found.faults == []
    assert found.runs == {1, 2}
