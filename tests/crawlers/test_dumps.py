"""WARC files from elsewhere: what swells, lies or breaks off is named, and costs no memory."""

from __future__ import annotations

import gzip
import random
import struct
import zlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import brotli
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawlers.archive import Entry, Unread, read_entries
from crawlers.crawl import crawl_source
from crawlers.packed import PackedError, gunzipped
from crawlers.records import CrawlReport, CrawlState, Outcome
from crawlers.settings import Limits
from tests.crawlers.peak import PeakOfChildren
from tests.crawlers.site import article, declare, outcomes, reasons, states
from tests.crawlers.theirs import Theirs

MANY = 64 << 20
LIMIT = 2_000_000
GZIP = zlib.MAX_WBITS | 16
PAGE = article("Rules")
NOISE = random.Random(4).randbytes(90_000)  # noqa: S311 (does not compress: several blocks)


def zeros(bits: int, head: bytes = b"", size: int = 1 << 30) -> bytes:
    """Many zeros in one stream after a beginning, made of one packed megabyte repeated."""
    packer = zlib.compressobj(9, zlib.DEFLATED, bits)
    start = packer.compress(head) + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    return start + block * (size >> 20) + packer.flush()


def swollen_member(head: bytes) -> bytes:
    """One gzip member of many zeros after a beginning, with its right checksum."""
    checksum = zlib.crc32(head)
    for _ in range(MANY >> 20):
        checksum = zlib.crc32(bytes(1 << 20), checksum)
    size = (len(head) + MANY) % (1 << 32)
    return (
        b"\x1f\x8b\x08" + bytes(7) + zeros(-zlib.MAX_WBITS, head, MANY) + struct.pack("<II", checksum, size)
    )


def record(length: int | str) -> bytes:
    head = "WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: https://example.org/record\r\n"
    head += "WARC-Date: 2022-03-01T00:00:00Z\r\nContent-Type: application/http\r\n"
    return f"{head}Content-Length: {length}\r\n\r\n".encode()


def crawl(directory: Path, known: CrawlState | None = None, **limits: float) -> CrawlReport:
    source = declare(directory, "inbox", 'type = "files"\nurls = ["inbox"]')
    bounds = Limits(page_bytes=LIMIT, **limits)  # type: ignore[arg-type]
    return crawl_source(source, directory / "archive", known or CrawlState(), run_id="one", limits=bounds)


