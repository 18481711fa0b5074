"""A site that does everything wrong, crawled beside good ones: each fault is named, no good page is lost."""

from __future__ import annotations

import base64
import gzip
import os
import re
import socket
import ssl
import struct
import threading
import time
import zlib
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from crawlers.addresses import is_private_address, is_private_host
from crawlers.archive import read_snapshots
from crawlers.crawl import crawl_source
from crawlers.records import CrawlReport, CrawlState, Outcome, Role, Source
from crawlers.settings import Limits
from crawlers.sources import load_source
from crawlers.text import read_document
from extract.records import Document
from tests.crawlers.peak import PeakOfChildren
from tests.crawlers.site import Page, Site, article, declare, listing, outcomes, reasons, running

GOOD_SITES = int(os.environ.get("LINKPOLICY_TEST_GOOD_SITES", "2"))
LIMITS = Limits(seconds=90, page_seconds=3, page_bytes=2_000_000, longest_wait=5)
CHINESE = "自三月一日起，直播间购物车不再支持淘宝链接，请各位商家及时调整商品。" * 20


def _bomb() -> bytes:
    """One gigabyte of zeros in one gzip stream, made of one packed megabyte repeated."""
    packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    head = packer.compress(b"") + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    return head + block * 1024


def _reset(handler: Any) -> None:
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.close_connection = True


