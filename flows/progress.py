"""The night that is running now: one line at its beginning and one for each step, in `state/running.jsonl`.

Lines are appended, so that crawls side by side need no lock and a look sees every whole line. The file goes
with its night; a night that was killed leaves it behind. No night is lost because it could not be watched.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from flows.lock import holder


@dataclass(frozen=True, slots=True)
class Running:
    """A night that has begun and not ended.

    Attributes:
        alive: its process still holds the lock of the data directory; if not, it was killed.
        stage: crawl, read, load, publish, deliver or lake.
        sources: how many the night crawls.
        crawled: how many of them are done.
        crawling: ids of those under way.
    """

    run_id: str
    started_at: datetime
    process: int
    alive: bool
    stage: str
    sources: int
    crawled: int
    crawling: tuple[str, ...]

    def summary(self) -> str:
        """Return how far it is in one line."""
        under_way = f", now {', '.join(self.crawling)}" if self.crawling else ""
        begun = f"begun {self.started_at:%Y-%m-%d %H:%M} UTC, process {self.process}"
        return f"{begun}: {self.stage}, {self.crawled} of {self.sources} sources crawled{under_way}"


@contextmanager
def watched(state: Path) -> Iterator[None]:
    """Let a night be seen from its `begin` until it ends; the caller holds the run's lock."""
    _forget(state)
    try:
        yield
    finally:
        _forget(state)


def begin(state: Path, run_id: str, started_at: datetime, sources: int) -> None:
    """Write the first line of a night that crawls so many sources."""
    with suppress(OSError):
        _file(state).touch()
    note(state, run_id=run_id, started_at=started_at.isoformat(), process=os.getpid(), sources=sources)


def note(state: Path, **step: Any) -> None:
    """Add a step: a `stage`, or the source whose crawl begins (`crawling`) or has ended (`crawled`).

    A night that is over takes none: a crawl may outlast the night that an error ended.
    """
    with suppress(OSError), open(_file(state), "ab", buffering=0, opener=_opened) as file:
        file.write(json.dumps(step).encode() + b"\n")


def _opened(path: str, _: int) -> int:
    return os.open(path, os.O_WRONLY | os.O_APPEND)  # but make none


def running(state: Path) -> Running | None:
    """Return the night that is running, or that was killed and not followed by another; None without one."""
    try:
        lines = [
            json.loads(line) for line in _file(state).read_bytes().splitlines(keepends=True) if _whole(line)
        ]
        begun, steps = lines[0], lines[1:]
        crawled = {step["crawled"] for step in steps if "crawled" in step}
        crawling = dict.fromkeys(step["crawling"] for step in steps if "crawling" in step)
        return Running(
            run_id=begun["run_id"],
            started_at=datetime.fromisoformat(begun["started_at"]),
            process=begun["process"],
            alive=holder(state) == begun["process"],
            stage=next((step["stage"] for step in reversed(steps) if "stage" in step), "crawl"),
            sources=begun["sources"],
            crawled=len(crawled),
            crawling=tuple(source for source in crawling if source not in crawled),
        )
    except (OSError, ValueError, KeyError, IndexError, TypeError, AttributeError):
        return None  # none, or what a lost write has left of it


def _whole(line: bytes) -> bool:
    return line.endswith(b"\n")


def _forget(state: Path) -> None:
    with suppress(OSError):
        _file(state).unlink(missing_ok=True)


def _file(state: Path) -> Path:
    return state / "running.jsonl"
