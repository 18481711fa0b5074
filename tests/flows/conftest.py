"""Fixtures shared by the tests of flows."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import duckdb
import pytest

from tests.flows.receiver import Receiver
from tests.flows.year import Played, play_all
from warehouse.store import close, connect

NIGHTS = int(os.environ.get("LINKPOLICY_TEST_NIGHTS", "6"))


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Run a receiver of alerts."""
    server = Receiver()
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty warehouse to copy: a third of a second cheaper than making one."""
    path = tmp_path_factory.mktemp("template") / "warehouse.duckdb"
    close(connect(path))
    return path


@pytest.fixture
def connection(tmp_path: Path, template: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A new, empty warehouse."""
    with connect(Path(shutil.copy(template, tmp_path / "warehouse.duckdb"))) as opened:
        yield opened


@pytest.fixture(scope="session")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Played:
    """The simulated nights in one process, with nothing in their way. Look, but change nothing."""
    return play_all(tmp_path_factory.mktemp("calm"), NIGHTS)
