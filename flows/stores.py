"""Open the warehouse and the published file as the settings name them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from flows.errors import InputError

if TYPE_CHECKING:
    import duckdb

    from flows.settings import Settings


@contextmanager
def writing(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the warehouse for writing, made if it is missing; the caller holds the run's lock.

    Raises:
        InputError: the disk is full, or takes no writing for another reason; what was there stays.
        WarehouseError: it cannot be opened.
    """
    import duckdb

    from warehouse.store import close, connect

    connection = connect(settings.warehouse)
    try:
        yield connection
        close(connection)
    except (duckdb.IOException, duckdb.FatalException) as error:
        connection.close()
        reason = " ".join(str(error).split())
        raise InputError(f"{settings.warehouse}: cannot be written: {reason}") from None
    except BaseException:
        connection.close()
        raise


@contextmanager
def looking(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the warehouse for reading: for what is not published, like the outbox.

    Raises:
        InputError: there is none.
        WarehouseError: it cannot be opened, because a run is writing it, for example.
    """
    from warehouse.store import connect

    connection = connect(existing(settings), read_only=True)
    try:
        yield connection
    finally:
        connection.close()


@contextmanager
def asking(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the published file; a run that goes on does not disturb it.

    Raises:
        InputError: nothing is published, or it is no DuckDB file.
    """
    import duckdb

    from warehouse.store import CONFIG

    path = published_file(settings)
    try:
        connection = duckdb.connect(str(path), read_only=True, config=CONFIG)
    except duckdb.Error as error:
        raise InputError(f"{path}: cannot be opened ({str(error).splitlines()[0]})") from None
    with connection:
        yield connection


def existing(settings: Settings) -> Path:
    """Return the warehouse's file.

    Raises:
        InputError: there is none.
    """
    if not settings.warehouse.exists():
        raise InputError(f"{settings.warehouse}: there is no warehouse yet; `linkpolicy run` makes it")
    return settings.warehouse


def published_file(settings: Settings) -> Path:
    """Return the published file.

    Raises:
        InputError: nothing has been published yet.
    """
    path = settings.published_file
    if not path.exists():
        raise InputError(f"{path}: nothing is published yet; `linkpolicy run` or `linkpolicy ingest` does it")
    return path
