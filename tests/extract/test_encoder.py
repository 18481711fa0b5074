"""The transformer: windows that cover a text once, vectors that depend on what stands around."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from extract.encoder import STEP, WINDOW, distances, gelu, windows
from extract.weights import pack, unpack
from tests.extract.tiny import HEADS, VOCABULARY, WIDTH, encoder_weights, head_weights, tiny_corrector

ENCODER = tiny_corrector().encoder


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


def test_gelu_is_zero_at_zero_and_the_identity_far_above() -> None:
    values = gelu(np.array([-9.0, 0.0, 1.0, 9.0], dtype=np.float32))

    np.testing.assert_allclose(values, [0.0, 0.0, 0.8413, 9.0], atol=1e-3)


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
