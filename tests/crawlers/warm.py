"""Crawl processes forked from one that has loaded Scrapy: nine tenths of a short crawl's work is that import.

Each crawl still has a process, a session and a reactor of its own. Where the start, the death or the memory
of the process is what is looked at, tests use the real one.
"""

from __future__ import annotations

import io
import multiprocessing
import os
import sys
from collections.abc import Mapping
from multiprocessing.reduction import DupFd
from typing import Any

_PROCESSES = multiprocessing.get_context("forkserver")
# What a crawl imports on its way, but for the reactor, which is installed when it is imported.
_PROCESSES.set_forkserver_preload(
    [__name__, "crawlers.run", "crawlers.web", "scrapy.core.downloader.handlers.http11"]
)


def run_process(request: str, errors: int, timeout: float) -> int | None:
    """Do what `crawlers.processes.run` does, from a warm start."""
    process = _PROCESSES.Process(target=_crawl, args=(request, DupFd(errors), dict(os.environ)))
    process.start()
    process.join(timeout)
    if process.exitcode is None:
        process.kill()
        process.join()
        return None
    return process.exitcode


def _crawl(request: str, errors: Any, environment: Mapping[str, str]) -> None:
    from crawlers.run import main

    os.setsid()
    os.environ.clear()
    os.environ.update(environment)
    os.dup2(errors.detach(), sys.stderr.fileno())
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.stdin = io.StringIO(request)
    sys.exit(main([]))
