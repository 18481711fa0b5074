"""Word pieces: the longest known beginning first, offsets that hold, something for every text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.normal import normalise
from extract.wordpieces import UNKNOWN, WordPieces

VOCABULARY = (UNKNOWN, "link", "##s", "tik", "##tok", "t", "##i", ".", "1", "##2", "cafe", "_", "a")
SPELLING = WordPieces({piece: i for i, piece in enumerate(VOCABULARY)})


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("tiktok links.", ["tik", "##tok", "link", "##s", "."]),
        ("ti", ["t", "##i"]),
        ("12", ["1", "##2"]),
        ("café", ["cafe"]),
        ("linkz", ["link", UNKNOWN]),
        ("快手", [UNKNOWN, UNKNOWN]),
        ("快link", [UNKNOWN, "link"]),
        ("cafe\u0301", ["cafe"]),
        ("a_a", ["a", "_", "a"]),
        ("", []),
        (" \n", []),
    ],
)
def test_words_are_spelt_with_the_longest_pieces(text: str, pieces: list[str]) -> None:
    spelt = SPELLING.spell(text)

    assert [VOCABULARY[i] for i in spelt.ids] == pieces
    for start, end, piece in zip(spelt.starts, spelt.ends, pieces, strict=True):
        if piece != UNKNOWN and text.isascii():
            assert text[start:end] == piece.removeprefix("##")


@given(st.text(max_size=200))
def test_pieces_of_any_text_stand_in_order_and_inside_it(text: str) -> None:
    plain = normalise(text)
    spelt = SPELLING.spell(plain)

    assert len(spelt.ids) == len(spelt.starts) == len(spelt.ends)
    ends = [0, *spelt.ends]
    for before, start, end in zip(ends, spelt.starts, spelt.ends, strict=False):
        assert before <= start < end <= len(plain)
    assert SPELLING.spell(plain) == spelt
