"""The archive: what is written is read back, by other tools too, and damage costs only its own records."""

from __future__ import annotations

import gzip
import io
from datetime import date, datetime
from pathlib import Path

import pytest
from fastwarc.warc import ArchiveIterator, WarcRecordType
from warcio.checker import Checker
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from crawlers.archive import (
    ArchiveWriter,
    Entry,
    Fetched,
    archive_name,
    digest_of,
    read_entries,
    read_snapshots,
    started_at_of,
)
from crawlers.records import Role
from crawlers.recovery import close_part

MOMENT = datetime(2026, 11, 28, 1, 2, 3, 456)  # noqa: DTZ001
HEADERS = (
    ("Content-Type", "text/html"),
    ("ETag", '"1"'),
    ("Content-Encoding", "gzip"),
    ("Set-Cookie", "secret=1"),
)


def _page(number: int, role: Role = Role.CONTENT, status: int = 200) -> Fetched:
    url = f"https://example.org/公告/{number}?a=b"
    return Fetched(
        url, f"https://example.org/r/{number}", role, MOMENT, status, HEADERS, date(2022, 2, 22), "标题 one"
    )


def _write(path: Path, pages: int = 3) -> Path:
    writer = ArchiveWriter(path, {"source": "board"})
    for number in range(pages):
        body = f"<p>page {number}".encode() * 1000
        writer.response(_page(number), body, digest_of(body))
    writer.response(_page(90, Role.DISCOVERY), b"list", digest_of(b"list"))
    writer.revisit(_page(91, status=304), digest_of(b"old"), MOMENT)
    assert path.with_name(path.name + ".part").exists()
    assert writer.close() == path.name
    return path


def test_round_trip(tmp_path: Path) -> None:
    path = _write(tmp_path / archive_name("board", MOMENT))
    assert started_at_of(path.name) == MOMENT
    *pages, revisit = read_snapshots(path)
    assert [len(page.body) for page in pages] == [9000] * 3
    first = pages[0]
    assert (first.url, first.final_url) == ("https://example.org/r/0", "https://example.org/公告/0?a=b")
    assert (first.source_id, first.fetched_at, first.status) == ("board", MOMENT, 200)
    assert (first.listed, first.listed_title, first.content_type) == (
        date(2022, 2, 22),
        "标题 one",
        "text/html",
    )
    assert first.digest == digest_of(first.body)
    assert (revisit.revisit, revisit.body, revisit.digest) == (True, b"", digest_of(b"old"))
    entry = next(read_entries(path))
    assert isinstance(entry, Entry)
    assert entry.headers["etag"] == '"1"'
    assert "set-cookie" not in entry.headers
    assert b"secret" not in gzip.decompress(path.read_bytes())
    with path.open("rb") as file:
        file.seek(first.warc_offset)
        assert b"page 0" in gzip.decompress(file.read())


def test_other_tools_read_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = _write(tmp_path / "board.warc.gz")
    checker = Checker(type("Arguments", (), {"inputs": [str(path)], "verbose": True})())
    checker.process_all()
    assert checker.exit_value == 0
    assert "digest pass" in capsys.readouterr().out
    with path.open("rb") as file:
        records = [
            (record.record_type, record.reader.read()) for record in ArchiveIterator(file, parse_http=True)
        ]
    kinds = [kind for kind, _ in records]
    assert kinds.count(WarcRecordType.response) == 4
    assert kinds.count(WarcRecordType.revisit) == 1
    assert kinds.count(WarcRecordType.metadata) == 5
    assert records[2][1].startswith(b"<p>page 0")


def test_no_page_no_file(tmp_path: Path) -> None:
    writer = ArchiveWriter(tmp_path / "empty.warc.gz", {})
    assert writer.close() == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("cut", [1, 40, 400, 900, 1500])
def test_a_cut_file_keeps_what_is_complete(tmp_path: Path, cut: int) -> None:
    whole = _write(tmp_path / "whole.warc.gz")
    before = [page.url for page in read_snapshots(whole)]
    part = tmp_path / "cut.warc.gz.part"
    part.write_bytes(whole.read_bytes()[:-cut])
    closed = close_part(part)
    assert closed == tmp_path / "cut.warc.gz"
    assert not part.exists()
    kept = [page.url for page in read_snapshots(closed)]
    assert kept == before[: len(kept)]
    assert len(kept) >= 2
    with closed.open("rb") as file:
        assert sum(1 for _ in ArchiveIterator(file)) >= 5


def test_a_part_without_a_complete_record_goes_and_a_locked_one_stays(tmp_path: Path) -> None:
    part = tmp_path / "a.warc.gz.part"
    part.write_bytes(_write(tmp_path / "b.warc.gz").read_bytes()[:50])
    assert close_part(part) is None
    assert not part.exists()
    writer = ArchiveWriter(tmp_path / "c.warc.gz", {})
    writer.response(_page(1), b"x", digest_of(b"x"))
    assert close_part(tmp_path / "c.warc.gz.part") is None
    assert writer.close() == "c.warc.gz"


@pytest.mark.parametrize(
    "content", [b"", b"hello " * 50, gzip.compress(b"hello " * 50)], ids=["empty", "text", "gzip"]
)
def test_what_is_no_archive_is_said_in_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.warc.gz"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"x\.warc\.gz: is no WARC file"):
        list(read_snapshots(path))


def test_foreign_archives_are_read(tmp_path: Path) -> None:
    """Another crawler's file: WARC/1.0, chunked and gzip-encoded body, a request record beside it."""
    path = tmp_path / "cc.warc.gz"
    packed = gzip.compress(b"<p>foreign" * 100)
    chunked = f"{len(packed):x}\r\n".encode() + packed + b"\r\n0\r\n\r\n"
    headers = [("Content-Type", "text/html"), ("Content-Encoding", "gzip"), ("Transfer-Encoding", "chunked")]
    with path.open("wb") as file:
        writer = WARCWriter(file)
        for kind, http in (("request", [("Host", "example.org")]), ("response", headers)):
            status = StatusAndHeaders("200 OK", http, protocol="HTTP/1.1")
            body = io.BytesIO(chunked if kind == "response" else b"")
            writer.write_record(
                writer.create_warc_record("http://example.org/a", kind, body, http_headers=status)
            )
    [snapshot] = read_snapshots(path)
    assert snapshot.body == b"<p>foreign" * 100
    assert (snapshot.url, snapshot.source_id, snapshot.status) == ("http://example.org/a", "", 200)
