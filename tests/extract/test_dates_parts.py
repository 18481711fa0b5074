"""The small parts of the date stages: folding, numbers, calendar arithmetic."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.dates.arithmetic import add, count_weekdays, month_plus, whole_week
from extract.dates.fold import fold
from extract.dates.numbers import read_number
from extract.dates.records import Step
from extract.records import Lang, PartialDate


@given(st.text(), st.sampled_from(list(Lang)))
def test_folding_keeps_the_length(text: str, lang: Lang) -> None:
    assert len(fold(text, lang)) == len(text)


def test_folding_makes_one_form_of_what_is_written_in_many() -> None:
    assert fold("１０月２８日\u00a0週三～後", Lang.ZH) == "10月28日 周三-后"
    assert fold("MARCH\u202f1–3 İ", Lang.EN) == "march 1-3 İ"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("28", 28),
        ("28th", 28),
        ("twenty-eighth", 28),
        ("twenty one", 21),
        ("a", 1),
        ("nineteen seventy eight", 1978),
        ("nineteen zero one", 1901),
        ("twenty twenty-two", 2022),
        ("two thousand and eighteen", 2018),
        ("two thousand", 2000),
        ("umpteenth", None),
    ],
)
def test_english_numbers(text: str, value: int | None) -> None:
    assert read_number(text, Lang.EN) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("二十八", 28),
        ("廿八", 28),
        ("三十", 30),
        ("十", 10),
        ("十二", 12),
        ("初五", 5),
        ("正", 1),
        ("腊", 12),
        ("二〇二二", 2022),
        ("两千零四", 2004),
        ("三六七", 367),
        ("甲", None),
    ],
)
def test_chinese_numbers(text: str, value: int | None) -> None:
    assert read_number(text, Lang.ZH) == value


@pytest.mark.parametrize(
    ("step", "day"),
    [
        (Step("day", 1), date(2024, 2, 1)),
        (Step("month", 1), date(2024, 2, 29)),
        (Step("month", -2), date(2023, 11, 30)),
        (Step("quarter", 1), date(2024, 4, 30)),
        (Step("half_year", -1), date(2023, 7, 31)),
        (Step("year", -1), date(2023, 1, 31)),
        (Step("decade", 1), date(2034, 1, 31)),
        (Step("fortnight", 1), date(2024, 2, 14)),
        (Step("business_day", 4), date(2024, 2, 6)),
        (Step("business_day", -3), date(2024, 1, 26)),
    ],
)
def test_steps_from_the_last_of_january(step: Step, day: date) -> None:
    assert add(date(2024, 1, 31), step) == day


def test_weekdays_are_counted_from_the_next_day_on() -> None:
    monday = date(2018, 5, 7)
    assert count_weekdays(monday, 7, 2) == date(2018, 5, 20)
    assert count_weekdays(monday, 1, 1) == date(2018, 5, 14)
    assert count_weekdays(monday, 5, -1) == date(2018, 5, 4)


def test_months_roll_over_the_year() -> None:
    assert month_plus(2021, 12, 1) == (2022, 1)
    assert month_plus(2021, 1, -13) == (2019, 12)


def test_a_week_is_its_month_or_else_its_year() -> None:
    assert whole_week(date(2024, 9, 2)) == PartialDate(2024, 9)
    assert whole_week(date(2024, 9, 30)) == PartialDate(2024)
