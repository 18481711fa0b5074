"""Mentions: longest match within a kind, names shadow what stands inside them, the specific surface wins."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extract.mentions import Mention, Mentions, find_mentions, longest
from extract.normal import normalise
from extract.records import Lang


def mentions(text: str, lang: Lang = Lang.EN) -> Mentions:
    return find_mentions(text, normalise(text), lang)


def values(found: tuple[Mention, ...]) -> list[str]:
    return [m.value for m in found]


_SPANS = st.lists(
    st.tuples(st.integers(0, 30), st.integers(1, 8), st.sampled_from("ab"), st.booleans()), max_size=12
)


@settings(max_examples=150, deadline=None)
@given(_SPANS)
def test_what_is_kept_is_disjoint_or_the_same_span_read_twice(
    spans: list[tuple[int, int, str, bool]],
) -> None:
    given_ = [Mention(at, at + n, "surface", value, "r", weak) for at, n, value, weak in spans]
    kept = longest(given_)

    assert kept == sorted(kept, key=lambda m: (m.start, m.end))
    for a in kept:
        for b in kept:
            same = (a.start, a.end) == (b.start, b.end)
            assert same or a.end <= b.start or b.end <= a.start
    if given_:
        longest_of_all = max(m.end - m.start for m in given_)
        assert max(m.end - m.start for m in kept) == longest_of_all


def test_a_name_shadows_the_words_inside_it() -> None:
    found = mentions("Links to the Washington Post are shown in posts.")

    assert values(found.services) == ["washington_post"]
    assert values(found.surfaces) == ["post"]


@pytest.mark.parametrize(
    ("text", "lang", "surfaces"),
    [
        ("links in the comments of a short video", Lang.EN, ["comments"]),
        ("links in comments and live streams", Lang.EN, ["comments", "live"]),
        ("直播间购物车里的商品链接", Lang.ZH, ["live"]),
        ("短视频评论区的链接", Lang.ZH, ["comments"]),
        ("购物车与直播间的链接", Lang.ZH, ["cart", "live"]),
    ],
)
def test_the_specific_surface_wins_over_its_place(text: str, lang: Lang, surfaces: list[str]) -> None:
    assert values(mentions(text, lang).surfaces) == surfaces


@pytest.mark.parametrize(
    ("text", "lang", "action"),
    [
        ("Links to Etsy are now blocked.", Lang.EN, "block"),
        ("The ban on links has been lifted.", Lang.EN, "allow"),
        ("Only verified accounts may post links.", Lang.EN, "restrict"),
        ("将不再支持淘宝链接", Lang.ZH, "block"),
        ("恢复淘宝外链", Lang.ZH, "allow"),
    ],
)
def test_cues_have_the_polarity_of_their_sentence(text: str, lang: Lang, action: str) -> None:
    assert action in values(mentions(text, lang).actions)


def test_kinds_of_links_and_regions_are_found() -> None:
    found = mentions("In Canada, links to news and shortened URLs are blocked.")

    assert values(found.regions) == ["CA"]
    assert "news" in values(found.targets)
    assert found.links


PIECES = st.lists(
    st.sampled_from(
        ["links ", "TikTok", "抖音", "链接", " to ", "X", "，", "the ", "Post", "直播间", "blocked", "\n"]
    ),
    max_size=25,
).map("".join)


@settings(max_examples=80, deadline=None)
@given(st.one_of(PIECES, st.text(max_size=60)), st.sampled_from(list(Lang)))
def test_mentions_lie_in_the_text_and_in_order(text: str, lang: Lang) -> None:
    found = mentions(text, lang)

    for kind in (found.services, found.surfaces, found.targets, found.links, found.actions, found.contexts):
        assert list(kind) == sorted(kind, key=lambda m: (m.start, m.end))
        assert all(0 <= m.start < m.end <= len(text) for m in kind)


@pytest.mark.parametrize(
    ("text", "lang", "regions"),
    [
        ("In Canada the platform no longer shows news.", Lang.EN, {"CA"}),
        ("In the United States firms may link out.", Lang.EN, {"US"}),
        ("The South Korean portal removed the links.", Lang.EN, set()),
        ("Users of a Canadian site in Japan see links.", Lang.EN, {"JP"}),
        ("在加拿大屏蔽媒体链接", Lang.ZH, {"CA"}),
        ("韩国公司宣布屏蔽链接", Lang.ZH, set()),
    ],
)
def test_the_nationality_of_a_company_is_no_region(text: str, lang: Lang, regions: set[str]) -> None:
    assert set(values(mentions(text, lang).regions)) == regions


def test_a_hidden_service_is_read_as_an_unknown_one() -> None:
    text = "Links to Etsy are blocked on TikTok. Etsy regrets that, and TikTok does not."
    found = find_mentions(text, normalise(text), Lang.EN, lambda slug: slug == "etsy")

    assert [(m.value, m.unknown) for m in found.services] == [
        ("etsy", True),
        ("tiktok", False),
        ("etsy", True),
        ("tiktok", False),
    ]
    assert {m.categories for m in found.services if m.unknown} == {frozenset()}


@pytest.mark.parametrize(
    "text",
    [
        "Links to Etsy Direct are gone. Etsy Direct is shut.",
        "在 etsy 上的链接",
        "淘宝链接恢复，淘宝表示欢迎。",
    ],
)
def test_hiding_loses_no_service(text: str) -> None:
    lang = Lang.EN if text.isascii() else Lang.ZH
    plain, hidden = (find_mentions(text, normalise(text), lang, lambda _, h=h: h) for h in (False, True))  # type: ignore[misc]

    assert {m.value for m in plain.services} <= {m.value for m in hidden.services}


@pytest.mark.parametrize(
    ("text", "slugs"),
    [
        ("Links are text in Agora Square. Agora Square 22 explains it.", ["agora_square"]),
        ("Links to Square stay. Square is glad.", ["square"]),
        ("Visit Rumble today, or stay.", ["rumble"]),
    ],
)
def test_an_ambiguous_name_may_be_the_end_of_a_longer_one(text: str, slugs: list[str]) -> None:
    found = find_mentions(text, normalise(text), Lang.EN).services
    assert list(dict.fromkeys(m.value for m in found)) == slugs


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("links to X are out in r/books", True),
        ("on /r/books, too", True),
        ("(r/books)", True),
        ("例如：r/books", True),
        ("在/r/books里", True),
        ("such as https://example.com/r/abc in comments", False),
        ("posts on lemmy.world/r/abc", False),
        ("the agency R/GA, the ship R/V Falkor, an R/C car", False),
        ("w/r/t links, his/her/their links", False),
    ],
)
def test_a_name_that_ends_in_a_slash_opens_a_path(text: str, found: bool) -> None:
    assert ("reddit" in values(mentions(text).services)) is found
