"""What is decided across mentions: the inferred reference, carried years, counting from the date before."""

from __future__ import annotations

from datetime import date

import pytest

from extract.dates import DateRole, find_dates, infer_reference, read_dates
from extract.records import Lang

PUBLISHED = date(2022, 10, 20)


def values(text: str, lang: Lang = Lang.EN, reference: date | None = PUBLISHED) -> list[str]:
    return [f"{m.value}/{m.until}" if m.until else str(m.value) for m in find_dates(text, reference, lang)]


@pytest.mark.parametrize(
    ("text", "lang", "reference"),
    [
        (
            "今年3月1日起停止挂载。2019年曾开放。\n快手电商\n2022年10月28日",
            Lang.ZH,
            (date(2022, 10, 28), True),
        ),
        ("SEOUL, May 2, 2025 - Kakao bars links. Back in 2027.", Lang.EN, (date(2025, 5, 2), True)),
        ("It began in 2019 and was tightened in March 2021.", Lang.EN, (date(2021, 3, 15), False)),
        ("2021年曾开放。自3月1日（周二）起停止挂载。", Lang.ZH, (date(2022, 7, 1), False)),
        ("It opened in 2021. On Tuesday, 1 March, it closed.", Lang.EN, (date(2022, 7, 1), False)),
        ("Since 2020 links are dead.", Lang.EN, (date(2020, 7, 1), False)),
        ("Sellers have until 31 March 2023.", Lang.EN, (date(2023, 3, 31), False)),
        ("Links are dead since 1 March.", Lang.EN, None),
        ("", Lang.ZH, None),
    ],
)
def test_reference_is_inferred_from_explicit_years(
    text: str, lang: Lang, reference: tuple[date, bool] | None
) -> None:
    assert infer_reference(text, lang) == reference


@pytest.mark.parametrize(
    ("text", "lang", "expected"),
    [
        ("即日起评论区不得放外链。自2027年1月1日起，私信须经审核。", Lang.ZH, [None, "2027-01-01"]),
        (
            "即日起评论区不得放外链。自1月1日起须审核。\n2026年12月1日",
            Lang.ZH,
            ["2026-12-01", "2027-01-01", "2026-12-01"],
        ),
        ("From today links are dead. From 1 May 2023 adverts too.", Lang.EN, [None, "2023-05-01"]),
        (
            "Links died on 3 April. Next week adverts follow. It began in 2019.",
            Lang.EN,
            ["2019-04-03", None, "2019"],
        ),
        ("Last year links died. It began in 2019.", Lang.EN, ["2018", "2019"]),
    ],
)
def test_no_day_is_counted_from_a_guessed_one(text: str, lang: Lang, expected: list[str | None]) -> None:
    found = read_dates(text, None, lang)[1]
    assert [None if mention.value is None else str(mention.value) for mention in found] == expected


@pytest.mark.parametrize(
    ("text", "lang", "expected"),
    [
        ("The firm said on 5 March that links are dead, effective immediately.", Lang.EN, "2022-03-05"),
        ("The firm spoke on 5 March. With immediate effect links are dead.", Lang.EN, "2022-03-05"),
        (
            "It said on 5 March that ads go on 25 March and links with immediate effect.",
            Lang.EN,
            "2022-03-05",
        ),
        ("It spoke on 5 March. Few heard. With immediate effect links are dead.", Lang.EN, "2022-03-10"),
        (
            "It spoke on 5 March. Few heard.\nIt was removed in two days. With immediate effect it is back.",
            Lang.EN,
            "2022-03-10",
        ),
        ("It spoke on 5 March.\nWith immediate effect links are dead.", Lang.EN, "2022-03-10"),
        ("For 25 March a talk is set, but with immediate effect links are dead.", Lang.EN, "2022-03-10"),
        ("Since 5 March links cost money, but with immediate effect they are dead.", Lang.EN, "2022-03-10"),
        ("Tested from 1 to 4 March, links are dead with immediate effect.", Lang.EN, "2022-03-10"),
        ("It spoke on 5 March. As of now links still work.", Lang.EN, "2022-03-10"),
        ("快手3月5日公告，即日起不再支持外链。", Lang.ZH, "2022-03-05"),
        ("快手昨日公告。公告称，即日起不再支持外链。", Lang.ZH, "2022-03-09"),
        ("快手3月5日公告，今起不再支持外链。", Lang.ZH, "2022-03-10"),
        ("自3月5日起收费的外链，即日起免费。", Lang.ZH, "2022-03-10"),
        ("快手公告，即日起不再支持外链。", Lang.ZH, "2022-03-10"),
    ],
)
def test_immediately_is_the_day_just_named(text: str, lang: Lang, expected: str) -> None:
    at_once = [m for m in find_dates(text, date(2022, 3, 10), lang) if not any(c.isdigit() for c in m.text)]

    assert str(at_once[-1].value) == expected


