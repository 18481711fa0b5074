"""The record of finished nights, one JSON line each: what `status` shows and health is judged by."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

_KEPT = 400  # nights


@dataclass(frozen=True, slots=True)
class PastSource:
    """One source in one earlier night; `news` counts the pages that were new or changed."""

    started_at: datetime
    status: str
    news: int
    message: str


def write_whole(path: Path, text: str) -> None:
    """Write a file so that it is there as a whole or not at all.

    Raises:
        OSError: it cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    with part.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def keep_night(state: Path, night: dict[str, Any]) -> None:
    """Append the record of a finished night; the oldest beyond 400 are dropped."""
    lines = [json.dumps(record, ensure_ascii=False) for record in (*nights(state), night)]
    write_whole(state / "nights.jsonl", "\n".join(lines[-_KEPT:]) + "\n")


def nights(state: Path) -> list[dict[str, Any]]:
    """Return the records of finished nights, oldest first."""
    path = state / "nights.jsonl"
    if not path.is_file():
        return []
    found = path.stat()
    return list(_parsed(path, (found.st_ino, found.st_mtime_ns, found.st_size)))


@lru_cache(maxsize=2)  # a night asks for it once a source, and it grows with the nights
def _parsed(path: Path, _version: tuple[int, int, int]) -> tuple[dict[str, Any], ...]:
    return tuple(json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())


def history(state: Path, source_id: str) -> list[PastSource]:
    """Return the earlier runs of a source, oldest first."""
    return [
        PastSource(datetime.fromisoformat(run["started_at"]), run["status"], run["snapshots"], run["message"])
        for night in nights(state)
        for run in night["sources"]
        if run["source_id"] == source_id
    ]
