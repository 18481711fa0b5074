"""Pools: which values a slot may take without being named."""

from __future__ import annotations

import pytest

from extract.pools import Pools
from extract.reading import read
from extract.records import Document, Kind, Lang


def surfaces(text: str) -> set[str]:
    document = Document(id="d", lang=Lang.EN, kind=Kind.NEWS, published=None, title="", text=text)
    return set(Pools(read(document)).of["surface"])


@pytest.mark.parametrize(
    ("text", "implied"),
    [
        ("Craigslist no longer accepts links.", "product_page"),
        ("Links to menus are gone from Yelp; Google Maps keeps them.", "product_page"),
        ("Apple lets developers link to their own checkout in the App Store.", "app"),
    ],
)
def test_some_surfaces_go_without_saying(text: str, implied: str) -> None:
    assert implied in surfaces(text)


def test_other_services_have_only_what_is_named() -> None:
    assert surfaces("Twitter no longer accepts links in tweets.") == {"all", "post"}
