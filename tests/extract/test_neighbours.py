"""What stands beside an occurrence: the word that governs it, the service it belongs to, shared words."""

from __future__ import annotations

from datetime import date

import pytest

from extract.neighbours import NEIGHBOUR_NAMES, Neighbours
from extract.reading import Place, Reading, read
from extract.records import Document, Kind, Lang


def reading(text: str, lang: Lang = Lang.EN) -> Reading:
    return read(Document("x", lang, Kind.NEWS, date(2022, 3, 1), "", text))


def row(found: Reading, place: Place | None) -> dict[str, float]:
    return dict(zip(NEIGHBOUR_NAMES, Neighbours(found, {"tiktok": 0, "douyin": 1}).row(place), strict=True))


@pytest.mark.parametrize(
    ("text", "lang", "governor"),
    [
        ("TikTok blocks links to most of the larger Etsy shops.", Lang.EN, "source"),
        ("TikTok blocks links to every single Etsy shop.", Lang.EN, "goal"),
        ("TikTok blocks links in whatever Etsy writes.", Lang.EN, "place"),
        ("抖音不再允许用户跳转至其他平台如淘宝", Lang.ZH, "goal"),
    ],
)
def test_the_last_governor_counts(text: str, lang: Lang, governor: str) -> None:
    found = reading(text, lang)
    [place] = found.services["etsy" if lang is Lang.EN else "taobao"]
    features = row(found, place)
    assert {n for n in ("place", "goal", "source", "agent") if features[f"governor_{n}"]} == {governor}


def test_a_comma_ends_the_reach_of_a_governor() -> None:
    found = reading("After links to shops, Etsy is next.")
    assert row(found, found.services["etsy"][0])["governor_gap"] == 99


def test_the_owner_of_a_place_stands_before_or_after_it() -> None:
    found = reading("Links to Douyin clips are blocked in comments on TikTok.")
    clips, comments = found.surfaces["short_video"][0], found.surfaces["comments"][0]
    assert row(found, clips)["owner_before"] == 1
    assert row(found, comments)["owner_after"] == 0
    assert row(found, comments)["owner_before"] > 1


def test_nothing_stands_beside_a_default() -> None:
    assert set(row(reading("Nothing."), None).values()) == {0.0, 50.0, 99.0}


def test_english_lists_mix_services_and_kinds() -> None:
    found = reading("TikTok blocks links to Etsy, eBay and other social networks.")
    groups = {places[0].group for places in (found.services["etsy"], found.services["ebay"])}
    assert groups == {found.targets["social"][0].group}


def test_owners_are_named() -> None:
    text = "Links to Douyin clips are blocked in comments on TikTok."
    neighbours = Neighbours(reading(text), {})
    assert neighbours.owner_before(text.index("clips")) == "douyin"
    assert neighbours.owner_after(text.index("comments") + len("comments")) == "tiktok"
    assert neighbours.owner_before(text.index("comments")) is None
