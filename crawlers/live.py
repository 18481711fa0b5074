"""Try a declaration: fetch what it lists and one article, and read it. Nothing is kept."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from crawlers.archive import read_snapshots
from crawlers.crawl import crawl_source
from crawlers.records import CrawlReport, CrawlState, NotContent, Source
from crawlers.settings import Limits
from crawlers.text import Page, read_page

_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Look:
    """What a source gives today.

    Attributes:
        report: of the small crawl: how many articles are listed, what went wrong.
        url: of the article that was read, empty if none could be had.
        page: what was read from it, None if none could be had.
    """

    report: CrawlReport
    url: str = ""
    page: Page | NotContent | None = None


def look_at(source: Source, contact: str = "") -> Look:
    """Crawl at most one article of a source, politely, and read it.

    Raises:
        ValueError: the source was not loaded from a file.
        OSError: no temporary directory can be made.
    """
    with tempfile.TemporaryDirectory() as directory:
        archive = Path(directory)
        limits = Limits(seconds=_SECONDS, articles=1)
        report = crawl_source(source, archive, CrawlState(), run_id="look", limits=limits, contact=contact)
        for name in report.warc_files:
            for snapshot in read_snapshots(archive / name):
                return Look(report, snapshot.url, read_page(snapshot, source))
    return Look(report)
