"""One run at a time on a data directory, also after a crash: the kernel frees the lock."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from flows.errors import BusyError, InputError

_GLANCES = 3  # somebody may be looking whether the lock is held, which takes microseconds
_GLANCE = 0.02  # seconds


@contextmanager
def only_run(state: Path, *, wait: bool = False, poll: float = 1.0) -> Iterator[None]:
    """Hold the lock of a data directory.

    Args:
        state: directory of the lock file, made if it is missing.
        wait: wait for the other run to end instead of leaving.
        poll: seconds between two tries while waiting.

    Raises:
        BusyError: another process holds the lock, and `wait` is False.
        InputError: the directory cannot be written.
    """
    file = _open(state / "run.lock")
    try:
        tries = 0
        while not _try_lock(file):
            tries += 1
            if not wait and tries > _GLANCES:
                raise BusyError(
                    f"{state.parent}: another run is going on (process {_holder(file)}); try again later"
                )
            time.sleep(poll if wait else _GLANCE)
        file.seek(0)
        file.truncate()
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield
    finally:
        file.close()  # closing frees the lock


def holder(state: Path) -> int | None:
    """Return the process that holds the lock of a data directory; None if nobody does.

    What the file names is not asked: after a crash or a restart that may be anybody's number.
    """
    try:
        with (state / "run.lock").open(encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)  # freed as the file is closed
            except BlockingIOError:
                return int(_holder(file))
    except (OSError, ValueError):
        pass
    return None


def check_writable(state: Path) -> None:
    """See that the lock could be taken as far as the disk is concerned, before anything long is started.

    Raises:
        InputError: the directory cannot be written.
    """
    _open(state / "run.lock").close()


def _open(path: Path) -> IO[str]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("a+", encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path.parent}: cannot be written: {error.strerror}; nothing was done") from None


def _try_lock(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _holder(file: IO[str]) -> str:
    file.seek(0)
    return file.read().strip() or "unknown"
