"""What a killed writer or publisher leaves. More of it: `python -m bench.warehouse_kills`."""

from __future__ import annotations

import random
from pathlib import Path

from tests.warehouse.kills import kill_often


def test_kill_at_any_moment(path: Path) -> None:
    """Acknowledged nights are there, once; the published file is always whole."""
    assert kill_often(path, kills=5, rng=random.Random(11), longest=1.5).faults == []  # noqa: S311
