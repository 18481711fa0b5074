"""Lists that a sentence pairs give no other combinations of their members."""

from __future__ import annotations

from datetime import date

import pytest

from extract.pipeline import extract_facts
from extract.records import Document, Fact, Kind, Lang


def facts(text: str) -> list[Fact]:
    lang = Lang.EN if text.isascii() else Lang.ZH
    return list(extract_facts(Document("plain", lang, Kind.NEWS, date(2024, 5, 6), "", text)).facts)


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        (
            "Facebook and Instagram allowed links to Amazon and eBay, respectively, in 2022.",
            {("facebook", "all", "amazon"), ("instagram", "all", "ebay")},
        ),
        (
            "淘宝和拼多多的链接分别被抖音和快手屏蔽。",
            {("douyin", "all", "taobao"), ("kuaishou", "all", "pinduoduo")},
        ),
        (
            "抖音直播间和短视频分别关闭唯品会和考拉的商品链接。",
            {("douyin", "live", "vipshop"), ("douyin", "short_video", "kaola")},
        ),
        (
            "抖音和快手屏蔽了淘宝和拼多多的链接。",
            {(p, "all", t) for p in ("douyin", "kuaishou") for t in ("taobao", "pinduoduo")},
        ),
    ],
)
def test_members_pair_where_the_sentence_says_so(text: str, pairs: set[tuple[str, str, str]]) -> None:
    assert {(f.platform, f.surface, f.target) for f in facts(text)} == pairs


@pytest.mark.parametrize(
    ("text", "days"),
    [
        (
            "Pinterest and Snapchat blocked links to Temu in April and November 2023, respectively.",
            {"pinterest": "2023-04", "snapchat": "2023-11"},
        ),
        (
            "快手和抖音分别于3月1日和4月5日屏蔽了淘宝链接。",
            {"kuaishou": "2024-03-01", "douyin": "2024-04-05"},
        ),
    ],
)
def test_each_member_has_the_date_of_its_place(text: str, days: dict[str, str]) -> None:
    assert {f.platform: str(f.effective_from) for f in facts(text)} == days


def test_lists_of_different_lengths_pair_nothing() -> None:
    text = "抖音和快手分别屏蔽了淘宝、京东和拼多多的链接。"
    assert len({(f.platform, f.target) for f in facts(text)}) == 6
