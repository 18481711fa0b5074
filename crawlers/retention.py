"""Let archive files go when they are old and no evidence needs them any more."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from pathlib import Path

from crawlers.archive import SUFFIX, started_at_of


def expired(
    archive: Path, before: datetime, needed: Collection[str], loaded: Mapping[str, datetime]
) -> tuple[Path, ...]:
    """Return the archive files of runs that started before a time, were loaded, and that nothing needs.

    Args:
        archive: directory of the archive files.
        before: UTC without a zone.
        needed: names of the files that evidence, or the latest body of a known page, lies in.
        loaded: start of the last loaded crawl of each source; a later file may hold pages nobody knows yet.
    """
    return tuple(
        path
        for path in sorted(archive.glob(f"*{SUFFIX}"))
        if path.name not in needed and _is_older(path, before, loaded)
    )


def size_of(paths: Collection[Path]) -> int:
    """Return the bytes that archive files and the reports beside them take."""
    return sum(file.stat().st_size for file in _with_reports(paths))


def remove(paths: Collection[Path]) -> int:
    """Delete archive files and the reports beside them; return the bytes that are free now.

    Raises:
        OSError: a file cannot be deleted.
    """
    freed = 0
    for file in _with_reports(paths):
        size = file.stat().st_size
        file.unlink()
        freed += size
    return freed


def _with_reports(paths: Collection[Path]) -> Iterator[Path]:
    for path in paths:
        report = path.with_name(path.name.removesuffix(SUFFIX) + ".report.json")
        yield from (file for file in (path, report) if file.exists())


def _is_older(path: Path, before: datetime, loaded: Mapping[str, datetime]) -> bool:
    """Files that are not named by us are not ours to delete."""
    try:
        started_at = started_at_of(path.name)
    except ValueError:
        return False
    until = loaded.get(path.name.rpartition("-")[0])
    return started_at < before and until is not None and started_at <= until
