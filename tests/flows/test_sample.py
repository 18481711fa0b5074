"""The sample world: what its server answers, and that its declarations and expectations fit its pages."""

import json
import re
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from crawlers.sources import load_sources
from extract.vocabulary import load_vocabulary
from flows.sample import BASE, EDITIONS, EXPECTED, SITES, write_sources
from flows.sample.server import SampleServer

NOTICE = "/kuaishou/notices/20221028.html"
ARTICLE = "/wall/2022/02/kuaishou-taobao.html"


@pytest.fixture
def server() -> Iterator[SampleServer]:
    with SampleServer() as running:
        yield running


def get(server: SampleServer, path: str, headers: dict[str, str] | None = None) -> tuple[HTTPResponse, bytes]:
    connection = HTTPConnection(urlsplit(server.base_url).netloc, timeout=10)
    connection.request("GET", path, headers=headers or {})
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response, body


def test_page_is_served_once_and_then_not_modified(server: SampleServer) -> None:
    first, body = get(server, ARTICLE)
    tag, modified = first.headers["ETag"], first.headers["Last-Modified"]
    by_tag, nothing = get(server, ARTICLE, {"If-None-Match": f'"other", W/{tag}'})
    by_date, _ = get(server, ARTICLE, {"If-Modified-Since": modified})
    both, _ = get(server, ARTICLE, {"If-None-Match": '"other"', "If-Modified-Since": modified})

    assert (first.status, by_tag.status, by_date.status, both.status) == (200, 304, 304, 200)
    assert body.decode().count("<h1>") == 1
    assert nothing == b""
    assert [request.status for request in server.requests] == [200, 304, 304, 200]


@pytest.mark.parametrize("since", ["yesterday", ""])
def test_unreadable_date_gets_the_page(server: SampleServer, since: str) -> None:
    response, _ = get(server, ARTICLE, {"If-Modified-Since": since})

    assert response.status == 200


def test_second_edition_changes_what_is_new_and_nothing_else(server: SampleServer) -> None:
    before = {path: get(server, path)[0].headers["ETag"] for path in (ARTICLE, "/wall/zh/2022/kuaidi.html")}
    missing, _ = get(server, NOTICE)
    server.edition = "night2"
    after = {path: get(server, path)[0].headers["ETag"] for path in before}
    found, _ = get(server, NOTICE)

    assert (missing.status, found.status) == (404, 200)
    assert after[ARTICLE] != before[ARTICLE], "the navigation around the article has changed"
    assert after["/wall/zh/2022/kuaidi.html"] == before["/wall/zh/2022/kuaidi.html"]


def test_old_encoding_is_declared_and_true(server: SampleServer) -> None:
    server.edition = "night2"
    response, body = get(server, NOTICE)

    assert response.headers["Content-Type"] == "text/html; charset=gb18030"
    assert "恢复发布淘宝联盟的商品和服务链接" in body.decode("gb18030")
    with pytest.raises(UnicodeDecodeError):
        body.decode("utf-8")


@pytest.mark.parametrize(
    "path", ["/../__init__.py", "/%2e%2e/expected.jsonl", "/kuaishou/nothing.html", "/wall"]
)
def test_nothing_but_pages_is_served(server: SampleServer, path: str) -> None:
    response, body = get(server, path)

    assert response.status == 404
    assert b"Not Found" in body


def test_feed_and_robots_name_this_server(server: SampleServer) -> None:
    feed, entries = get(server, "/wall/feed.xml")
    robots, rules = get(server, "/robots.txt")

    assert feed.headers["Content-Type"] == "application/xml; charset=utf-8"
    assert f"<link>{server.base_url}{ARTICLE}</link>" in entries.decode()
    assert robots.headers["Content-Type"].startswith("text/plain")
    assert rules.startswith(b"User-agent: *")


def test_declarations_are_valid_and_local(server: SampleServer, tmp_path: Path) -> None:
    written = write_sources(tmp_path / "sources", server.base_url)
    sources = load_sources(tmp_path / "sources", load_vocabulary().services)

    assert [source.path for source in sources] == list(written)
    assert [source.id for source in sources] == [
        "garden_wall",
        "harbour_post",
        "kuaishou_notices",
        "youtube_help",
    ]
    for source in sources:
        assert source.local
        for url in source.urls:
            assert url.startswith(server.base_url + "/")
            assert get(server, urlsplit(url).path)[0].status == 200


def test_expected_facts_stand_in_the_pages(server: SampleServer) -> None:
    documents = [json.loads(line) for line in EXPECTED.read_text(encoding="utf-8").splitlines()]
    pages = {
        f"{path.relative_to(SITES)}"
        for path in SITES.rglob("*.html")
        if path.name[:4] not in ("inde", "page")
    }
    listed_twice = {f"night2{ARTICLE}"}  # its navigation changed, its article did not

    assert {document["id"] for document in documents} == pages - listed_twice
    for document in documents:
        edition, path = document["id"].split("/", 1)
        server.edition = edition
        response, body = get(server, f"/{path}")
        charset = response.headers.get_content_charset()
        assert charset is not None
        page = body.decode(charset)
        for paragraph in document["text"].splitlines():
            assert paragraph.replace("&", "&amp;") in page
        for fact in document["facts"]:
            assert document["text"].count(fact["evidence"]) == 1


def test_no_address_is_left_open_in_what_is_served(server: SampleServer) -> None:
    for edition in EDITIONS:
        server.edition = edition
        for file in (SITES / edition).rglob("*"):
            if file.is_file():
                _, body = get(server, f"/{file.relative_to(SITES / edition).as_posix()}")
                assert not re.search(BASE.encode(), body)
