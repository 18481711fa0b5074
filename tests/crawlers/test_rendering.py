"""Pages drawn by script: declared, refused with a word where there is no browser, shown where there is one.

The last tests need `pip install 'linkpolicy[browser]'` and `apt-get install chromium`.
"""

from __future__ import annotations

import gzip
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from crawlers import chromium
from crawlers.archive import read_snapshots
from crawlers.crawl import crawl_source
from crawlers.records import CrawlReport, CrawlState, Outcome, Source
from crawlers.settings import Limits, scrapy_settings
from crawlers.sources import SourceError, load_source
from crawlers.text import read_document
from extract.records import Document
from flows.cli import run
from tests.crawlers.site import PARAGRAPH, Page, Site, declare, outcomes, reasons, running, states

LIMITS = Limits(seconds=120, page_seconds=20, page_bytes=2_000_000)
with_browser = pytest.mark.skipif(bool(chromium.problem()), reason=chromium.problem())


def app(script: str) -> Page:
    """The shell of a page that is drawn by script."""
    html = f"<title>Rules</title><body><div id=app></div><script>{script}</script></body>"
    return Page(html.encode(), headers={"Set-Cookie": "secret=1"})


def draws(url: str) -> str:
    """A script that shows what it fetches."""
    show = "text => { document.getElementById('app').innerHTML = text }"
    return f"fetch('{url}').then(r => r.text()).then({show})"


def _rendered(site: Site, directory: Path, *paths: str, render: bool = True) -> Source:
    urls = ", ".join(f'"{site.url}{path}"' for path in paths)
    top = "render = true" if render else ""
    return declare(directory, "app", f'type = "pages"\nurls = [{urls}]', top)


def _crawl(source: Source, directory: Path, known: CrawlState | None = None) -> CrawlReport:
    return crawl_source(source, directory / "archive", known or CrawlState(), run_id="one", limits=LIMITS)


DECLARED = 'id = "app"\nname = "A"\nkind = "news"\nrender = true\n[discovery]\ntype = "{}"\nurls = ["{}"]\n'


def test_rendering_needs_a_reviewed_entry(tmp_path: Path) -> None:
    path = tmp_path / "app.toml"
    path.write_text(DECLARED.format("pages", "https://example.org/"), encoding="utf-8")
    with pytest.raises(SourceError, match=r"render: .* needs a reviewed entry \[app\] in exceptions.toml"):
        load_source(path)
    entry = '[app]\nkeys = ["render"]\nreason = "drawn by script"\nreviewed = 2026-11-28\n'
    (tmp_path / "exceptions.toml").write_text(entry, encoding="utf-8")
    assert load_source(path).render
    path.write_text(DECLARED.format("files", "inbox"), encoding="utf-8")
    with pytest.raises(SourceError, match="render: is not for type files"):
        load_source(path)


