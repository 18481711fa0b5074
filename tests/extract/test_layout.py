"""Blocks, sentences and clauses: a careful reader's cuts, and never one inside a coordination."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extract.layout import BlockKind, Layout, find_blocks, find_layout
from extract.normal import normalise
from extract.records import Lang


def layout_of(text: str, lang: Lang, *words: str, whole: tuple[str, ...] = ()) -> tuple[str, Layout]:
    """Lay out a text without title; every occurrence of one of `words` counts as a cue."""
    plain = normalise(text)
    cues = sorted(
        (at, at + len(word)) for word in words for at in range(len(plain)) if plain.startswith(word, at)
    )
    spans = sorted((plain.index(part), plain.index(part) + len(part)) for part in whole)
    return plain, find_layout(plain, 0, lang, cues, spans)


def sentences(text: str, lang: Lang) -> list[str]:
    plain, layout = layout_of(text, lang)
    return [plain[s.start : s.end] for s in layout.sentences]


def clauses(text: str, lang: Lang, *words: str, whole: tuple[str, ...] = ()) -> list[str]:
    plain, layout = layout_of(text, lang, *words, whole=whole)
    return [plain[c.start : c.end].strip(" ,;，") for c in layout.clauses]


def test_items_know_their_heading_and_lead_in() -> None:
    text = (
        "What changes in spring\n"
        "From March the following links can no longer be posted by anybody at all:\n"
        "- links to Etsy that stand in a comment or a story;\n"
        "- links to eBay that stand in a comment or a story.\n"
        "Everything else stays as it was before this note."
    )
    blocks = find_blocks(normalise(text), 0, Lang.EN)

    assert [b.kind for b in blocks] == [
        BlockKind.HEADING, BlockKind.PARAGRAPH, BlockKind.ITEM, BlockKind.ITEM, BlockKind.PARAGRAPH,
    ]  # fmt: skip
    assert [b.heading for b in blocks] == [None, 0, 0, 0, 0]
    assert [b.lead for b in blocks] == [None, None, 1, 1, None]


def test_chinese_notice_has_headings_items_and_rows() -> None:
    text = (
        "【调整范围】\n"
        "自4月1日起，下列位置不再支持添加站外商品链接，请商家提前处理：\n"
        "1、直播间购物车里由商家自行上架的全部第三方商品链接；\n"
        "2、短视频下方由作者添加的全部第三方商品链接。\n"
        "位置 | 链接 | 生效\n"
    )
    blocks = find_blocks(normalise(text), 0, Lang.ZH)

    assert [b.kind for b in blocks] == [
        BlockKind.HEADING, BlockKind.PARAGRAPH, BlockKind.ITEM, BlockKind.ITEM, BlockKind.ROW,
    ]  # fmt: skip
    assert [b.lead for b in blocks] == [None, None, 1, 1, 1]


def test_the_title_is_a_block_of_its_own() -> None:
    blocks = find_blocks("links end today\nthe text says why.", len("links end today"), Lang.EN)

    assert [b.kind for b in blocks] == [BlockKind.TITLE, BlockKind.PARAGRAPH]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Mr. Lee of Acme Inc. agreed. Links stay.", ["mr. lee of acme inc. agreed.", "links stay."]),
        ("It opens at 9 a.m. Nobody can link. Why?", ["it opens at 9 a.m. nobody can link.", "why?"]),
        ("Version 2.0 drops links to example.com today.", ["version 2.0 drops links to example.com today."]),
        ('"No links." She left.', ['"no links."', "she left."]),
    ],
)
def test_english_sentences_do_not_end_at_abbreviations(text: str, parts: list[str]) -> None:
    assert sentences(text, Lang.EN) == parts


def test_chinese_sentences_end_at_full_stops_and_keep_their_quotes() -> None:
    assert sentences("平台称“不再支持外链。”商家不满！为什么？", Lang.ZH) == [
        '平台称"不再支持外链。"', "商家不满!", "为什么?",
    ]  # fmt: skip


def test_a_clause_for_each_statement() -> None:
    assert clauses(
        "Links to eBay are removed, but links to Etsy stay allowed.", Lang.EN, "removed", "allowed"
    ) == [
        "links to ebay are removed",
        "but links to etsy stay allowed.",
    ]
    assert clauses("直播间不再支持淘宝链接，但短视频仍支持京东链接。", Lang.ZH, "不再支持", "仍支持") == [
        "直播间不再支持淘宝链接",
        "但短视频仍支持京东链接。",
    ]


def test_a_sentence_with_one_cue_stays_whole() -> None:
    text = "Links to eBay, Etsy and Depop are removed from comments, stories and reels."

    assert clauses(text, Lang.EN, "removed") == [text.lower()]


def test_no_cut_inside_a_coordination() -> None:
    text = "Removed are links to eBay, Etsy or Depop, allowed are links to Vinted."
    group = "ebay, etsy or depop"

    assert clauses(text, Lang.EN, "removed", "allowed", whole=(group,)) == [
        f"removed are links to {group}",
        "allowed are links to vinted.",
    ]


_PIECES = st.lists(
    st.sampled_from(
        ["block", "allow", ",", ", and ", "; ", ": ", " but ", " - ", "(", ")", ".", "\n", "- ", "a", " or ",
         "，", "；", "。", "但", "屏蔽", "允许", "、", "|", '"', "1. ", "\u200f"]
    ),
    max_size=40,
).map("".join)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(_PIECES, st.sampled_from(list(Lang)), st.data())
def test_clauses_tile_their_sentences_and_never_cut_a_whole(
    text: str, lang: Lang, data: st.DataObject
) -> None:
    plain = normalise(text)
    cues = sorted(
        (at, at + len(w))
        for w in ("block", "allow", "屏蔽", "允许")
        for at in range(len(plain))
        if plain.startswith(w, at)
    )
    at = data.draw(st.integers(0, max(0, len(plain) - 1)))
    whole = [(at, min(len(plain), at + data.draw(st.integers(1, 12))))]
    layout = find_layout(plain, 0, lang, cues, whole)

    end = 0
    for clause in layout.clauses:
        sentence = layout.sentences[clause.sentence]
        assert end <= clause.start < clause.end
        assert sentence.start <= clause.start
        assert clause.end <= sentence.end
        inside = sentence.start <= whole[0][0] and whole[0][1] <= sentence.end
        assert not (inside and whole[0][0] < clause.start < whole[0][1])
        end = clause.end
    for sentence in layout.sentences:
        block = layout.blocks[sentence.block]
        assert block.start <= sentence.start < sentence.end <= block.end
