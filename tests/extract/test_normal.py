"""Normalising keeps offsets: every code point stays in its place."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extract.normal import normalise

ANY = st.text(st.characters(), max_size=60)  # lone surrogates too


@settings(max_examples=200, deadline=None)
@given(ANY)
def test_length_is_kept_for_any_text(text: str) -> None:
    assert len(normalise(text)) == len(text)


@settings(max_examples=100, deadline=None)
@given(ANY, ANY)
def test_each_character_is_replaced_by_itself(left: str, right: str) -> None:
    both = normalise(f"\t{left}{right}")  # the tab keeps both from the short way of plain ASCII

    assert both == normalise("\t") + "".join(normalise(f"\t{char}")[1] for char in left + right)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("ＬＩＮＫ２０２２", "link2022"),
        ("連結與鏈接", "连结与链接"),
        ("“Links”—‘no’", "\"links\"-'no'"),
        ("1\u00a0March\u3000起", "1 march 起"),
        ("a\tb\r\nc\u200b", "a b \nc "),
        ("（抖音）：", "(抖音):"),
        ("İstanbul ß ﬁ Ⅷ", "İstanbul ß ﬁ ⅷ"),  # whatever would need two characters stays
    ],
)
def test_forms_of_one_character_become_one(text: str, plain: str) -> None:
    assert normalise(text) == plain


def test_line_breaks_stay_for_the_layout() -> None:
    assert normalise("A\nB\u2028C") == "a\nb c"