def test_immediately_is_the_only_day_of_an_undated_text() -> None:
    text = "On 5 March 2022 the firm said that, effective immediately, links are dead."

    assert [str(mention.value) for mention in read_dates(text, None, Lang.EN)[1]] == ["2022-03-05"] * 2


def test_a_year_reaches_to_the_end_of_its_paragraph() -> None:
    text = "On 17 September 2019 it began. On 29 November it grew.\nOn 5 October it ended."
    assert values(text) == ["2019-09-17", "2019-11-29", "2022-10-05"]


def test_a_bare_background_year_reaches_to_the_end_of_its_sentence_only() -> None:
    assert values("It was fined in 2019, in May. In June it gave in.") == ["2019", "2019-05", "2022-06"]


def test_a_bare_year_that_opens_the_sentence_is_carried_on() -> None:
    assert values("It had a past. In 2019 it gave in. His memo of 11 February says so.")[-1] == "2019-02-11"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It opened.\n2006 - Groups. Nothing then. In March links came.", "2006-03"),
        ("It opened.\n2017. Here they come. On 9 October it gave in.", "2017-10-09"),
        ("It opened.\nMarch 2006: a step back. In October it gave in.", "2006-10"),
        ("It opened.\nIt was fined in 2014. In June it gave in.", "2022-06"),  # what a sentence tells
        ("It opened.\nOne, two: by 2014 - or so. In June it gave in.", "2022-06"),
    ],
)
def test_a_year_that_labels_a_paragraph_holds_to_its_end_however_old(text: str, expected: str) -> None:
    assert values(text)[-1] == expected


def test_a_relative_year_is_not_carried_on() -> None:
    assert values("去年3月屏蔽，9月又恢复。", Lang.ZH) == ["2021-03", "2022-09"]


def test_a_year_as_heading_holds_for_the_lines_under_it() -> None:
    assert values("2019\nMay 3: blocked\nJune 4: open\n2020\nApril 5: blocked") == [
        "2019", "2019-05-03", "2019-06-04", "2020", "2020-04-05",
    ]  # fmt: skip


def test_lines_of_a_dated_list_follow_each_other() -> None:
    assert values("12 December 2019: blocked\n19 December: open\n3 January: blocked") == [
        "2019-12-12", "2019-12-19", "2020-01-03",
    ]  # fmt: skip


def test_a_reported_day_is_the_reporters_whatever_was_named_before() -> None:
    assert values("9月5日起屏蔽。记者18日获悉，已恢复。", Lang.ZH) == ["2022-09-05", "2022-10-18"]


def test_a_feast_is_no_landmark_for_bare_days() -> None:
    assert values("双11将至，28日起开放。", Lang.ZH) == ["2022-11", "2022-10-28"]


def test_later_counts_from_the_last_day_and_not_from_a_coarser_date() -> None:
    assert values("From 4 September none may, in the winter none. A fortnight later")[0] == "2022-09-04"
    assert (
        values("From 4 September none may; this winter more. A fortnight later, chats.")[-1] == "2022-09-18"
    )


def test_after_a_month_no_day_is_invented() -> None:
    assert values("It closed in May 2021 and reopened three weeks later.") == ["2021-05", "2021-05"]


def test_without_a_reference_relative_dates_have_no_value() -> None:
    mentions = find_dates("Yesterday, on 3 May and next week", None, Lang.EN)
    assert [mention.value for mention in mentions] == [None, None, None]


def test_a_date_outside_of_the_calendar_has_no_value() -> None:
    assert [m.value for m in find_dates("100 years ago", date(50, 1, 1), Lang.EN)] == [None]


def test_a_weekday_agrees_with_its_day() -> None:
    assert values("On Tuesday, 15 August it will begin.") == ["2023-08-15"]
    assert values("On Thursday, 15 December it began.") == ["2022-12-15"]


def test_roles_do_not_reach_over_a_line_break() -> None:
    [mention] = find_dates("until\n3 May", PUBLISHED, Lang.EN)
    assert mention.role is DateRole.POINT


def test_flags_tell_what_was_written() -> None:
    explicit, relative = find_dates("On 3 May 2022 and yesterday", PUBLISHED, Lang.EN)
    assert (explicit.explicit_year, explicit.relative) == (True, False)
    assert (relative.explicit_year, relative.relative) == (False, True)
