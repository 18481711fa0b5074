"""Crawl one source in this process: `python -m crawlers.run [REQUEST]`, called by `crawlers.crawl`.

The request is one JSON object, from a file or from standard input (see `crawlers.job`). The archive
file is written as it comes; the report follows when the crawl is over. Exit code 0 says that a report
was written, whatever became of the pages; 2 that the request cannot be used.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from crawlers.archive import ArchiveWriter, archive_name
from crawlers.job import Job
from crawlers.recorder import Recorder, now
from crawlers.records import CrawlReport, Discovery
from crawlers.settings import user_agent
from crawlers.sources import SourceError, load_source

_ENDED = {"finished": "finished", "closespider_timeout": "time limit", "memusage_exceeded": "memory limit"}


def run(job: Job) -> CrawlReport:
    """Crawl a source to its end and return the report. Works once in a process (Twisted's reactor).

    Raises:
        SourceError: the declaration cannot be used.
        OSError: the archive cannot be written.
    """
    source = load_source(job.source)
    if job.limits.articles is not None:
        source = replace(source, max_items=min(source.max_items, job.limits.articles))
    name = archive_name(source.id, job.started_at)
    info = {"software": user_agent(""), "format": "WARC File Format 1.1", "source": source.id}
    archive = ArchiveWriter(job.archive / name, info | {"isPartOf": job.run_id})
    recorder = Recorder(source, job.state.pages, archive)
    return _report(job, recorder, _crawl(job, recorder), archive.close())


def _crawl(job: Job, recorder: Recorder) -> Mapping[str, Any]:
    """Fetch or read everything; return counts by Scrapy's names."""
    if recorder.source.discovery is Discovery.FILES:
        from crawlers.files import record_files  # noqa: PLC0415 (only what is needed is imported)

        return record_files(recorder, job.limits)
    from crawlers.web import crawl_web  # noqa: PLC0415 (Scrapy is most of a crawl's start-up)

    return crawl_web(job, recorder)


def _report(job: Job, recorder: Recorder, stats: Mapping[str, Any], warc_file: str) -> CrawlReport:
    reason = stats.get("finish_reason", "crashed")
    errors = stats.get("spider_exceptions/count", 0)
    finished = now()
    return CrawlReport(
        source_id=recorder.source.id,
        run_id=job.run_id,
        started_at=job.started_at,
        finished_at=finished,
        ended=_ENDED.get(reason, reason),
        error=f"{errors} pages broke the crawler" if errors else "",
        warc_files=(warc_file,) if warc_file else (),
        listed=recorder.listed,
        left_out=recorder.left_out,
        bytes_received=stats.get("downloader/response_bytes", 0),
        requests=stats.get("downloader/request_count", 0),
        seconds=(finished - job.started_at).total_seconds(),
        pages=recorder.final_results(),
    )


def main(arguments: list[str]) -> int:
    """Read a request, crawl, write the report; return the exit code."""
    try:
        text = Path(arguments[0]).read_text(encoding="utf-8") if arguments else sys.stdin.read()
        job = Job.from_json(text)
        report = run(job)
    except (SourceError, ValueError, OSError) as error:
        print(error, file=sys.stderr)  # noqa: T201 (the caller reads it)
        return 2
    part = job.report.with_name(job.report.name + ".part")
    part.write_text(report.to_json(), encoding="utf-8")
    part.rename(job.report)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
