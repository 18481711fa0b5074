"""Cuts are found where F1 is best; a document's own cut costs hardly any F1 and drops doubtful documents."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.thresholds import SHARE_OF_BEST, Outcome, best_threshold, document_threshold, fact_threshold

PROBABILITIES = st.floats(0.01, 0.99)
OUTCOMES = st.lists(
    st.builds(
        Outcome,
        st.lists(st.tuples(PROBABILITIES, st.booleans()), max_size=4).map(tuple),
        st.integers(0, 5),
        st.just(1.0),
    ),
    min_size=1,
    max_size=12,
)


def f1(outcomes: list[Outcome], threshold: float, sureness: float = 0.0) -> float:
    chosen = [ok for o in outcomes for c, ok in o.chances if c >= threshold and o.best >= sureness]
    return 2 * sum(chosen) / max(1, len(chosen) + sum(o.needed for o in outcomes))


@given(OUTCOMES)
def test_no_other_cut_is_much_better(outcomes: list[Outcome]) -> None:
    found = f1(outcomes, fact_threshold(outcomes))
    assert all(found >= SHARE_OF_BEST * f1(outcomes, c) for o in outcomes for c, _ in o.chances)


@given(OUTCOMES)
def test_a_cut_for_documents_costs_hardly_any_f1(outcomes: list[Outcome]) -> None:
    threshold = fact_threshold(outcomes)
    sureness = document_threshold(outcomes, threshold)
    assert sureness >= threshold
    assert f1(outcomes, threshold, sureness) >= SHARE_OF_BEST * f1(outcomes, threshold) - 1e-9


def test_doubtful_documents_that_state_nothing_are_dropped() -> None:
    sure = [Outcome(((0.9, True), (0.3, True)), 2, 1.0)] * 3
    doubtful = [Outcome(((0.4, False),), 0, 1.0)] * 2
    assert document_threshold([*sure, *doubtful], 0.3) == pytest.approx(0.9)
    assert document_threshold([*sure, Outcome(((0.4, True),), 1, 1.0)], 0.3) == pytest.approx(0.4)


def test_the_highest_of_equal_cuts_is_taken() -> None:
    assert best_threshold([(0.9, True, 1.0), (0.8, True, 1.0), (0.1, False, 1.0)], 2.0) == (0.8, 1.0)


def test_without_predictions_there_is_a_cut_all_the_same() -> None:
    assert fact_threshold([]) == 0.5
    assert document_threshold([], 0.5) == 0.5
