"""The memory that processes started by a test have held at most."""

from __future__ import annotations

import threading
from pathlib import Path
from types import TracebackType
from typing import Self

_PROC = Path("/proc")
_EVERY = 0.05  # seconds


def _children(pid: int | str) -> list[int]:
    """Processes that any thread of a process started, and theirs."""
    try:
        lists = [path.read_text(encoding="ascii") for path in _PROC.glob(f"{pid}/task/*/children")]
    except OSError:  # it has ended
        return []
    own = [int(child) for children in lists for child in children.split()]
    return [*own, *(below for child in own for below in _children(child))]


def _command(pid: int | str) -> bytes:
    return (_PROC / str(pid) / "cmdline").read_bytes()


def _high_water(pid: int) -> int:
    """The most memory a process has held so far, kilobytes; 0 if it has ended or not begun.

    Between fork and exec a process still has the command and the memory of this one.
    """
    try:
        if _command(pid) == _command("self"):
            return 0
        status = (_PROC / str(pid) / "status").read_text(encoding="utf-8")
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:")), 0)


class PeakOfChildren:
    """Watches the processes below this one while a block runs.

    `ru_maxrss` cannot tell: Linux hands it down from the process that starts another, and this one is large.

    Attributes:
        kilobytes: what the largest of them held at most.
    """

    kilobytes = 0

    def __enter__(self) -> Self:
        """Begin to watch."""
        self._ended = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop watching."""
        self._ended.set()
        self._watcher.join()

    def _watch(self) -> None:
        while not self._ended.wait(_EVERY):
            self.kilobytes = max([self.kilobytes, *map(_high_water, _children("self"))])
