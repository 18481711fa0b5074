"""Fixtures of the warehouse's tests."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from tests.warehouse.helpers import SERVICES
from tests.warehouse.kills import deliver
from tests.warehouse.nights import load, state
from warehouse.manifest import manifest_path
from warehouse.services import set_services
from warehouse.store import close, connect


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse to copy that knows some services: a quarter of a second cheaper than making one."""
    path = tmp_path_factory.mktemp("template") / "warehouse.duckdb"
    connection = connect(path)
    set_services(connection, SERVICES)
    close(connection)
    return path


@dataclass(frozen=True, slots=True)
class Crashed:
    """What a process leaves that dies after a night's deliveries.

    Attributes:
        path: the warehouse; its two nights stand in its log only.
        digests: its state after each night, and after the third if it is brought.
    """

    path: Path
    digests: dict[int, str]


@pytest.fixture(scope="session")
def crashed(tmp_path_factory: pytest.TempPathFactory, template: Path) -> Crashed:
    """Two nights, copied from under the process that loaded them."""
    path = Path(shutil.copy(template, tmp_path_factory.mktemp("crashed") / "open.duckdb"))
    left = path.with_name("warehouse.duckdb")
    with connect(path) as connection:
        load(connection, 1)
        load(connection, 2)
        deliver(connection, 2)
        copy_crashed(path, left)
        digests = dict([state(connection)])
        load(connection, 3)
        return Crashed(left, digests | dict([state(connection)]))


def copy_crashed(path: Path, left: Path) -> Path:
    """Copy a warehouse with its log and its manifest."""
    for of in (Path, wal_path, manifest_path):
        shutil.copy(of(path), of(left))
    return left


def wal_path(path: Path) -> Path:
    """The log beside a warehouse."""
    return path.with_name(path.name + ".wal")


@pytest.fixture
def path(tmp_path: Path, template: Path) -> Path:
    """An empty warehouse."""
    return Path(shutil.copy(template, tmp_path / "warehouse.duckdb"))


@pytest.fixture
def connection(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A new, empty warehouse."""
    with connect(path) as opened:
        yield opened
