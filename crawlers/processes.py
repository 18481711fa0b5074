"""Crawl processes, forked from one that has loaded Scrapy: importing it is nine tenths of a short crawl.

Each crawl has a process, a session and a reactor of its own all the same. The process that they are forked
from is started with the first of them, has neither threads nor anything of the night in it, and ends with us.
"""

from __future__ import annotations

import io
import multiprocessing
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

_PROCESSES = multiprocessing.get_context("forkserver")
# What a crawl imports on its way, save the reactor, which is installed when it is imported.
_LOADED = ["__main__", "crawlers.run", "crawlers.web", "scrapy.core.downloader.handlers.http11"]


def crawl_process(request: str, errors: Path, timeout: float) -> int | None:
    """Run a crawl in a process of its own; return its exit code, None if it had to be killed.

    Args:
        request: the job as JSON, see `crawlers.job`.
        errors: file that gets what the process says on stderr.
        timeout: seconds.
    """
    _PROCESSES.set_forkserver_preload(_LOADED)
    process = _PROCESSES.Process(target=_crawl, args=(request, errors))
    process.start()
    try:
        process.join(timeout)
        return process.exitcode
    finally:
        if process.is_alive():
            with suppress(ProcessLookupError):  # it has no session yet
                os.killpg(process.pid or 0, signal.SIGKILL)
            process.kill()
            process.join()


def _crawl(request: str, errors: Path) -> None:
    from crawlers.run import main  # noqa: PLC0415 (in that process only)

    os.setsid()
    os.dup2(os.open(errors, os.O_WRONLY | os.O_APPEND), sys.stderr.fileno())
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.stdin = io.StringIO(request)
    sys.exit(main([]))
