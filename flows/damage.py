"""Damaged files of the state: put aside when a night begins and told of, for they must not stop it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from flows import journal
from flows.errors import StateError
from flows.health import health_file, untold
from flows.journal import journal_of
from flows.unread import unread_file, unread_pages

_FILES = (
    (journal_of, journal.nights, "the nights in its readable lines are kept"),
    (unread_file, unread_pages, "`linkpolicy reread` reads the pages that it named"),
    (health_file, untold, "notices to the operator that waited in it are not sent"),
)


def put_aside(state: Path, now: datetime) -> tuple[str, ...]:
    """Rename each damaged file, so that nothing of it is lost; return one line for each.

    Args:
        state: directory of the state; the caller holds the run's lock.
        now: part of the new name, UTC without a zone.

    Raises:
        OSError: a file cannot be renamed.
    """
    told = []
    for file_in, read, rest in _FILES:
        path = file_in(state)
        try:
            read(state)
        except StateError:
            aside = path.with_name(f"{path.name}.damaged-{now:%Y%m%dT%H%M%S}")
            path.replace(aside)
            if path == journal_of(state):
                journal.write_whole(path, "".join(f"{line}\n" for line in journal.readable_lines(aside)))
            told.append(f"{path} was damaged and is put aside as {aside.name}: {rest}")
    return tuple(told)
