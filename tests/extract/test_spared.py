"""What an exception names is not what the statement holds for."""

from __future__ import annotations

from datetime import date

import pytest

from extract.pipeline import extract_facts
from extract.records import Document, Kind, Lang


def cores(text: str) -> set[tuple[str, str, str, str]]:
    lang = Lang.EN if text.isascii() else Lang.ZH
    document = Document("plain", lang, Kind.NEWS, date(2024, 5, 6), "", text)
    return {(f.platform, f.surface, f.target, str(f.action)) for f in extract_facts(document).facts}


@pytest.mark.parametrize(
    ("text", "stated"),
    [
        (
            "Instagram blocks links to Pixelfed everywhere except in profiles.",
            {("instagram", "all", "pixelfed", "block")},
        ),
        (
            "Except in live streams, Taobao links can still be posted on Kuaishou.",
            {("kuaishou", "all", "taobao", "allow")},
        ),
        (
            "Apart from comments, links to Telegram are blocked everywhere on Facebook.",
            {("facebook", "all", "telegram", "block")},
        ),
        (
            "除评论区外，微博其他位置均禁止发布抖音链接。",
            {("weibo", "all", "douyin", "block")},
        ),
        (
            "除淘宝外，快手直播间不再支持任何第三方商品链接。",
            {("kuaishou", "live", "taobao", "allow"), ("kuaishou", "live", "ecommerce", "block")},
        ),
    ],
)
def test_the_rule_holds_for_the_rest(text: str, stated: set[tuple[str, str, str, str]]) -> None:
    assert cores(text) == stated


def test_what_an_allowance_leaves_out_is_not_turned_into_one() -> None:
    found = cores("On Facebook links work in comments as well, except for links to Telegram.")
    assert ("facebook", "comments", "telegram", "allow") not in found


def test_besides_is_no_exception() -> None:
    found = cores("除淘宝外，快手直播间也不再支持京东商品链接。")
    assert {target for _, _, target, action in found if action == "block"} >= {"jd"}
    assert ("kuaishou", "live", "taobao", "allow") not in found
