"""A lost or cut write-ahead log, a flipped byte: reported at the next opening or reading, never silent."""

from __future__ import annotations

import random
import shutil
from contextlib import suppress
from pathlib import Path

import duckdb
import pytest

from tests.warehouse.conftest import Crashed, copy_crashed, wal_path
from tests.warehouse.nights import load, night, state
from warehouse.checks import read_everything
from warehouse.load import load_batch
from warehouse.manifest import manifest_path
from warehouse.records import WarehouseError
from warehouse.store import close, connect

LOST = "was loaded but is not in the file|were noted but are not in the file|Corrupt WAL file"


@pytest.fixture
def copied(crashed: Crashed, tmp_path: Path) -> Path:
    """What a dead process left, to be damaged."""
    return copy_crashed(crashed.path, tmp_path / crashed.path.name)


def test_a_log_is_read_again_after_a_crash(copied: Path) -> None:
    with connect(copied) as connection:
        assert state(connection)[0] == 2
        assert connection.execute("SELECT DISTINCT state FROM alert").fetchall() == [("delivered",)]


def test_a_lost_or_cut_log_is_reported(copied: Path) -> None:
    file, log, rng = copied.read_bytes(), wal_path(copied).read_bytes(), random.Random(3)  # noqa: S311
    for left in (None, 0, *(rng.randrange(len(log)) for _ in range(5)), len(log) - 1):
        copied.write_bytes(file)
        wal_path(copied).unlink(missing_ok=True)
        if left is not None:
            wal_path(copied).write_bytes(log[:left])
        with pytest.raises(WarehouseError, match=LOST):
            connect(copied)


def test_a_flipped_byte_in_the_log_is_reported(copied: Path) -> None:
    file, log, rng = copied.read_bytes(), wal_path(copied).read_bytes(), random.Random(4)  # noqa: S311
    for _ in range(5):
        copied.write_bytes(file)
        wal_path(copied).write_bytes(flipped(log, rng.randrange(len(log)), rng))
        with pytest.raises(WarehouseError, match=LOST):
            connect(copied)


def test_a_flipped_byte_in_the_file_is_reported_or_harmless(copied: Path) -> None:
    with connect(copied) as connection:
        expected = state(connection)
        close(connection)
    file, rng = copied.read_bytes(), random.Random(5)  # noqa: S311
    headers = [rng.randrange(start, start + 4096) for start in (0, 4096, 8192)]
    reported = 0
    for place in headers + [rng.randrange(12288, len(file)) for _ in range(7)]:
        copied.write_bytes(flipped(file, place, rng))
        try:
            with connect(copied) as connection:
                read_everything(connection)
                assert state(connection) == expected  # a block that is not in use
        except (WarehouseError, duckdb.Error) as error:
            assert "Corrupt database file" in str(error)
            reported += 1
    assert reported >= len(headers)


def test_a_load_that_meets_damage_says_so_and_loads_nothing(path: Path) -> None:
    with connect(path) as connection:
        load(connection, 1)
        close(connection)
    file, manifest, said = path.read_bytes(), manifest_path(path).read_bytes(), ""
    for place in range(12288, len(file), 1 << 18):  # one in every block
        path.write_bytes(flipped(file, place + 1000, random.Random(6)))  # noqa: S311
        manifest_path(path).write_bytes(manifest)
        with suppress(WarehouseError, duckdb.Error), connect(path) as connection:
            try:
                load_batch(connection, night(2))
            except WarehouseError as error:
                said = str(error)
                assert connection.execute("SELECT count(*) FROM run").fetchone() == (1,)
                break
    assert f"{path}: damaged, restore a copy (" in said
    assert "Corrupt database file" in said
    assert said.endswith("nothing was loaded")


def flipped(data: bytes, place: int, rng: random.Random) -> bytes:
    """The data with one bit changed."""
    return data[:place] + bytes([data[place] ^ 1 << rng.randrange(8)]) + data[place + 1 :]


def test_an_older_copy_is_reported_and_can_be_accepted(path: Path, tmp_path: Path) -> None:
    def bring(number: int) -> None:
        with connect(path) as connection:
            load(connection, number)

    bring(1)
    older = shutil.copy(path, tmp_path / "older")
    bring(2)
    shutil.copy(older, path)
    with pytest.raises(WarehouseError, match=r"run n2 \(number 2\) was loaded but is not in the file"):
        connect(path)
    manifest_path(path).unlink()
    bring(2)
    path.unlink()
    with pytest.raises(WarehouseError, match="says that runs were loaded"):
        connect(path)