def test_pages_that_swell_are_named_and_the_others_arrive(tmp_path: Path) -> None:
    theirs = Theirs(tmp_path / "inbox" / "theirs.warc.gz").page("first", PAGE)
    theirs.page("gzip", zeros(GZIP), ("Content-Encoding", "gzip"))
    theirs.page("deflate", zeros(zlib.MAX_WBITS), ("Content-Encoding", "deflate"))
    theirs.page("brotli", brotli.compress(bytes(MANY // 4), quality=1), ("Content-Encoding", "br"))
    theirs.page("twice", gzip.compress(zeros(GZIP)), ("Content-Encoding", "gzip, gzip"))
    theirs.page("cut", gzip.compress(PAGE)[:-20], ("Content-Encoding", "gzip"))
    theirs.page("zstd", b"(\xb5/\xfd", ("Content-Encoding", "zstd"))
    theirs.page("plain", bytes(LIMIT + 1))
    theirs.page("film", bytes(LIMIT + 1), kind="video/mp4")
    http = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n" % MANY
    theirs.raw(swollen_member(record(len(http) + MANY) + http))
    theirs.page("last", PAGE).close()

    large = tmp_path / "inbox" / "large.html"
    large.write_bytes(bytes(LIMIT + 1))
    with PeakOfChildren() as peak:
        report = crawl(tmp_path)

    swells = f"larger than {LIMIT} bytes after decompression"
    assert reasons(report, "https://example.org/") == {
        large.as_uri(): f"larger than {LIMIT} bytes",
        **dict.fromkeys(("gzip", "deflate", "brotli", "twice"), swells),
        "cut": "the gzip data are cut off",
        "zstd": "the content encoding 'zstd' is not read",
        **dict.fromkeys(("plain", "record"), f"larger than {LIMIT} bytes"),
    }
    found = outcomes(report, "https://example.org/")
    assert [name for name, outcome in found.items() if outcome is Outcome.NEW] == ["first", "last"]
    assert (report.ended, report.listed, report.source_id) == ("finished", 11, "inbox")
    assert 20_000 < peak.kilobytes < 250_000  # more than nothing: it was watched


@pytest.mark.parametrize(
    ("last", "reason"),
    [
        (zeros(GZIP, b"WARC/1.0\r\nX: "), "a header has more than 1048576 bytes"),
        (gzip.compress(b"WARC/1.0\r\n" + b"a: b\r\n" * (1 << 18), 1), "a header has more than 1048576 bytes"),
        (gzip.compress(record("99") + b"HTTP/1.1 200 OK\r\n\r\n"), "the record is cut off"),
        (gzip.compress(record("99")), "the record is cut off"),
        (gzip.compress(record("0").replace(b"2022-", b"")), "the record's header is broken"),
        (gzip.compress(record("90000") + NOISE)[:-8] + bytes(8), "the gzip data are broken"),
        (gzip.compress(PAGE), "the file is cut off or broken"),
    ],
    ids=["line", "header", "cut", "cut header", "date", "checksum", "garbage"],
)
def test_damage_is_told_and_what_stands_before_it_is_kept(tmp_path: Path, last: bytes, reason: str) -> None:
    path = Theirs(tmp_path / "theirs.warc.gz").page("1", PAGE).raw(last).close()
    first, *rest = read_entries(path)
    assert isinstance(first, Entry)
    assert first.snapshot.body == PAGE
    assert [entry.reason for entry in rest if isinstance(entry, Unread)] == [reason]


def test_a_large_dump_is_taken_up_again_where_the_time_ran_out(tmp_path: Path) -> None:
    Theirs(tmp_path / "inbox" / "theirs.warc.gz").page("1", PAGE).page("2", PAGE + b" ").close()
    first = crawl(tmp_path, seconds=0)
    assert (first.ended, first.left_out) == ("time limit", 1)
    assert outcomes(first, "https://example.org/") == {"1": Outcome.NEW}
    second = crawl(tmp_path, states(first), seconds=10)
    assert (second.ended, second.left_out) == ("finished", 0)
    assert outcomes(second, "https://example.org/") == {"1": Outcome.UNCHANGED, "2": Outcome.NEW}


@pytest.mark.parametrize("content", [b"", b"x"])
@pytest.mark.parametrize("padding", [b"", b"\0" * 3])
def test_many_small_gzip_members_are_each_copied_but_a_little(
    content: bytes, padding: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What zlib was given beyond a member's end it copies; that was once the rest of the body each time."""
    given: list[int] = []

    class Unpacker:
        def __init__(self, bits: int) -> None:
            self._inner = zlib.decompressobj(bits)

        def __getattr__(self, name: str) -> Any:
            return getattr(self._inner, name)

        def decompress(self, data: bytes, most: int) -> bytes:
            given.append(len(data))
            return self._inner.decompress(data, most)

    def work(members: int) -> int:
        given.clear()
        packed = (gzip.compress(content, mtime=0) + padding) * members
        assert gunzipped(packed, LIMIT) == content * members
        return sum(given)

    monkeypatch.setattr("crawlers.packed.zlib", SimpleNamespace(**vars(zlib) | {"decompressobj": Unpacker}))
    assert work(2000) < 2.2 * work(1000)


@given(
    st.lists(st.tuples(st.binary(max_size=2000), st.integers(1, 60), st.integers(0, 3)), max_size=5),
    st.integers(1, 40),
)
@settings(deadline=None, max_examples=100)
def test_gzip_of_any_members_is_what_was_packed(members: list[tuple[bytes, int, int]], cut: int) -> None:
    """Of any size, with and without zeros between them; and what is cut off is not taken for whole."""
    packed = b"".join(gzip.compress(part * times, mtime=0) + bytes(zeros) for part, times, zeros in members)
    whole = b"".join(part * times for part, times, _ in members)
    assert gunzipped(packed, len(whole)) == whole
    if whole:
        with pytest.raises(PackedError, match="larger than"):
            gunzipped(packed, len(whole) - 1)
    if members and not members[-1][2]:
        last = len(gzip.compress(members[-1][0] * members[-1][1], mtime=0))
        with pytest.raises(PackedError, match="cut off"):
            gunzipped(packed[: -min(cut, last - 1)], len(whole))
    with pytest.raises(PackedError, match="broken"):
        gunzipped(packed + b"no gzip", len(whole))
