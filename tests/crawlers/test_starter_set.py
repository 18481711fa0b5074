"""The declared sources, each with a listing and a page of our own making in the structure we expect.

None of them has been fetched: `last_verified` stays empty until a person has seen one work.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from crawlers.archive import digest_of
from crawlers.feeds import read_feed
from crawlers.links import read_index
from crawlers.records import Discovery, Snapshot, Source
from crawlers.sources import DEFAULT_DIRECTORY, load_sources
from crawlers.text import read_document
from extract.records import Document, Kind
from extract.vocabulary import load_vocabulary

PAGES = Path(__file__).with_name("pages")
SOURCES = load_sources(DEFAULT_DIRECTORY)


def _expected(source: Source) -> dict[str, Any]:
    data: dict[str, Any] = json.loads((PAGES / source.id / "expected.json").read_text(encoding="utf-8"))
    return data


def test_the_set_is_honest_polite_and_large_enough() -> None:
    assert len(SOURCES) >= 25
    assert all(source.last_verified is None for source in SOURCES)
    assert all(source.politeness.delay >= 1 and source.politeness.obey_robots for source in SOURCES)
    assert all(url.startswith("https://") for source in SOURCES for url in source.urls)
    known = {service.slug for service in load_vocabulary().services.values()}
    assert {source.platform for source in SOURCES if source.platform} <= known
    assert {path.name for path in PAGES.iterdir()} == {source.id for source in SOURCES}


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.id)
def test_listing_names_the_articles(source: Source) -> None:
    expected = _expected(source)
    if source.discovery is Discovery.PAGES:
        assert expected["url"] in source.urls
        return
    if source.discovery is Discovery.FEED:
        body = (PAGES / source.id / "listing.xml").read_bytes()
        links = read_feed(body, source.urls[0], source).links
        assert str(links[0].listed) == expected["published"]
    else:
        body = (PAGES / source.id / "listing.html").read_bytes()
        links = read_index(body, source.urls[0], "text/html", source).links
    assert [link.url for link in links] == expected["links"]
    assert links[0].title == expected["title"]


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.id)
def test_page_is_read(source: Source) -> None:
    expected = _expected(source)
    body = (PAGES / source.id / "page.html").read_bytes()
    moment = datetime(2026, 11, 1)  # noqa: DTZ001
    snapshot = Snapshot(expected["url"], source.id, moment, 200, "text/html", body, digest_of(body), "", 0)
    document = read_document(snapshot, source)
    assert isinstance(document, Document), document
    assert document.title == expected["title"]
    assert (str(document.published) if document.published else None) == expected["published"]
    assert document.kind is source.kind
    assert document.platform == source.platform
    assert document.platform is None or document.kind is Kind.NOTICE
    assert [text for text in expected["contains"] if text not in document.text] == []
    assert [text for text in expected["absent"] if text in document.text] == []
