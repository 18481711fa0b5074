"""Declarations are read strictly: each error names the file, the key and what is allowed."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from crawlers.records import Discovery, Revisit, Schedule
from crawlers.sources import SourceError, load_source, load_sources
from extract.records import Kind, Lang

FULL = """
id = "board"
name = "Notices"
kind = "notice"
platform = "kuaishou"
language = "zh"
timezone = "Asia/Shanghai"
schedule = "weekly"
last_verified = 2026-11-01
[discovery]
type = "index"
urls = ["https://example.org/list"]
links = "ul.list a"
next_page = "a.next"
max_pages = 3
include = ["/n/\\\\d+"]
exclude = ["/n/0"]
[expect]
min_items = 1
max_items = 50
[politeness]
delay = 2.5
[[selectors]]
content = "div.new"
[[selectors]]
valid_until = 2025-06-30
content = "div.old"
drop = [".share"]
date_format = "%d/%m/%Y"
"""
MINIMAL = 'id = "board"\nname = "N"\nkind = "news"\n[discovery]\ntype = "feed"\nurls = ["https://example.org/feed"]\n'


def _file(directory: Path, text: str, name: str = "board.toml") -> Path:
    path = directory / name
    path.write_text(text, encoding="utf-8")
    return path


def test_all_keys_are_read(tmp_path: Path) -> None:
    source = load_source(_file(tmp_path, FULL), {"kuaishou"})
    assert (source.kind, source.language, source.schedule) == (Kind.NOTICE, Lang.ZH, Schedule.WEEKLY)
    assert (source.discovery, source.include, source.max_pages) == (Discovery.INDEX, ("/n/\\d+",), 3)
    assert (source.min_items, source.max_items, source.politeness.delay) == (1, 50, 2.5)
    assert [item.content for item in source.selectors] == ["div.old", "div.new"]
    assert source.selectors_on(date(2025, 6, 30)) is source.selectors[0]
    assert source.selectors_on(date(2025, 7, 1)) is source.selectors[1]
    assert source.last_verified == date(2026, 11, 1)
    assert source.revisit is Revisit.DECAY


def test_what_is_left_out_has_polite_defaults(tmp_path: Path) -> None:
    source = load_source(_file(tmp_path, MINIMAL))
    assert (source.revisit, source.politeness.delay, source.politeness.concurrency) == (Revisit.NEVER, 1.0, 1)
    assert (source.local, source.politeness.obey_robots, source.selectors) == (False, True, ())


@pytest.mark.parametrize(
    ("old", "new", "key", "message"),
    [
        ('kind = "news"', 'kind = "blog"', "kind", "'blog' is not allowed; one of notice, news"),
        ('name = "N"', 'nmae = "N"', "nmae", "unknown key; allowed are"),
        ('name = "N"', 'name = ""', "name", "must be a string that is not empty"),
        ('name = "N"\n', "", "name", "is required"),
        (
            'name = "N"',
            'name = "N"\nplatform = "kuaishou"',
            "platform",
            "only a notice source speaks for a platform",
        ),
        ('id = "board"', 'id = "other"', "id", "the file's name says 'board'"),
        (
            'type = "feed"',
            'type = "rss"',
            "discovery.type",
            "'rss' is not allowed; one of pages, index, feed",
        ),
        ('type = "feed"', 'type = "feed"\nlinks = "a"', "discovery.links", "is only for type index"),
        ('type = "feed"', 'type = "index"\nlinks = "a["', "discovery.links", "is no CSS selector"),
        ('type = "feed"', 'type = "feed"\ninclude = ["("]', "discovery.include", "is no regular expression"),
        ('type = "feed"', 'type = "api"', "discovery", "type api needs items and item_url"),
        (
            "https://example.org/feed",
            "ftp://example.org/feed",
            "discovery.urls",
            "must be an http or https URL",
        ),
        (
            "https://example.org",
            "https://me:secret@example.org",
            "discovery.urls",
            "must not hold credentials",
        ),
        ("https://example.org", "http://127.0.0.1:80", "discovery.urls", "only with local = true"),
        ("https://example.org", "http://192.168.1.4", "discovery.urls", "only with local = true"),
        ("https://example.org", "http://localhost", "discovery.urls", "only with local = true"),
        (
            "[discovery]",
            "[expect]\nmin_items = 900\n[discovery]",
            "expect.min_items",
            "is above max_items (500)",
        ),
        (
            "[discovery]",
            "[politeness]\ndelay = 0.2\n[discovery]",
            "politeness.delay",
            "needs a reviewed entry [board]",
        ),
        (
            "[discovery]",
            "[politeness]\nobey_robots = false\n[discovery]",
            "politeness.obey_robots",
            "needs a reviewed",
        ),
        (
            "[discovery]",
            "[[selectors]]\n[[selectors]]\n[discovery]",
            "selectors",
            "only one table may be without",
        ),
        (
            'name = "N"',
            'name = "N"\nlast_verified = "today"',
            "last_verified",
            "must be a date without quotes",
        ),
        (
            "https://example.org",
            "http://[::1",
            "discovery.urls",
            "http://[::1/feed: must be an http or https",
        ),
        (
            "https://example.org",
            "https://example.org:99999",
            "discovery.urls",
            "must be an http or https URL",
        ),
        ('name = "N"', 'name = "N"\ntimezone = "Beijing"', "timezone", "is no IANA time zone"),
        ('name = "N"', 'name = "N"\ntimezone = "Asia"', "timezone", "'Asia' is no IANA time zone"),
        ('name = "N"', f'name = "N"\ntimezone = "{"x" * 300}"', "timezone", "is no IANA time zone"),
        ('name = "N"', "name = N", "", "is not TOML"),
    ],
)
def test_errors_name_key_and_what_is_allowed(
    tmp_path: Path, old: str, new: str, key: str, message: str
) -> None:
    assert old in MINIMAL
    path = _file(tmp_path, MINIMAL.replace(old, new, 1))
    with pytest.raises(SourceError) as caught:
        load_source(path)
    assert (caught.value.file, caught.value.key) == (path, key)
    assert message in caught.value.message
    assert "\n" not in str(caught.value)


def test_unknown_platforms_and_wrong_directories(tmp_path: Path) -> None:
    _file(tmp_path, FULL)
    with pytest.raises(SourceError, match="unknown slug 'kuaishou'"):
        load_sources(tmp_path, {"douyin"})
    with pytest.raises(SourceError, match="no such directory"):
        load_sources(tmp_path / "none")
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceError, match="holds no source declaration"):
        load_sources(tmp_path / "empty")


def test_less_politeness_needs_a_reviewed_reason(tmp_path: Path) -> None:
    path = _file(tmp_path, MINIMAL + "[politeness]\ndelay = 0.5\n")
    _file(
        tmp_path,
        '[board]\nkeys = ["delay"]\nreason = "agreed with the owner"\nreviewed = 2026-11-01\n',
        "exceptions.toml",
    )
    assert load_source(path).politeness.delay == 0.5
    assert [source.id for source in load_sources(tmp_path)] == ["board"]
    _file(tmp_path, '[board]\nkeys = ["concurrency"]\nreason = "other"\n', "exceptions.toml")
    with pytest.raises(SourceError, match=r"politeness\.delay"):
        load_source(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[other]\nkeys = ['delay']\n", "other: is no declared source"),
        ("[board]\nkyes = ['delay']\n", r"board\.kyes: unknown key"),
        ("x=[", "is not TOML"),
    ],
)
def test_the_list_of_exceptions_is_checked_though_no_source_needs_it(
    text: str, message: str, tmp_path: Path
) -> None:
    _file(tmp_path, MINIMAL)
    _file(tmp_path, text, "exceptions.toml")
    with pytest.raises(SourceError, match=message):
        load_sources(tmp_path)


@pytest.mark.parametrize("form", ["%Q", "%Y", "%H:%M"])
def test_a_date_format_must_tell_a_day(form: str, tmp_path: Path) -> None:
    path = _file(tmp_path, f'{MINIMAL}[[selectors]]\ndate_format = "{form}"\n')
    with pytest.raises(SourceError, match=r"selectors\[0\]\.date_format"):
        load_source(path)
