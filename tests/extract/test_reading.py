"""Which names stand in one list."""

from __future__ import annotations

import pytest

from extract.reading import read
from extract.records import Document, Kind, Lang


def lists(text: str) -> set[frozenset[str]]:
    """The services of a text by the lists that they stand in."""
    lang = Lang.EN if text.isascii() else Lang.ZH
    found = read(Document("d", lang, Kind.NEWS, None, "", text)).services
    groups: dict[tuple[int, int], set[str]] = {}
    for slug, places in found.items():
        for place in places:
            groups.setdefault(place.group, set()).add(slug)
    return {frozenset(slugs) for slugs in groups.values()}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Links to Etsy and eBay are gone.", [{"etsy", "ebay"}]),
        ("Links to Etsy, eBay or Amazon are gone.", [{"etsy", "ebay", "amazon"}]),
        ("Meta restored links to Pixelfed on Instagram.", [{"pixelfed"}, {"instagram"}]),
        ("On Reddit, Imgur links no longer work.", [{"reddit"}, {"imgur"}]),
        ("TikTok rival Snapchat allows links.", [{"tiktok"}, {"snapchat"}]),
        ("快手屏蔽了淘宝、京东的链接。", [{"kuaishou"}, {"taobao", "jd"}]),
        ("在抖音，淘宝链接无法打开。", [{"douyin"}, {"taobao"}]),
        ("快手在抖音的链接被删。", [{"kuaishou"}, {"douyin"}]),
    ],
)
def test_only_what_is_joined_is_a_list(text: str, found: list[set[str]]) -> None:
    assert lists(text) == {frozenset(slugs) for slugs in found}
