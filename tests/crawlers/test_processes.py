"""Crawl processes end with the run that began them."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from crawlers import processes
from crawlers.crawl import crawl_source
from crawlers.records import CrawlReport, CrawlState
from tests.crawlers.site import Page, Site, article, declare


def test_a_stopped_run_waits_for_no_page(tmp_path: Path, site: Site) -> None:
    site.pages["/slow"] = Page(article("Slow"), delay=60.0)
    source = declare(tmp_path, "board", f'type = "pages"\nurls = ["{site.url}/slow"]')
    reports: list[CrawlReport] = []

    def crawl() -> None:
        reports.append(crawl_source(source, tmp_path / "archive", CrawlState(), run_id="one"))

    thread = threading.Thread(target=crawl)
    with pytest.raises(SystemExit), processes.ending_with_the_run():
        thread.start()
        deadline = time.monotonic() + 60
        while not site.times("/slow") and time.monotonic() < deadline:
            time.sleep(0.05)
        assert site.times("/slow")
        raise SystemExit(143)
    thread.join(10)
    assert [report.ended for report in reports] == ["crashed"]
    crawl()
    assert len(site.times("/slow")) == 1, "no crawl begins after the stop"
    with processes.ending_with_the_run():
        pass
