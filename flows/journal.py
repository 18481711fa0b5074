"""The record of finished nights, one JSON line each: what `status` shows and health is judged by."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from flows.errors import StateError

_KEPT = 400  # nights
_FIELDS = {"run_id", "started_at", "finished_at", "sources", "problems"}
_SOURCE_FIELDS = {"source_id", "status", "message"}

FAILED, STOPPED = "the night failed", "the night was stopped"  # how such a problem of a night begins

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PastSource:
    """One source in one earlier night; `news` counts the pages that were new or changed."""

    started_at: datetime
    status: str
    news: int
    message: str


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file so that it is there as a whole or not at all.

    Raises:
        OSError: it cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    with part.open("wb") as file:
        file.write(content.encode() if isinstance(content, str) else content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def read_state(path: Path, parse: Callable[[str], T]) -> T:
    """Read a file of the state.

    Raises:
        StateError: it is not what it should be.
        OSError: it cannot be read.
    """
    try:
        return parse(path.read_text(encoding="utf-8"))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise StateError(f"{path}: is damaged ({reason}); the next night puts it aside and goes on") from None


def journal_of(state: Path) -> Path:
    """Return the file of the nights."""
    return state / "nights.jsonl"


def keep_night(state: Path, night: dict[str, Any]) -> None:
    """Append the record of a finished night; the oldest beyond 400 are dropped."""
    lines = [json.dumps(record, ensure_ascii=False) for record in (*nights(state), night)]
    write_whole(journal_of(state), "\n".join(lines[-_KEPT:]) + "\n")


def nights(state: Path) -> list[dict[str, Any]]:
    """Return the records of finished nights, oldest first.

    Raises:
        StateError: a line is no record of a night.
    """
    path = journal_of(state)
    if not path.is_file():
        return []
    found = path.stat()
    return list(_parsed(path, (found.st_ino, found.st_mtime_ns, found.st_size)))


@lru_cache(maxsize=2)  # a night asks for it once a source, and it grows with the nights
def _parsed(path: Path, _version: tuple[int, int, int]) -> tuple[dict[str, Any], ...]:
    return read_state(path, lambda text: tuple(_night(line) for line in _lines(text)))


def is_finished(night: Mapping[str, Any]) -> bool:
    """Whether a night came to its end, whatever was wrong with it: neither an error nor a signal ended it."""
    return not any(problem.startswith((FAILED, STOPPED)) for problem in night["problems"])


def readable_lines(path: Path) -> list[str]:
    """Return the lines of a damaged file of nights that are records of nights."""
    return [line for line in _lines(path.read_text("utf-8", "replace")) if _is_night(line)]


def _lines(text: str) -> list[str]:
    """Split at line feeds only: what a server says may hold other characters that `splitlines` splits at."""
    return text.removesuffix("\n").split("\n") if text else []


def _is_night(line: str) -> bool:
    try:
        _night(line)
    except (ValueError, KeyError, TypeError, AttributeError):
        return False
    return True


def _night(line: str) -> dict[str, Any]:
    night: dict[str, Any] = json.loads(line)
    for name in ("started_at", "finished_at"):
        datetime.fromisoformat(night[name])
    missing = [_FIELDS - night.keys(), *(_SOURCE_FIELDS - run.keys() for run in night["sources"])]
    if any(missing):
        raise ValueError(f"without {', '.join(sorted(set().union(*missing)))}")
    return night


def history(state: Path, source_id: str) -> list[PastSource]:
    """Return the earlier runs of a source, oldest first."""
    return [
        PastSource(datetime.fromisoformat(run["started_at"]), run["status"], run["snapshots"], run["message"])
        for night in nights(state)
        for run in night["sources"]
        if run["source_id"] == source_id
    ]
