"""A disk that takes no more, in each phase of a night: said in one line, and nothing is lost.

More amounts of room: `python -m tests.warehouse.full_disk`. Skipped without the right to mount a small disk.
"""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from tests.warehouse.conftest import Crashed, copy_crashed
from tests.warehouse.full_disk import finish
from warehouse.records import WarehouseError
from warehouse.stage import stage
from warehouse.store import close, connect

ROOT = Path(__file__).parents[2]
MOUNT = 'mount -t tmpfs -o size=32m tmpfs "$1"'


def in_small_disk(disk: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a namespace of its own in which a directory is a disk of 32 MB."""
    wrapped = ["unshare", "-rm", "sh", "-c", f'{MOUNT} && shift && exec "$@"', "sh", str(disk), *command]
    return subprocess.run(wrapped, cwd=ROOT, capture_output=True, text=True, check=False)


def test_a_full_disk_in_each_phase(tmp_path: Path, crashed: Crashed) -> None:
    disk, before = tmp_path / "disk", tmp_path / "before"
    disk.mkdir()
    try:
        allowed = in_small_disk(disk, "true").returncode == 0
    except FileNotFoundError:
        allowed = False
    if not allowed:
        pytest.skip("needs `unshare` and the right to mount a tmpfs in a namespace of its own")
    before.mkdir()
    close(connect(copy_crashed(crashed.path, before / "warehouse.duckdb")))
    finish(before, crashed.digests)
    done = in_small_disk(disk, sys.executable, "-m", "tests.warehouse.full_disk", str(disk), str(before), "0")
    assert done.returncode == 0, done.stderr
    nights = [json.loads(line) for line in done.stdout.splitlines()]
    assert [night["faults"] for night in nights] == [[]]
    messages = {phase: [night["raised"][phase] for night in nights] for phase in nights[0]["raised"]}
    for phase, said in messages.items():
        assert any(said), phase
        assert all("No space left on device" in message for message in said if message), phase


def test_no_room_for_temporary_files(connection: duckdb.DuckDBPyConnection) -> None:
    def rows() -> Iterator[dict[str, object]]:
        yield {}
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(WarehouseError, match=r"rows.ndjson: cannot be written: No space left on device"):
        stage(connection, "staged", "run", rows())
