"""The transformer: windows that cover a text once, vectors that depend on what stands around."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.encoder import STEP, WINDOW, distances, windows
from extract.records import Lang
from extract.scorer import load_models
from extract.weights import pack, unpack
from tests.extract.reference import states
from tests.extract.tiny import HEADS, VOCABULARY, WIDTH, encoder_weights, head_weights, tiny_corrector

ENCODER = tiny_corrector().encoder
TEXTS = {
    Lang.EN: "From Monday sellers may no longer put links to other shops below their videos, it said.",
    Lang.ZH: "平台周一表示，商家今后不得在短视频下方放置其他商店的链接，主页中的链接不受影响。",
}


@given(st.integers(0, 5 * WINDOW))
def test_windows_cover_every_piece_once(n: int) -> None:
    found = list(windows(n))

    assert [at for _, (kept, until) in found for at in range(kept, until)] == list(range(n))
    for (start, end), (kept, until) in found:
        assert start <= kept <= until <= end <= start + WINDOW
    # enough is seen on both sides of a piece, unless the text begins or ends there
    least = (WINDOW - STEP) // 2
    assert all(kept - start >= least for (start, _), (kept, _) in found if start)
    assert all(end - until >= least for (_, end), (_, until) in found if end < n)


def test_a_vector_for_each_piece_of_texts_of_any_length() -> None:
    for n in (1, WINDOW, WINDOW + 1, 3 * WINDOW):
        ids = [i % len(VOCABULARY) for i in range(n)]
        states = ENCODER.states(ids, [0] * n)
        assert states.shape == (n, WIDTH)
        assert np.isfinite(states).all()


def test_words_kinds_and_order_change_the_vectors() -> None:
    plain = ENCODER.states([5, 6, 7], [0, 0, 0])

    assert np.array_equal(plain, ENCODER.states([5, 6, 7], [0, 0, 0]))
    for ids, kinds in (([5, 6, 8], [0, 0, 0]), ([5, 6, 7], [0, 0, 3]), ([6, 5, 7], [0, 0, 0])):
        assert not np.allclose(plain[0], ENCODER.states(ids, kinds)[0], atol=1e-4)


def test_distances_fall_into_buckets_that_grow() -> None:
    found = distances(32)

    assert found.shape == (WINDOW + 2, WINDOW + 2)
    assert found[:8, 0].tolist() == [0, 1, 2, 3, 4, 5, 6, 7], "near pieces are told apart exactly"
    ahead, back = found[0, 1:], found[1:, 0]
    np.testing.assert_array_equal(ahead, back + 16)
    assert (np.diff(back) >= 0).all()
    assert back.max() == 15
    assert set(back.tolist()) == set(range(1, 16))
    assert (back[127:] == 15).all(), "from 128 pieces on all are equally far"


def test_a_head_that_looks_only_at_the_piece_before_sees_nothing_else() -> None:
    near = np.full((32, HEADS), -1e4, np.float32)
    near[1] = 0
    packed = pack(encoder_weights(1) | head_weights(0.5) | {"relative": near}, VOCABULARY, HEADS)
    encoder = unpack(packed).encoder

    given, changed = (encoder.states([5, 6, 7, last], [0, 0, 0, 0]) for last in (8, 9))
    np.testing.assert_array_equal(given[:3], changed[:3])
    assert not np.allclose(given[3], changed[3], atol=1e-4)
    other = encoder.states([9, 6, 7, 8], [0, 0, 0, 0])
    assert not np.allclose(given[1], other[1], atol=1e-4)
    np.testing.assert_array_equal(given[2:], other[2:])


@pytest.mark.parametrize("by_distance", [False, True])
def test_whole_numbers_move_a_vector_by_hundredths(by_distance: bool) -> None:
    weights = encoder_weights() | head_weights(0.5)
    if by_distance:
        weights["relative"] = np.linspace(-2, 2, 32 * HEADS, dtype=np.float32).reshape(32, HEADS)
    corrector = unpack(pack(weights, VOCABULARY, HEADS))
    ids, kinds = [i % len(VOCABULARY) for i in range(3, 203)], [i % 4 for i in range(200)]
    spelling = corrector.encoder.spelling

    given = corrector.encoder.states(ids, kinds)
    plain = states(corrector.packed, ids, kinds, spelling.first, spelling.last)
    np.testing.assert_allclose(given, plain, atol=0.02)


@pytest.mark.parametrize("lang", Lang)
def test_the_shipped_readers_see_what_their_full_numbers_would_see(lang: Lang) -> None:
    for name, corrector in load_models(lang).correctors.items():
        spelling = corrector.encoder.spelling
        pieces = spelling.spell(TEXTS[lang])
        kinds = [0] * len(pieces.ids)

        given = corrector.encoder.states(pieces.ids, kinds)
        plain = states(corrector.packed, pieces.ids, kinds, spelling.first, spelling.last)
        differ = plain - plain.mean(axis=0)  # what a text's vectors do not share
        assert np.linalg.norm(given - plain) < 0.2 * np.linalg.norm(differ), name
