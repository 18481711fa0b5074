"""Let archive files go when they are old and no evidence needs them any more."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from pathlib import Path

from crawlers.archive import SUFFIX, started_at_of


def expired(archive: Path, before: datetime, needed: Collection[str]) -> tuple[Path, ...]:
    """Return the archive files of runs that started before a time, and that nothing needs.

    Args:
        archive: directory of the archive files.
        before: UTC without a zone.
        needed: names of the files that evidence, or the latest body of a known page, lies in.
    """
    return tuple(
        path
        for path in sorted(archive.glob(f"*{SUFFIX}"))
        if path.name not in needed and _is_older(path, before)
    )


def remove(paths: Collection[Path]) -> int:
    """Delete archive files and the reports beside them; return the bytes that are free now.

    Raises:
        OSError: a file cannot be deleted.
    """
    freed = 0
    for path in paths:
        report = path.with_name(path.name.removesuffix(SUFFIX) + ".report.json")
        for file in (path, report):
            if file.exists():
                freed += file.stat().st_size
                file.unlink()
    return freed


def _is_older(path: Path, before: datetime) -> bool:
    """Files that are not named by us are not ours to delete."""
    try:
        return started_at_of(path.name) < before
    except ValueError:
        return False
