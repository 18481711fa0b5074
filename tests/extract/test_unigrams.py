"""Unigrams: the likeliest spelling, offsets that hold, something for every text."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.normal import normalise
from extract.unigrams import FIRST, LAST, SCORE_OF_UNKNOWN, SPACE, UNKNOWN, Unigrams

SCORES = {
    FIRST: 0.0, LAST: 0.0, UNKNOWN: 0.0, SPACE: -4.0, "快手": -9.0, "快": -6.0, "手": -7.0, "直播": -5.0,
    "直": -3.0, "播": -3.0, "直播间": -8.0, "间": -2.0, f"{SPACE}app": -6.0, "a": -5.0, "p": -5.0, ".": -3.0,
}  # fmt: skip
PIECES = tuple(SCORES)
SPELLING = Unigrams.of(PIECES, tuple(SCORES.values()))


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("快手", ["快手"]),  # -9 against -13
        ("直播间", ["直播", "间"]),  # -7 against -8 in one piece and in three
        ("app", [f"{SPACE}app"]),
        ("快app", ["快", "a", "p", "p"]),
        ("快 app.", ["快", f"{SPACE}app", "."]),
        ("快\n手", ["快", SPACE, "手"]),
        ("快x", ["快", UNKNOWN]),
        ("", []),
    ],
)
def test_the_likeliest_pieces_spell_a_text(text: str, pieces: list[str]) -> None:
    spelt = SPELLING.spell(text)

    assert [PIECES[i] for i in spelt.ids] == pieces
    for start, end, piece in zip(spelt.starts, spelt.ends, pieces, strict=True):
        if piece not in {UNKNOWN, SPACE}:
            assert text[start:end] == piece.removeprefix(SPACE)


@given(st.text(alphabet="快手直播间ap x", max_size=7))
def test_no_other_spelling_is_likelier(text: str) -> None:
    written = SPACE + text.replace(" ", SPACE)

    def score(parts: list[str]) -> float:
        if any(p not in SPELLING.numbers and len(p) > 1 for p in parts):
            return float("-inf")
        return sum(SCORES[p] if p in SPELLING.numbers else SCORE_OF_UNKNOWN for p in parts)

    cuts = range(1, len(written))
    ways = (c for k in range(len(written)) for c in itertools.combinations(cuts, k))
    best = max(score([written[a:b] for a, b in itertools.pairwise((0, *way, len(written)))]) for way in ways)
    spelt = SPELLING.spell(text)
    joined = spelt.ids and PIECES[spelt.ids[0]].startswith(f"{SPACE}a") and spelt.starts[0] == 0
    first_space = 0.0 if joined else SCORES[SPACE]
    scores = (SCORE_OF_UNKNOWN if i == SPELLING.unknown else SCORES[PIECES[i]] for i in spelt.ids)
    assert sum(scores) + first_space == pytest.approx(best)


@given(st.text(max_size=200))
def test_pieces_of_any_text_stand_in_order_and_inside_it(text: str) -> None:
    plain = normalise(text)
    spelt = SPELLING.spell(plain)

    ends = [0, *spelt.ends]
    for before, start, end in zip(ends, spelt.starts, spelt.ends, strict=False):
        assert before <= start < end <= len(plain)
    assert sum(b - a for a, b in zip(spelt.starts, spelt.ends, strict=True)) <= len(plain)


def test_a_vocabulary_without_marks_is_refused() -> None:
    with pytest.raises(KeyError, match="</s>"):
        Unigrams.of((FIRST, UNKNOWN, "a"), (0.0, 0.0, -1.0))
