"""Crawls that are killed: nothing is fetched twice, nothing is lost, everything is reported."""

from __future__ import annotations

import gzip
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from crawlers import processes
from crawlers.archive import read_snapshots
from crawlers.crawl import _alone, crawl_source
from crawlers.health import Health, judge
from crawlers.job import Job
from crawlers.recorder import now
from crawlers.records import CrawlState, Outcome, Role
from crawlers.recovery import take_leftovers
from tests.crawlers.site import Page, Site, article, declare, listing, outcomes, states

KILLS = int(os.environ.get("LINKPOLICY_TEST_KILLS", "1"))


def _contents(archive: Path) -> Counter[str]:
    files = sorted(archive.glob("*.warc.gz"))
    return Counter(page.url for file in files for page in read_snapshots(file) if not page.revisit)


@pytest.mark.usefixtures("warm_crawls")
@pytest.mark.parametrize("attempt", range(KILLS))
def test_killed_at_a_random_moment_every_page_is_archived_once(
    site: Site, tmp_path: Path, attempt: int
) -> None:
    """Set LINKPOLICY_TEST_KILLS=20 for the full count."""
    links = [f"/n/{number}" for number in range(30)]
    site.pages |= {link: Page(article(link), delay=0.01, etag=False) for link in links}
    site.pages["/list"] = Page(listing(*links))
    source = declare(tmp_path, "board", f'type = "index"\nurls = ["{site.url}/list"]')
    assert source.path is not None
    archive = tmp_path / "archive"
    job = Job(source.path, archive, tmp_path / "report.json", "one", now())
    process = subprocess.Popen([sys.executable, "-m", "crawlers.run"], stdin=subprocess.PIPE, text=True)
    assert process.stdin is not None
    process.stdin.write(job.to_json())
    process.stdin.close()
    while len(site.asked) < 3 and process.poll() is None:
        time.sleep(0.005)
    time.sleep(random.Random(attempt).uniform(0, 0.6))  # noqa: S311
    process.send_signal(signal.SIGKILL)
    process.wait()
    report = crawl_source(source, archive, CrawlState(), run_id="two")
    assert report.ended == "finished"
    assert _contents(archive) == Counter({f"{site.url}{link}": 1 for link in links})
    assert {page.url for page in report.pages if page.role is Role.CONTENT} == {
        f"{site.url}{link}" for link in links
    }
    assert set(report.warc_files) == {file.name for file in archive.glob("*.warc.gz")}
    third = crawl_source(source, archive, states(report), run_id="three")
    assert third.count(Outcome.NEW, role=Role.CONTENT) == 0


@pytest.mark.usefixtures("warm_crawls")
def test_a_night_killed_before_loading_is_reported_again(site: Site, tmp_path: Path) -> None:
    site.pages |= {"/list": Page(listing("/n/1")), "/n/1": Page(article("One"))}
    source = declare(tmp_path, "board", f'type = "index"\nurls = ["{site.url}/list"]')
    lost = crawl_source(source, tmp_path / "archive", CrawlState(), run_id="lost")
    site.pages["/list"] = Page(listing("/n/1", "/n/2"))
    site.pages["/n/2"] = Page(article("Two"))
    report = crawl_source(source, tmp_path / "archive", CrawlState(), run_id="next")
    assert outcomes(report, site.url)["/n/1"] is Outcome.NEW
    assert set(report.warc_files) > set(lost.warc_files)
    assert site.paths().count("/n/1") == 1
    # Once loaded, it is reported no more.
    after = crawl_source(source, tmp_path / "archive", states(report), run_id="after")
    assert set(after.warc_files).isdisjoint(report.warc_files)


@pytest.mark.usefixtures("warm_crawls")
def test_news_of_a_killed_night_stay_news_though_the_page_is_unchanged(site: Site, tmp_path: Path) -> None:
    site.pages["/rules"] = Page(article("Rules"))
    source = declare(tmp_path, "board", f'type = "pages"\nurls = ["{site.url}/rules"]')
    crawl_source(source, tmp_path / "archive", CrawlState(), run_id="lost")
    report = crawl_source(source, tmp_path / "archive", CrawlState(), run_id="next")
    assert [page.outcome for page in report.pages] == [Outcome.NEW, Outcome.UNCHANGED]
    assert judge(source, report, []).status is Health.OK