def test_what_is_missing_is_said_with_the_command_that_installs_it(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = _rendered(site, tmp_path, "/p")
    monkeypatch.setattr(chromium, "find_spec", {}.get)
    report = _crawl(source, tmp_path)
    assert (report.ended, report.error, report.pages) == (
        "not started",
        "rendering needs the extra: pip install 'linkpolicy[browser]'",
        (),
    )
    monkeypatch.setattr(chromium, "find_spec", str)
    monkeypatch.setattr("shutil.which", {}.get)
    monkeypatch.setattr("pathlib.Path.home", lambda: tmp_path)
    assert _crawl(source, tmp_path).error.startswith(
        "rendering needs Chromium: apt-get install chromium, or "
    )
    (tmp_path / ".cache" / "ms-playwright" / "chromium-1255").mkdir(parents=True)
    assert chromium.problem() == ""
    assert site.asked == []


def test_a_check_tells_which_sources_cannot_be_rendered_here(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _rendered(site, tmp_path, "/p")
    for missing, told in (
        ("", ""),
        ("rendering needs more", "not crawled on this machine: app; rendering needs more\n"),
    ):
        monkeypatch.setattr(chromium, "problem", partial(str, missing))
        assert run(["sources", "check", "--sources", str(tmp_path)]) == 0
        assert capsys.readouterr().out == f"1 declarations in {tmp_path} are good\n{told}"


def test_only_sources_that_are_rendered_know_of_a_browser(site: Site, tmp_path: Path) -> None:
    plain = scrapy_settings(_rendered(site, tmp_path, "/p", render=False), LIMITS, "")
    settings = scrapy_settings(_rendered(site, tmp_path, "/p"), LIMITS, "")
    assert "PLAYWRIGHT" not in str(plain)
    assert "crawlers.rendering" not in str(plain)
    arguments: Any = settings["PLAYWRIGHT_LAUNCH_OPTIONS"]["args"]
    assert "--proxy-server=http://proxy.invalid:1" in arguments
    assert "--host-resolver-rules=MAP * ~NOTFOUND" in arguments
    assert settings["LINKPOLICY_CONTEXT"]["service_workers"] == "block"
    assert settings["DOWNLOADER_MIDDLEWARES"].items() > plain["DOWNLOADER_MIDDLEWARES"].items()


@with_browser
def test_listings_and_pages_drawn_by_script_are_read(site: Site, tmp_path: Path) -> None:
    site.pages |= {"/list": app(draws("/api/list")), "/rules": app(draws("/api/rules"))}
    site.pages["/api/list"] = Page(b"<ul><li><a href='/rules'>About links</a></li></ul>")
    site.pages["/api/rules"] = Page(f"<h1>Rules</h1><p>{PARAGRAPH}</p>".encode())
    discovery = f'type = "index"\nurls = ["{site.url}/list"]\ninclude = ["/rules"]'
    bare = _crawl(declare(tmp_path / "bare", "app", discovery), tmp_path / "bare")
    assert (bare.listed, site.paths()) == (0, ["/robots.txt", "/list"])
    site.asked.clear()
    source = declare(tmp_path, "app", discovery, 'render = true\nrevisit = "always"')
    report = _crawl(source, tmp_path)
    assert outcomes(report, site.url) == {"/list": Outcome.NEW, "/rules": Outcome.NEW}
    assert site.paths() == ["/robots.txt", "/list", "/api/list", "/rules", "/api/rules"]
    assert all(asked.headers["User-Agent"].startswith("linkpolicy/") for asked in site.asked)
    assert all("Cookie" not in asked.headers for asked in site.asked)
    archive = tmp_path / "archive" / report.warc_files[0]
    [snapshot] = read_snapshots(archive)
    assert b"rendered: chromium" in gzip.decompress(archive.read_bytes())
    document = read_document(snapshot, source)
    assert isinstance(document, Document)
    assert (document.title, document.text) == ("Rules", PARAGRAPH.strip())
    # The shell is the same for ever: it must not be asked for conditionally.
    site.pages["/api/rules"] = Page(f"<h1>Rules</h1><p>{PARAGRAPH * 2}</p>".encode())
    again = _crawl(source, tmp_path, states(report))
    assert outcomes(again, site.url) == {"/list": Outcome.UNCHANGED, "/rules": Outcome.CHANGED}


OUTSIDE = """
for (const url of ['{other}/fetched', 'http://169.254.169.254/latest', '/private', '/to-other']) {{
    fetch(url).catch(() => 0) }}
fetch('/posted', {{method: 'POST', body: 'x'}}).catch(() => 0);
navigator.sendBeacon('{other}/beacon', 'x');
new Image().src = '{other}/pixel.png';
new WebSocket('{other}/socket'.replace('http', 'ws'));
new RTCPeerConnection({{iceServers: [{{urls: 'stun:{host}'}}]}}).createDataChannel('x');
window.open('{other}/opened');
const frame = document.createElement('iframe'); frame.src = '{other}/frame'; document.body.append(frame);
const link = document.createElement('link'); link.rel = 'prefetch'; link.href = '{other}/prefetched';
document.head.append(link);
if (navigator.serviceWorker) navigator.serviceWorker.register('/worker.js').catch(() => 0);
"""


@with_browser
def test_what_a_script_asks_for_has_the_rules_of_every_page(site: Site, tmp_path: Path) -> None:
    site.pages |= {
        "/robots.txt": Page(b"User-agent: *\nDisallow: /private\n", content_type="text/plain"),
        "/api": Page(PARAGRAPH.encode()),
        "/tick": Page(b"tick", etag=False),
        "/polls": app("setInterval(() => fetch('/tick'), 20);" + draws("/api")),
        "/loop": app("while (true) {}"),
        "/late-loop": app(draws("/api") + "; setTimeout(() => { while (true) {} }, 200)"),
        "/grows": app("document.body.append('x'.repeat(3000000))"),
        "/broken": app("throw 'up'"),
        "/leaves": app("location = '/api'"),
    }
    with running() as other:
        site.pages["/to-other"] = Page(b"", 302, headers={"Location": f"{other.url}/redirected"}, etag=False)
        host = other.url.removeprefix("http://")
        site.pages["/asks"] = app(OUTSIDE.format(other=other.url, host=host) + draws("/api"))
        source = _rendered(
            site, tmp_path, "/asks", "/polls", "/loop", "/late-loop", "/grows", "/broken", "/leaves"
        )
        report = crawl_source(
            source, tmp_path / "archive", CrawlState(), run_id="one",
            limits=Limits(seconds=120, page_seconds=12, page_bytes=2_000_000),
        )  # fmt: skip
        assert other.asked == []
    assert report.ended == "finished"
    assert {"/private", "/posted", "/worker.js"}.isdisjoint(site.paths())
    assert 0 < site.paths().count("/tick") <= 60
    said = reasons(report, site.url)
    assert said.pop("/loop") == "cannot be rendered: Page.goto: Timeout 12000ms exceeded."
    assert said == {
        "/late-loop": "the page does not come to an end in Chromium",
        "/grows": "larger than 2000000 bytes after rendering",
        "/broken": "empty_shell: 1 scripts and next to no text",
    }
    assert [path for path, outcome in outcomes(report, site.url).items() if outcome is Outcome.NEW] == [
        "/asks",
        "/polls",
        "/leaves",
    ]
    assert {page.final_url for page in report.pages if page.url.endswith("/leaves")} == {f"{site.url}/api"}
    bodies = [snapshot.body for snapshot in read_snapshots(tmp_path / "archive" / report.warc_files[0])]
    assert sum(PARAGRAPH.strip().encode() in body for body in bodies) == 3
