"""Cuts are found where F1 is best; few documents without a fact give one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from extract.scorer import Calibration
from extract.thresholds import (
    LEAST_KEPT,
    MOST_TELLING,
    RIGHT_IF_SURE,
    SHARE_OF_BEST,
    SURE,
    Outcome,
    best_threshold,
    document_threshold,
    fact_threshold,
    on_the_safe_side,
)

PROBABILITIES = st.floats(0.01, 0.99)
OUTCOMES = st.lists(
    st.builds(
        Outcome,
        st.lists(st.tuples(PROBABILITIES, st.booleans()), max_size=4).map(tuple),
        st.integers(0, 5),
        st.just(1.0),
        st.just(()),
        PROBABILITIES,
        st.booleans(),
    ),
    min_size=1,
    max_size=12,
)


def f1(outcomes: list[Outcome], threshold: float) -> float:
    chosen = [ok for o in outcomes for c, ok in o.chances if c >= threshold]
    return 2 * sum(chosen) / max(1, len(chosen) + sum(o.needed for o in outcomes))


@given(OUTCOMES)
def test_no_other_cut_is_much_better(outcomes: list[Outcome]) -> None:
    found = f1(outcomes, fact_threshold(outcomes))
    assert all(found >= SHARE_OF_BEST * f1(outcomes, c) for o in outcomes for c, _ in o.chances)


@given(OUTCOMES, PROBABILITIES)
def test_few_documents_that_state_nothing_give_a_fact(outcomes: list[Outcome], threshold: float) -> None:
    sureness = document_threshold(outcomes, threshold)
    stating = [o for o in outcomes if o.needed and o.tells(threshold)]
    kept = [o for o in stating if o.states >= sureness]
    assert len(kept) >= LEAST_KEPT * len(stating)
    silent = [o for o in outcomes if not o.needed and not o.doubtful]
    telling = [o for o in silent if o.tells(threshold) and o.states >= sureness]
    asked_enough = sum(o.states > sureness for o in stating) <= LEAST_KEPT * len(stating)
    assert len(telling) <= MOST_TELLING * len(silent) or (stating and asked_enough)


def test_a_little_is_given_up_for_silence() -> None:
    """Of a hundred documents the unlikeliest that states something is not worth the one that does not."""
    telling = [Outcome(((0.9, True),), 1, 1.0, (), 0.5 + 0.004 * i) for i in range(1, 101)]
    silent = [Outcome(((0.9, False),), 0, 1.0, (), 0.505), *(Outcome((), 0, 1.0, (), 0.1) for _ in range(9))]
    assert 0.505 < document_threshold([*telling, *silent], 0.3) < 0.515


def test_what_careful_readers_differ_on_costs_no_document_its_facts() -> None:
    doubtful = Outcome(((0.9, False),), 0, 1.0, (), 0.9, doubtful=True)
    silent = Outcome(((0.4, False),), 0, 1.0, (), 0.4)
    assert document_threshold([doubtful], 0.3) == 0.0
    assert 0.4 < document_threshold([doubtful, silent], 0.3) < 0.41
    assert document_threshold([silent], 0.5) == 0.0, "it gives none anyhow"


def test_the_highest_of_equal_cuts_is_taken() -> None:
    assert best_threshold([(0.9, True, 1.0), (0.8, True, 1.0), (0.1, False, 1.0)], 2.0) == (0.8, 1.0)


def test_without_predictions_there_is_a_cut_all_the_same() -> None:
    assert fact_threshold([]) == 0.5
    assert document_threshold([], 0.5) == 0.0


LINES = st.builds(Calibration, st.floats(0.3, 2.0), st.floats(-1.0, 1.0))
FACTS = st.lists(st.tuples(PROBABILITIES, st.booleans()), max_size=40)


@given(LINES, FACTS)
def test_a_line_on_the_safe_side_is_never_surer_of_what_is_likely(
    line: Calibration, facts: list[tuple[float, bool]]
) -> None:
    safe = on_the_safe_side(line, facts)
    assert safe.offset == line.offset
    assert all(safe(chance) <= line(chance) + 1e-9 for chance in (0.5, 0.6, 0.8, 0.99))
    assert safe(0.6) <= safe(0.7) <= safe(0.9), "the order of facts stays"


def test_what_it_is_sure_of_is_mostly_right() -> None:
    """Facts from .90 on are right; of those between .80 and .89 only every second one is."""
    facts = [(0.9 + i / 1000, True) for i in range(50)] + [(0.8 + i / 1000, i % 2 == 0) for i in range(90)]
    safe = on_the_safe_side(Calibration(), facts)
    sure = [right for chance, right in facts if safe(chance) >= SURE]
    assert len(sure) >= 50
    assert sum(sure) >= RIGHT_IF_SURE * len(sure)
    assert safe(0.5) == 0.5


def test_what_is_sure_rightly_stays_so() -> None:
    facts = [(0.8 + i / 1000, i % 20 != 0) for i in range(100)]
    assert on_the_safe_side(Calibration(), facts) == Calibration()


def test_where_nothing_is_right_nothing_is_sure() -> None:
    safe = on_the_safe_side(Calibration(), [(0.99, False), (0.9, False)])
    assert safe(0.999) < SURE
