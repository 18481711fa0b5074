"""Any text gives dates or none, in linear time, and mentions always slice to their text."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extract.dates import find_dates, infer_reference
from extract.records import Lang
from tests.extract.work import calls

LANGS = st.sampled_from(list(Lang))
REFERENCES = st.one_of(st.none(), st.dates())
# Pieces that rules are made of, so that random texts come near to dates.
PIECES = (
    "1", "12", "31", "2022", "22", "年", "月", "日", "号", "起", "至", "前", "后", "去年", "本月", "次日",
    "周", "三", "二十", "〇", "零", "半", "个", "第", "下", "农历", "正月", "初一", "双11", "民国", "元",
    "（", "）", "(", ")", "、", " ", "  ", "\n", "\u00a0", "-", "–", "/", ".", ",", ":", "March", "may",
    "May", "Tue", "Tuesday", "the", "of", "first", "twenty", "two", "thousand", "weeks", "month", "later",
    "ago", "in", "from", "to", "until", "end", "year", "next", "last", "this", "Q3", "spring", "th", "st",
    "'", "99", "0", "９", "٣", "\u200f", "\ud7ff", "İ", "ß", "😀",
)  # fmt: skip
NEAR_DATES = st.lists(st.sampled_from(PIECES), max_size=40).map("".join)
NEAR_DATES_SPACED = st.lists(st.sampled_from(PIECES), max_size=40).map(" ".join)
TEXTS = st.one_of(st.text(max_size=300), NEAR_DATES, NEAR_DATES_SPACED)


@settings(max_examples=120, deadline=None)
@given(TEXTS, REFERENCES, LANGS)
def test_any_text_gives_ordered_disjoint_true_slices(text: str, reference: date | None, lang: Lang) -> None:
    end = 0
    for mention in find_dates(text, reference, lang):
        assert end <= mention.start < mention.end <= len(text)
        assert text[mention.start : mention.end] == mention.text
        assert mention.until is None or mention.value is not None
        end = mention.end


@settings(max_examples=60, deadline=None)
@given(TEXTS, REFERENCES, LANGS)
def test_finding_is_deterministic(text: str, reference: date | None, lang: Lang) -> None:
    assert find_dates(text, reference, lang) == find_dates(text, reference, lang)


@settings(max_examples=60, deadline=None)
@given(TEXTS, LANGS)
def test_an_inferred_reference_needs_an_explicit_year(text: str, lang: Lang) -> None:
    if infer_reference(text, lang) is not None:
        assert any(mention.explicit_year for mention in find_dates(text, None, lang))


@settings(max_examples=60, deadline=None)
@given(st.dates(), LANGS)
def test_every_written_day_is_read_back(day: date, lang: Lang) -> None:
    text = (
        f"{day.year:04d}年{day.month}月{day.day}日"
        if lang is Lang.ZH
        else f"{day:%B} {day.day}, {day.year:04d}"
    )
    if lang is Lang.EN and not 1000 <= day.year < 2100:
        return
    assert [str(m.value) for m in find_dates(text, None, lang)] == [day.isoformat()]


HOSTILE = (
    "1", "12 ", "31日", "二十", "年", "2022年", "the ", "first of ", "March ", "twenty ",
    "two weeks and ", "周一至", "3月、", "1-", "1/", "(", " ", "\n", "下", "至", "in ", "May 1 to ",
    "double 11 ", "今（", "a b c d e ",
)  # fmt: skip


@pytest.mark.parametrize("piece", HOSTILE)
@pytest.mark.parametrize("lang", list(Lang))
def test_work_is_linear_in_hostile_texts(piece: str, lang: Lang) -> None:
    """Calls are counted, which no busy machine changes; `bench/growth.py` measures the time."""

    def work(length: int) -> int:
        text = piece * (length // len(piece))
        return calls(lambda: find_dates(text, date(2022, 3, 1), lang))

    work(500)
    short, long = work(500), work(4_000)
    assert long < 8 * short * 1.5, f"{short} calls for 500 characters, {long} for 4,000"


@pytest.mark.slow
@pytest.mark.parametrize("lang", list(Lang))
def test_a_megabyte_is_read(lang: Lang) -> None:
    filler = "Nothing else is known of it, said the company. 平台没有作出进一步的说明，用户的意见不一。" * 5
    text = (("From 1 March 2022 links are gone. 自3月1日起停止挂载，10月28日恢复。" + filler) * 4000)[
        :1_000_000
    ]
    assert find_dates(text, date(2022, 3, 1), lang)