def test_a_crawl_that_dies_is_reported_with_what_it_had(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[subprocess.Popen[bytes]] = []

    def popen(*arguments: Any, **keywords: Any) -> subprocess.Popen[bytes]:
        started.append(subprocess.Popen(*arguments, **keywords))
        return started[0]

    def die(handler: Any) -> None:
        started[0].kill()

    monkeypatch.setattr(
        "crawlers.processes.subprocess", SimpleNamespace(**vars(subprocess) | {"Popen": popen})
    )
    site.pages |= {"/list": Page(listing("/n/1", "/n/2")), "/n/1": Page(article("One")), "/n/2": die}
    source = declare(tmp_path, "board", f'type = "index"\nurls = ["{site.url}/list"]')
    report = crawl_source(source, tmp_path / "archive", CrawlState(), run_id="one")
    assert (report.ended, report.error) == ("crashed", "the crawl process ended with -9")
    assert outcomes(report, site.url)["/n/1"] is Outcome.NEW
    assert len(report.warc_files) == 1


def test_a_crawl_that_hangs_is_killed() -> None:
    began = time.monotonic()
    assert processes.run("", 2, 0.05) is None
    assert time.monotonic() - began < 5


def test_one_crawl_of_a_source_at_a_time(tmp_path: Path) -> None:
    source = declare(tmp_path, "board", 'type = "pages"\nurls = ["http://127.0.0.1:9/"]')
    (tmp_path / "archive").mkdir()
    with _alone(tmp_path / "archive", "board") as alone:
        assert alone
        report = crawl_source(source, tmp_path / "archive", CrawlState(), run_id="one")
    assert (report.ended, report.error) == ("not started", "another crawl of this source is running")


@pytest.mark.usefixtures("warm_crawls")
@pytest.mark.parametrize(
    "content", [b"", b"no archive " * 50, gzip.compress(b"no archive")], ids=["empty", "text", "gzip"]
)
def test_a_leftover_that_is_no_archive_is_told_put_aside_and_stops_nothing(
    site: Site, tmp_path: Path, content: bytes
) -> None:
    site.pages |= {"/list": Page(listing("/n/1")), "/n/1": Page(article("One"))}
    source = declare(tmp_path, "board", f'type = "index"\nurls = ["{site.url}/list"]')
    archive = tmp_path / "archive"
    lost = crawl_source(source, archive, CrawlState(), run_id="lost")
    broken = archive / "board-20261130T200000000000.warc.gz"
    broken.write_bytes(content)
    report = crawl_source(source, archive, CrawlState(), run_id="next")
    assert report.ended == "finished"
    [aside] = archive.glob(f"{broken.name}.damaged-*")
    assert report.error.startswith(f"{broken}: is no WARC file: ")
    assert report.error.endswith(f"; it is put aside as {aside.name}")
    verdict = judge(source, report)
    assert (verdict.status, verdict.evidence) == (Health.SUSPICIOUS, report.error)
    assert aside.read_bytes() == content
    assert not broken.exists()
    # What stands beside it is taken up as ever.
    assert set(lost.warc_files) < set(report.warc_files)
    assert outcomes(report, site.url)["/n/1"] is Outcome.NEW
    assert site.paths().count("/n/1") == 1
    assert crawl_source(source, archive, CrawlState(), run_id="after").error == ""


@pytest.mark.parametrize("ending", ["", ".part"])
def test_a_leftover_that_the_system_does_not_give_stays_and_is_told(tmp_path: Path, ending: str) -> None:
    """It may be a good archive, which somebody else wrote or another disk holds."""
    source = declare(tmp_path, "board", 'type = "pages"\nurls = ["http://127.0.0.1:9/"]')
    locked = tmp_path / "archive" / f"board-20261130T200000000000.warc.gz{ending}"
    locked.mkdir(parents=True)
    left = take_leftovers(tmp_path / "archive", source, CrawlState())
    assert left.problems == (f"{locked}: cannot be read: Is a directory",)
    assert (left.warc_files, left.pages) == ((), ())
    assert locked.exists()


def test_a_broken_leftover_is_told_even_if_the_crawl_dies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crawlers.processes.run", lambda *_: -9)
    source = declare(tmp_path, "board", 'type = "pages"\nurls = ["http://127.0.0.1:9/"]')
    (tmp_path / "archive").mkdir()
    (tmp_path / "archive" / "board-20261130T200000000000.warc.gz").touch()
    report = crawl_source(source, tmp_path / "archive", CrawlState(), run_id="one")
    assert report.ended == "crashed"
    assert report.error.startswith("the crawl process ended with -9; ")
    assert "is no WARC file" in report.error
