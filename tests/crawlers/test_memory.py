from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.crawlers.site import Page, Site, article, declare

_LARGE_PARENT = """
import sys
from pathlib import Path
from crawlers.crawl import crawl_source
from crawlers.records import CrawlState
from crawlers.settings import Limits
from crawlers.sources import load_source
ballast = b"x" * 300_000_000
source, archive = load_source(Path(sys.argv[1])), Path(sys.argv[2])
report = crawl_source(source, archive, CrawlState(), run_id="one", limits=Limits(memory=200))
print(report.ended, len(report.pages), len(ballast))
"""


def test_the_memory_of_the_parent_does_not_count(site: Site, tmp_path: Path) -> None:
    site.pages["/p"] = Page(article("Page"))
    source = declare(tmp_path, "fixed", f'type = "pages"\nurls = ["{site.url}/p"]')
    command = [sys.executable, "-c", _LARGE_PARENT, str(source.path), str(tmp_path / "archive")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["finished", "1", "300000000"]
