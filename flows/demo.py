"""Three nights over the bundled sample sites, served over HTTP on this machine; the third has nothing new."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from flows.errors import InputError
from flows.run import Night
from flows.sample import EDITIONS, write_sources
from flows.sample.server import SampleServer
from flows.settings import Settings
from flows.stores import looking

_MARK = ".linkpolicy-demo"
_AGES = 36500  # the sample tells of 2020 to 2023: in the demonstration that is news


@dataclass(frozen=True, slots=True)
class Step:
    """One run of the demonstration.

    Attributes:
        title: what it is to show.
        requests, not_modified: what the sites were asked, and what was answered by 304.
        rows: rows of each table after the run.
    """

    title: str
    night: Night
    requests: int
    not_modified: int
    rows: dict[str, int]


def play(settings: Settings, start_night: Callable[[Settings], Night]) -> Iterator[Step]:
    """Run night one, night two and night two again; yield each when it is over.

    Args:
        settings: of the demonstration, see `demo_settings`.
        start_night: runs one night with these settings.

    Raises:
        InputError: the data directory cannot be used.
    """
    titles = ("Night one", "Night two: the sites have changed", "Night two again: nothing has changed")
    editions = (*EDITIONS, EDITIONS[-1])
    with SampleServer() as server:
        write_sources(_sources(settings), server.base_url)
        for title, edition in zip(titles, editions, strict=True):
            server.edition = edition
            before = len(server.requests)
            night = start_night(settings)
            asked = server.requests[before:]
            not_modified = sum(request.status == 304 for request in asked)
            yield Step(title, night, len(asked), not_modified, count_rows(settings))


def demo_settings(settings: Settings) -> Settings:
    """Return the settings of the demonstration; its data directory is emptied of an earlier demonstration.

    Raises:
        InputError: the directory holds something else.
    """
    data = settings.data
    if data.exists() and any(data.iterdir()):
        if not (data / _MARK).exists():
            raise InputError(f"{data}: holds no earlier demonstration; name another place with --data")
        shutil.rmtree(data)
    data.mkdir(parents=True, exist_ok=True)
    (data / _MARK).write_text(
        "Made by `linkpolicy demo`; the next demonstration removes it.\n", encoding="utf-8"
    )
    return settings.model_copy(
        update={"data": data, "sources": data / "sources", "alerts": None, "alert_max_age_days": _AGES}
    )


def _sources(settings: Settings) -> Path:
    return settings.sources or settings.data / "sources"


def count_rows(settings: Settings) -> dict[str, int]:
    """Return the number of rows that a run may add: what was read, what holds, what changed, who was told."""
    tables = ("observation", "policy", "change", "alert")
    with looking(settings) as connection:
        counts = {name: connection.execute(f"SELECT count(*) FROM {name}").fetchall() for name in tables}  # noqa: S608
    return {name: rows[0][0] for name, rows in counts.items()}
