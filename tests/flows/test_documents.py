"""Documents given by hand: what is taken, what is refused and how that is told."""

from __future__ import annotations

import gzip
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from extract.records import Kind, Lang
from flows.cli import run
from flows.documents import Given, read_paths
from flows.errors import InputError
from tests.crawlers.site import article
from tests.crawlers.theirs import Theirs

RECORD: dict[str, Any] = {
    "id": "a", "lang": "zh", "kind": "notice", "published": "2022-02-22", "title": "公告", "text": "链接",
    "facts": [], "platform": "kuaishou",
}  # fmt: skip


def written(tmp_path: Path, *lines: str) -> Path:
    path = tmp_path / "docs.jsonl"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_a_record_is_taken_and_other_fields_are_ignored(tmp_path: Path) -> None:
    path = written(tmp_path, json.dumps(RECORD), "", "   ", json.dumps(RECORD | {"id": 7}))
    first, second = read_paths([path])
    assert (first.id, first.lang, first.kind, first.published) == (
        "a",
        Lang.ZH,
        Kind.NOTICE,
        date(2022, 2, 22),
    )
    assert (first.platform, first.source_id) == (None, None)
    assert second.id == "7"


def test_what_may_be_missing(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        '{"id": "a", "text": "Links are blocked."}',
        '{"id": "b", "text": "链接被屏蔽。", "published": null}',
    )
    english, chinese = read_paths([path], Given(published=date(2020, 1, 2)))
    assert (english.lang, english.kind, english.title) == (Lang.EN, Kind.NEWS, "")
    assert (chinese.lang, chinese.published) == (Lang.ZH, date(2020, 1, 2))


def test_lone_surrogates_are_replaced_one_for_one(tmp_path: Path) -> None:
    path = written(tmp_path, '{"id": "a", "text": "x\\ud83dy \\ud83d\\ude00 z", "lang": "en"}')
    [document] = read_paths([path])
    assert document.text == "x\ufffdy \U0001f600 z"


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("{", "docs.jsonl:2: is not JSON"),
        ("[1]", "docs.jsonl:2: is no JSON object"),
        ("[" * 100_000, "docs.jsonl:2: is not usable JSON"),
        (
            f'{{"id": "a", "text": "x", "n": {"9" * 5000}}}',
            "docs.jsonl:2: is not usable JSON: a number is too long",
        ),
        ('{"text": "x"}', "docs.jsonl:2: id: must be a non-empty string"),
        ('{"id": "a"}', "docs.jsonl:2: text: is missing"),
        ('{"id": "a", "text": 1}', "docs.jsonl:2: text: must be a string"),
        ('{"id": "a", "text": "x", "lang": "fr"}', "docs.jsonl:2: lang: must be en or zh, not 'fr'"),
        ('{"id": "a", "text": "x", "kind": ["news"]}', "docs.jsonl:2: kind: must be notice or news"),
        (
            '{"id": "a", "text": "x", "published": "22/2"}',
            "docs.jsonl:2: published: must be an ISO date or null",
        ),
    ],
)
def test_a_bad_line_is_told_by_file_and_line(tmp_path: Path, line: str, complaint: str) -> None:
    path = written(tmp_path, json.dumps(RECORD), line)
    documents = read_paths([path])
    assert next(documents).id == "a"  # what came before is streamed
    with pytest.raises(InputError, match=r"docs\.jsonl") as caught:
        list(documents)
    assert complaint in str(caught.value)


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    path = tmp_path / "docs.jsonl"
    path.write_bytes(b'{"id": "a", "text": "\xff"}\n')
    with pytest.raises(InputError, match=r"docs\.jsonl:1: is not UTF-8"):
        list(read_paths([path]))


@pytest.mark.parametrize("name", ["missing.jsonl", "missing.html", "missing.warc.gz"])
def test_a_missing_file(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="No such file"):
        list(read_paths([tmp_path / name]))


def test_other_things_that_are_no_documents(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a directory"):
        list(read_paths([tmp_path]))
    odd = tmp_path / "picture.png"
    odd.write_bytes(b"\x89PNG")
    with pytest.raises(InputError, match="unknown kind of file"):
        list(read_paths([odd]))
    fake = tmp_path / "fake.warc.gz"
    fake.write_bytes(b"no archive")
    with pytest.raises(InputError, match=r"fake\.warc\.gz: is no WARC file"):
        list(read_paths([fake]))


def test_a_broken_page_of_an_archive_is_named_and_costs_no_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "theirs.warc.gz"
    whole = article("Rules for links", "From 1 March 2022 Kuaishou blocks links to Taobao in live rooms.")
    theirs = Theirs(path).page("whole", whole)
    theirs.page("cut", gzip.compress(whole)[:-20], ("Content-Encoding", "gzip"))
    theirs.page("logo", gzip.compress(whole)[:-20], ("Content-Encoding", "gzip"), kind="image/png").close()
    complaint = "theirs.warc.gz: https://example.org/cut: the gzip data are cut off"

    documents = read_paths([path])
    assert next(documents).url == "https://example.org/whole"
    with pytest.raises(InputError, match=complaint):
        list(documents)
    assert run(["ingest", str(path), "--data", str(tmp_path / "data")]) == 1
    said = capsys.readouterr()
    assert complaint in said.err
    assert "logo" not in said.err
    assert "1 documents read" in said.out


def test_an_archive_that_is_none_is_told_before_anything_is_loaded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good, bad = written(tmp_path, json.dumps(RECORD)), tmp_path / "bad.warc.gz"
    bad.write_bytes(b"oops\n")
    data = tmp_path / "data"
    assert run(["ingest", str(good), str(bad), "--data", str(data)]) == 2
    assert capsys.readouterr().err.startswith(f"linkpolicy: {bad}: is no WARC file")
    assert not (data / "warehouse.duckdb").exists()


def test_what_was_loaded_before_a_file_that_cannot_be_read_is_published(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("flows.ingest._CHUNK", 1)
    record = RECORD | {"text": "3月1日起，快手直播间购物车不再支持淘宝联盟的商品链接。"}
    good, bad = written(tmp_path, json.dumps(record)), tmp_path / "picture.png"
    bad.write_bytes(b"\x89PNG")
    data = tmp_path / "data"
    assert run(["ingest", str(good), str(bad), "--data", str(data)]) == 1
    error = capsys.readouterr().err
    assert f"{bad}: unknown kind of file" in error
    assert error.endswith("; 1 documents before it are loaded and published\n")
    assert run(["sql", "--json", "SELECT DISTINCT target FROM observation", "--data", str(data)]) == 0
    assert json.loads(capsys.readouterr().out) == [{"target": "taobao"}]


def test_a_page_given_by_hand(tmp_path: Path) -> None:
    page = tmp_path / "notice.html"
    text = (
        "From 1 March 2022 Kuaishou no longer shows links to Taobao in its live rooms, it said on Tuesday. "
        * 4
    )
    page.write_text(
        f"<html><head><title>Links</title></head><body><p>{text}</p></body></html>", encoding="utf-8"
    )
    [document] = read_paths([page], Given(published=date(2022, 2, 22)))
    assert "no longer shows links" in document.text
    assert document.published == date(2022, 2, 22)