def _endless(handler: Any) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n")
    with suppress(OSError):
        while True:
            handler.wfile.write(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")


def _cut(handler: Any) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 9999\r\n\r\n<p>half")
    handler.close_connection = True


def _drip(handler: Any) -> None:
    """A byte now and then: each comes in time, the page never does."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 9999\r\n\r\n")
    with suppress(OSError):
        for _ in range(100):
            handler.wfile.write(b"x")
            time.sleep(0.2)


def _garbage(handler: Any) -> None:
    handler.wfile.write(b"\x00\x01\x02 this is no HTTP\r\n\r\n")
    handler.close_connection = True


def _to(place: str) -> Page:
    return Page(b"", 302, headers={"Location": place}, etag=False)


def _after(times: int, first: Page, then: Page) -> Any:
    left: defaultdict[str, int] = defaultdict(lambda: times)

    def answer(handler: Any) -> Page:
        left[handler.path] -= 1
        return first if left[handler.path] >= 0 else then

    return answer


def _hostile(site: Site) -> dict[str, tuple[Outcome, str]]:
    """Set the pages; return what is to be reported of each."""
    packed = gzip.compress(article("Cut"))
    zipped = {"Content-Encoding": "gzip"}
    expected = {
        "/slow": (Page(article("Slow"), delay=8), Outcome.FAILED, "no complete answer in time"),
        "/endless": (_endless, Outcome.FAILED, "body larger than allowed"),
        "/bomb": (Page(_bomb(), headers=zipped), Outcome.FAILED, "larger than 2000000 bytes"),
        "/large": (Page(b"x" * 3_000_000), Outcome.FAILED, "body larger than allowed"),
        "/cut-gzip": (Page(packed[:-40], headers=zipped), Outcome.FAILED, "the gzip data are cut off"),
        "/broken-gzip": (Page(b"no gzip at all", headers=zipped), Outcome.FAILED, "the gzip data are broken"),
        "/brotli": (
            Page(b"\x0b", headers={"Content-Encoding": "br"}),
            Outcome.FAILED,
            "content encoding br was not asked for",
        ),
        "/cut": (_cut, Outcome.FAILED, "the answer was cut off"),
        "/reset": (_reset, Outcome.FAILED, ""),
        "/garbage": (_garbage, Outcome.FAILED, "ParseError"),
        "/loop": (_to("/loop"), Outcome.FAILED, "max redirections reached"),
        "/five-hops": (_to("/hop/4"), Outcome.NEW, ""),
        "/six-hops": (_to("/hop/5"), Outcome.FAILED, "max redirections reached"),
        "/refresh": (
            Page(b'<meta http-equiv=refresh content="0; url=http://169.254.1.1/">', etag=False),
            Outcome.REFUSED,
            "private address: 169.254.1.1:80",
        ),
        "/home": (_to("http://127.0.0.1:9/admin"), Outcome.REFUSED, "private address: 127.0.0.1:9"),
        "/cloud": (
            _to("http://169.254.169.254/latest"),
            Outcome.REFUSED,
            "private address: 169.254.169.254:80",
        ),
        "/credentials": (
            _to(f"{site.url.replace('//', '//me:secret@')}/good"),
            Outcome.REFUSED,
            "the URL holds credentials",
        ),
        "/decimal": (_to("http://2130706433/"), Outcome.REFUSED, "private address: 2130706433:80"),
        "/six": (_to("http://[::1]/"), Outcome.REFUSED, "private address: ::1:80"),
        "/file": (_to("file:///etc/passwd"), Outcome.FAILED, "HTTP 302, redirected to no web page"),
        "/ill": (Page(b"ill", 500, etag=False), Outcome.FAILED, "HTTP 500"),
        "/heals": (_after(2, Page(b"ill", 500, etag=False), Page(article("Heals"))), Outcome.NEW, ""),
        "/busy": (
            _after(1, Page(b"", 429, headers={"Retry-After": "1"}, etag=False), Page(article("Busy"))),
            Outcome.NEW,
            "",
        ),
        "/charset": (
            Page(
                article("公告", CHINESE).decode().encode("gb18030"), content_type="text/html; charset=utf-8"
            ),
            Outcome.NEW,
            "",
        ),
        "/good": (Page(article("Good")), Outcome.NEW, ""),
    }
    site.pages |= {path: page for path, (page, _, _) in expected.items()}
    site.pages |= {f"/hop/{left}": _to(f"/hop/{left - 1}") for left in range(1, 6)}
    site.pages["/hop/0"] = Page(article("At last"))
    site.pages["/list"] = Page(listing(*expected))
    return {path: (outcome, reason) for path, (_, outcome, reason) in expected.items()}


@contextmanager
def _badly_certified(directory: Path) -> Iterator[str]:
    """A TLS server whose certificate nobody has signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    day = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    certificate = (
        builder.not_valid_before(day).not_valid_after(day + timedelta(days=9)).sign(key, hashes.SHA256())
    )
    file = directory / "certificate.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    with running() as site:
        site.pages["/p"] = Page(article("Secret"))
        site.server.socket = context.wrap_socket(site.server.socket, server_side=True)
        yield site.url.replace("http:", "https:")


def _calendar(handler: Any) -> Page:
    day = int(handler.path.rpartition("/")[2])
    return Page(
        listing(f"/day/{day}").replace(b"</body>", b'<a class=next href="/month/%d">next</a>' % (day + 1))
    )


def _sources(
    tmp_path: Path, stack: ExitStack
) -> tuple[list[Source], list[Site], dict[str, tuple[Outcome, str]]]:
    bad, endless, large = (stack.enter_context(running()) for _ in range(3))
    secure = stack.enter_context(_badly_certified(tmp_path))
    expected = _hostile(bad)
    endless.pages |= {f"/month/{number}": _calendar for number in range(100)}
    endless.pages |= {f"/day/{number}": Page(article(f"Day {number}")) for number in range(100)}
    urls = "".join(f"<url><loc>{large.url}/a/{number}</loc></url>" for number in range(10_000))
    large.pages["/sitemap.xml"] = Page(
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{urls}</urlset>'.encode()
    )
    large.pages["/drip"] = _drip
    large.pages |= {f"/a/{number}": Page(article(f"Article {number}")) for number in range(10_000)}
    sources = [
        declare(tmp_path, "hostile", f'type = "index"\nurls = ["{bad.url}/list"]'),
        declare(
            tmp_path,
            "calendar",
            f'type = "index"\nurls = ["{endless.url}/month/0"]\nlinks = "li a"\nnext_page = ".next"',
        ),
        declare(
            tmp_path,
            "sitemap",
            f'type = "sitemap"\nurls = ["{large.url}/sitemap.xml"]\n[expect]\nmax_items = 30',
        ),
        declare(tmp_path, "tls", f'type = "pages"\nurls = ["{secure}/p"]'),
        declare(tmp_path, "dripping", f'type = "pages"\nurls = ["{large.url}/drip"]'),
    ]
    sites = []
    for number in range(GOOD_SITES):
        site = stack.enter_context(running())
        links = [f"/n/{page}" for page in range(10)]
        site.pages |= {link: Page(article(link)) for link in links} | {"/list": Page(listing(*links))}
        sources.append(declare(tmp_path, f"good_{number}", f'type = "index"\nurls = ["{site.url}/list"]'))
        sites.append(site)
    return sources, [bad, *sites], expected


@pytest.mark.slow
def test_every_fault_is_named_and_every_good_page_arrives(tmp_path: Path) -> None:
    """Set LINKPOLICY_TEST_GOOD_SITES=10 for the full company."""
    archive = tmp_path / "archive"

    def crawl(source: Source) -> CrawlReport:
        return crawl_source(source, archive, CrawlState(), run_id="one", limits=LIMITS)

    began = time.monotonic()
    with ExitStack() as stack, PeakOfChildren() as peak:
        sources, (bad, *good), expected = _sources(tmp_path, stack)
        with ThreadPoolExecutor(4) as pool:
            reports = {
                source.id: report for source, report in zip(sources, pool.map(crawl, sources), strict=True)
            }
        assert {report.ended for report in reports.values()} == {"finished"}
        found = outcomes(reports["hostile"], bad.url)
        assert found.pop("/list") is Outcome.NEW
        assert found == {path: outcome for path, (outcome, _) in expected.items()}
        said = reasons(reports["hostile"], bad.url)
        for path, (outcome, reason) in expected.items():
            assert reason in said.get(path, ""), path
            assert outcome is Outcome.NEW or said[path], path
        for number, site in enumerate(good):
            report = reports[f"good_{number}"]
            assert set(outcomes(report, site.url).values()) == {Outcome.NEW}
            assert report.count(Outcome.NEW, role=Role.CONTENT) == 10
    assert reports["calendar"].count(Outcome.NEW, role=Role.CONTENT) == 5
    assert reports["sitemap"].count(Outcome.NEW, role=Role.CONTENT) == 30
    assert reports["sitemap"].left_out == 9_970
    [refused] = reports["tls"].pages
    assert refused.outcome is Outcome.FAILED
    assert refused.reason == "robots.txt cannot be read: TLS: certificate verify failed"
    [dripped] = reports["dripping"].pages
    assert (dripped.outcome, dripped.reason) == (Outcome.FAILED, "no complete answer in time")
    names = {path.name for path in archive.iterdir()}  # nothing in them comes from the web
    assert {re.sub(r"\d{8}T\d{12}", "N", name) for name in names if not name.startswith(".")} == {
        f"{source}-N.{kind}" for source in reports for kind in ("warc.gz", "report.json")
    } - {"tls-N.warc.gz", "dripping-N.warc.gz"}
    hostile = archive / reports["hostile"].warc_files[0]
    chinese = next(page for page in read_snapshots(hostile) if page.url.endswith("/charset"))
    document = read_document(chinese, sources[0])
    assert isinstance(document, Document)
    assert "淘宝链接" in document.text
    assert time.monotonic() - began < 150
    assert 20_000 < peak.kilobytes < 500_000  # more than nothing: it was watched
    assert threading.active_count() < 100


def test_the_password_of_a_proxy_stands_nowhere(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The proxy may lie in a private network; it alone learns the password, and the site's address."""
    url = "http://news.example.org/p"
    site.pages[url] = Page(article("Rules"))
    monkeypatch.setenv("http_proxy", site.url.replace("//", "//me:secret@"))
    path = tmp_path / "news.toml"
    declaration = 'id = "news"\nname = "N"\nkind = "news"\n[discovery]\ntype = "pages"\nurls = ["{}"]\n'
    path.write_text(declaration.format(url), encoding="utf-8")
    archive = tmp_path / "archive"
    report = crawl_source(load_source(path), archive, CrawlState(), run_id="one", limits=LIMITS)
    assert outcomes(report) == {url: Outcome.NEW}
    basic = base64.b64encode(b"me:secret").decode()
    assert {asked.headers["Proxy-Authorization"] for asked in site.asked} == {f"Basic {basic}"}
    files = [file.read_bytes() for file in archive.iterdir()]
    kept = b"".join(gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body for body in files)
    kept += "".join(capfd.readouterr()).encode()
    assert b"Rules" in kept
    assert b"secret" not in kept
    assert basic.encode() not in kept


def test_names_that_resolve_to_private_addresses_are_refused(site: Site, tmp_path: Path) -> None:
    """This machine's own name looks public; its address is not."""
    name = socket.gethostname()
    try:
        address = socket.gethostbyname(name)
    except OSError:
        pytest.skip("this machine's name does not resolve")
    if is_private_host(name) or not is_private_address(address):
        pytest.skip("this machine's name is not of the kind the test needs")
    site.pages["/list"] = Page(listing(f"http://{name}:{site.server.server_port}/secret"))
    source = declare(tmp_path, "names", f'type = "index"\nurls = ["{site.url}/list"]\nlinks = "a"')
    report = crawl_source(source, tmp_path / "archive", CrawlState(), run_id="one", limits=LIMITS)
    refused = report.pages[-1]
    assert refused.outcome is Outcome.REFUSED
    assert refused.reason == f"private address: {name} is {address}"
    assert site.paths() == ["/robots.txt", "/list"]
