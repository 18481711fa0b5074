"""Crawl one source in a process of its own, bounded in time; whatever happens becomes a report."""

from __future__ import annotations

import contextlib
import fcntl
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from crawlers import chromium, processes
from crawlers.archive import SUFFIX, archive_name
from crawlers.job import Job
from crawlers.recorder import now
from crawlers.records import CrawlReport, CrawlState, Outcome, PageResult, Source
from crawlers.recovery import Leftovers, take_leftovers
from crawlers.settings import Limits

_GRACE = 60.0  # seconds that a crawl may take to close in good order after its time limit


def crawl_source(  # noqa: PLR0913 (three keywords, each a plain choice of the caller)
    source: Source,
    archive: Path,
    state: CrawlState,
    *,
    run_id: str,
    limits: Limits | None = None,
    contact: str = "",
) -> CrawlReport:
    """Crawl one source and report; a fault of the source or of the crawl is in the report, never raised.

    What an earlier, killed crawl left in the archive is reported with this run and not fetched again.

    Args:
        source: as loaded from its file.
        archive: directory of the archive files, made if missing.
        state: what the warehouse knows of its pages.
        run_id: of the night this belongs to.
        limits: bounds, the usual ones if None.
        contact: URL or address put into the user agent.

    Raises:
        ValueError: the source was not loaded from a file.
        OSError: the archive directory cannot be written.
    """
    if source.path is None:
        raise ValueError(f"source {source.id} was not loaded from a file")
    archive.mkdir(parents=True, exist_ok=True)
    started_at = now()
    name = archive_name(source.id, started_at).removesuffix(SUFFIX)
    job = Job(
        source=source.path.resolve(),
        archive=archive.resolve(),
        report=archive.resolve() / f"{name}.report.json",
        run_id=run_id,
        started_at=started_at,
        limits=limits or Limits(),
        contact=contact,
    )
    empty = CrawlReport(source.id, run_id, started_at, started_at, ended="not started")
    if source.render and (missing := chromium.problem()):
        return replace(empty, error=missing)
    with _alone(archive, source.id) as alone:
        if not alone:
            return replace(empty, error="another crawl of this source is running")
        left = take_leftovers(archive, source, state)
        report = _crawled(replace(job, state=left.added_to(state)), empty)
        if report.ended in ("crashed", "timed out"):
            again = take_leftovers(archive, source, state)
            left = replace(again, problems=tuple(dict.fromkeys((*left.problems, *again.problems))))
    return _with_leftovers(report, left, state)


@contextlib.contextmanager
def _alone(archive: Path, source_id: str) -> Iterator[bool]:
    """Hold the source's lock, or tell that another process has it."""
    with (archive / f".{source_id}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def _crawled(job: Job, empty: CrawlReport) -> CrawlReport:
    timeout = job.limits.seconds + _GRACE
    with tempfile.TemporaryFile() as errors:
        code = processes.run(job.to_json(), errors.fileno(), timeout)
        errors.seek(0)
        said = errors.read().decode("utf-8", "replace").strip()
    if code == 0:
        with contextlib.suppress(OSError, ValueError):
            return CrawlReport.read(job.report)
    ended = "timed out" if code is None else "crashed"
    if code is None:
        last = f"killed after {timeout:.0f} s"
    else:
        last = said.splitlines()[-1] if said else f"the crawl process ended with {code}"
    seconds = (now() - empty.started_at).total_seconds()
    return replace(empty, ended=ended, error=last, finished_at=now(), seconds=seconds)


def _with_leftovers(report: CrawlReport, left: Leftovers, state: CrawlState) -> CrawlReport:
    """Report what earlier runs left as well; this run's result of a page stands above an earlier one.

    That a page is as an earlier run left it does not make its news old: nobody was told of it. A file of
    theirs that cannot be read is an error of this run: nobody else would tell of it.
    """
    again = {page.url: page.outcome for page in report.pages}

    def untold(page: PageResult) -> bool:
        if page.url not in again:
            return True
        known = state.pages.get(page.url)
        news = page.state is not None and (known is None or known.digest != page.state.digest)
        return news and again[page.url] is Outcome.UNCHANGED

    files = tuple(dict.fromkeys((*left.warc_files, *report.warc_files)))
    error = "; ".join(part for part in (report.error, *left.problems) if part)
    pages = (*filter(untold, left.pages), *report.pages)
    return replace(report, error=error, warc_files=files, pages=pages)
