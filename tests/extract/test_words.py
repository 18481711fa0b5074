"""Words as the word models count them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.words import words


@pytest.mark.parametrize(
    "forms", [("blocked", "blocking", "blocks", "block"), ("policies", "policy"), ("allowed", "allowing")]
)
def test_the_forms_of_a_word_count_as_one(forms: tuple[str, ...]) -> None:
    assert len({tuple(words(form, 0, len(form))) for form in forms}) == 1


def test_numbers_count_as_one_and_punctuation_stands() -> None:
    assert words("up to 5 links, or 10", 0, 20) == ["up", "to", "#", "link", ",", "or", "#"]


def test_chinese_is_counted_by_characters() -> None:
    assert words("淘宝链接", 0, 4) == list("淘宝链接")


def test_only_the_span_is_read() -> None:
    assert words("links are blocked", 10, 17) == ["block"]


@given(st.text(), st.integers(0, 50), st.integers(0, 50))
def test_any_text_gives_words(text: str, start: int, end: int) -> None:
    assert all(words(text, start, end))
