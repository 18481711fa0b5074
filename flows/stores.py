"""Open the warehouse, the published file and the lake as the settings name them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from flows.console import warn
from flows.errors import InputError

if TYPE_CHECKING:
    import duckdb

    from flows.settings import Settings
    from warehouse.records import Service

T = TypeVar("T")

_GLANCE = 30.0  # seconds that a look waits for a run, which opens the file for a part of its time only
_PATIENCE = 600.0  # seconds that a run waits for somebody who looks: a night must not be lost to it
_TOLD_AFTER = 5.0
_PAUSE = 0.1


@contextmanager
def writing(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the warehouse for writing, made if it is missing; the caller holds the run's lock.

    Raises:
        InputError: the disk is full, or takes no writing for another reason; what was there stays.
        WarehouseError: it cannot be opened.
        HeldError: somebody has looked into it for ten minutes.
    """
    import duckdb

    from warehouse.services import set_services
    from warehouse.store import close

    connection = _opened(settings.warehouse, _PATIENCE, read_only=False)
    try:
        set_services(connection, gazetteer())
        yield connection
        close(connection)
    except duckdb.Error as error:
        connection.close()
        if not _is_the_files_fault(error):
            raise
        reason = " ".join(str(error).split())
        raise InputError(f"{settings.warehouse}: cannot be written: {reason}") from None
    except BaseException:
        connection.close()
        raise


def _is_the_files_fault(error: duckdb.Error) -> bool:
    """Whether the disk or a damaged file is to blame; of a damaged block DuckDB 2.0 raises its base class."""
    import duckdb

    faults = (duckdb.IOException, duckdb.FatalException, duckdb.OutOfMemoryException)
    return isinstance(error, faults) or type(error) is duckdb.Error


@cache
def gazetteer() -> tuple[Service, ...]:
    """The services and kinds of links that the extractor knows, as questions to the warehouse name them."""
    from extract.vocabulary import load_vocabulary
    from warehouse.records import Service

    words = load_vocabulary()
    kinds = (Service(slug) for slug in words.targets)
    services = (
        Service(slug, (*one.names, *one.ambiguous), one.categories & words.targets.keys())
        for slug, one in words.services.items()
    )
    return (*kinds, *services)


@contextmanager
def looking(settings: Settings, patience: float | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the warehouse for reading: for what is not published, like the outbox.

    Raises:
        InputError: there is none.
        WarehouseError: it cannot be opened.
        HeldError: a run has been writing it for `patience` seconds (half a minute if not given); says what
            answers meanwhile.
    """
    from warehouse.records import HeldError

    path = existing(settings)
    try:
        connection = _opened(path, _GLANCE if patience is None else patience, read_only=True)
    except HeldError:
        raise HeldError(
            f"{path}: another process is writing it; try again in a minute "
            "(`linkpolicy policy`, `changes` and `sql` ask what is published, which is always free)"
        ) from None
    try:
        yield connection
    finally:
        connection.close()


def _opened(path: Path, patience: float, *, read_only: bool) -> duckdb.DuckDBPyConnection:
    """Open the warehouse as soon as nobody excludes us.

    Raises:
        HeldError: it was held for all of `patience` seconds.
    """
    from warehouse.store import connect

    return patiently(path, lambda: connect(path, read_only=read_only), patience)


def patiently(path: Path, work: Callable[[], T], patience: float | None = None) -> T:
    """Do what opens the warehouse as soon as nobody excludes us; who waits long is told why.

    Args:
        path: the warehouse.
        work: may be begun again.
        patience: seconds to wait; None for those that a run waits.

    Raises:
        HeldError: it was held all the time.
    """
    from warehouse.records import HeldError

    longest = _PATIENCE if patience is None else patience
    started = time.monotonic()
    told = False
    while True:
        try:
            return work()
        except HeldError:
            waited = time.monotonic() - started
            if waited >= longest:
                raise
            if waited >= _TOLD_AFTER and not told:
                warn(f"{path}: another process holds it open; waiting for it to finish")
                told = True
            time.sleep(_PAUSE)


@contextmanager
def asking(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the published file, or the lake where only that is at hand; a run that goes on disturbs neither.

    Raises:
        InputError: nothing is published, or it is no DuckDB file.
        LakeError: the lake cannot be opened.
    """
    if settings.lake and not settings.published_file.exists():
        from flows.lake import lake_of
        from warehouse.lake import open_lake

        connection = open_lake(lake_of(settings))
    else:
        connection = _open_published(settings)
    with connection:
        yield connection


def _open_published(settings: Settings) -> duckdb.DuckDBPyConnection:
    import duckdb

    from warehouse.store import CONFIG

    path = published_file(settings)
    try:
        return duckdb.connect(str(path), read_only=True, config=CONFIG)
    except duckdb.Error as error:
        raise InputError(f"{path}: cannot be opened ({str(error).splitlines()[0]})") from None


def published_runs(settings: Settings) -> frozenset[str]:
    """Return the ids of the runs in the published file; none if nothing is published.

    Raises:
        InputError: it cannot be read.
    """
    import duckdb

    if not settings.published_file.exists():
        return frozenset()
    with _open_published(settings) as connection:
        try:
            return frozenset(run for (run,) in connection.execute("SELECT run_id FROM run").fetchall())
        except duckdb.Error as error:
            reason = str(error).splitlines()[0]
            raise InputError(f"{settings.published_file}: cannot be read ({reason})") from None


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
