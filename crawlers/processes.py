"""The processes of crawls: bounded in time, and gone when the run that began them is stopped."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from threading import Lock

_COMMAND = (sys.executable, "-m", "crawlers.run")


class _Crawls:
    """The crawl processes that this process has begun, from whichever thread."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.running: set[subprocess.Popen[bytes]] = set()
        self.stopped = False

    def begin(self, errors: int) -> subprocess.Popen[bytes] | None:
        with self.lock:
            if self.stopped:
                return None
            process = subprocess.Popen(  # noqa: S603 (our own interpreter and module)
                _COMMAND,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                start_new_session=True,
            )
            self.running.add(process)
            return process

    def end(self, process: subprocess.Popen[bytes]) -> None:
        with self.lock:
            self.running.discard(process)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def stop(self) -> None:
        with self.lock:
            self.stopped = True
            for process in self.running:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)


_CRAWLS = _Crawls()


@contextlib.contextmanager
def ending_with_the_run() -> Iterator[None]:
    """End all crawls under way, and begin no other, when an interrupt or a signal ends what is inside.

    They are killed, for a page may be waited for much longer than a service manager waits; what they have
    archived is taken up by the next crawl of their source.
    """
    _CRAWLS.stopped = False
    try:
        yield
    except (KeyboardInterrupt, SystemExit):
        _CRAWLS.stop()
        raise


def run(request: str, errors: int, timeout: float) -> int | None:
    """Run a crawl in a process of its own.

    Args:
        request: the job, as JSON.
        errors: descriptor of the file that takes what it says.
        timeout: seconds after which it is killed.

    Returns:
        its exit code, None if it had to be killed after the timeout; -9 where the run was stopped.
    """
    process = _CRAWLS.begin(errors)
    if process is None:
        return -signal.SIGKILL
    try:
        process.communicate(request.encode(), timeout=timeout)
    except subprocess.TimeoutExpired:
        return None
    finally:
        _CRAWLS.end(process)
    return process.returncode
