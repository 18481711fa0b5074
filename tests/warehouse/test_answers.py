"""can_link and its kin: which rule answers a concrete question."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from shutil import copy

import duckdb
import pytest

from extract.records import Document, Extraction
from tests.warehouse.helpers import batch, fact, reading
from warehouse.load import load_batch
from warehouse.policy import can_link
from warehouse.records import Answer
from warehouse.store import connect

DAY = date(2022, 6, 1)


def says(  # noqa: PLR0917
    action: str, platform: str, surface: str, target: str, start: str | None, region: str | None = None,
    stage: str = "decided", end: str | None = None, published: str = "2022-01-15", kind: str = "news",
) -> tuple[Document, Extraction]:  # fmt: skip
    text = f"{platform} {surface} {target} {region} {stage}: {action} from {start} to {end}, {published}."
    found = fact(text, platform, surface, target, action, start, end, region, stage)
    return reading(text, found, published=published, kind=kind)


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory, template: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    path = Path(copy(template, tmp_path_factory.mktemp("answers") / "warehouse.duckdb"))
    rules = [
        says("block", "kuaishou", "live", "taobao", "2022-03-01"),
        says("allow", "kuaishou", "live", "taobao", "2022-10-28", published="2022-10-28"),
        says("allow", "douyin", "message", "external", None, published="2022-05-01"),
        says("block", "douyin", "live", "ecommerce", "2020-10-09", kind="notice"),
        says("allow", "douyin", "all", "jd", "2021-01-01"),
        says("allow", "facebook", "all", "news", "2007-01-01"),
        says("block", "facebook", "all", "news", "2023-08-01", region="CA", published="2023-08-01"),
        says("restrict", "facebook", "all", "external", "2018-01-01", region="EEA", published="2018-02-01"),
        says("block", "twitter", "all", "social", "2022-12", published="2022-12-20"),
        says("allow", "twitter", "post", "external", "2022-12-25", published="2022-12-26"),
        says("allow", "youtube", "comments", "external", "2022-02-01", stage="trial"),
        says("block", "youtube", "comments", "external", "2022-02-01"),
        says("allow", "youtube", "comments", "external", "2022-02-01", published="2022-01-10"),
        says("allow", "reddit", "post", "external", "2022-01-20", end="2022-01-31"),
    ]
    with connect(path) as connection:
        load_batch(connection, batch("n1", *rules, known="2024-01-01T00:00"))
        yield connection


def ask(
    asked: duckdb.DuckDBPyConnection, question: str, day: date = DAY, region: str | None = None
) -> Answer:
    platform, surface, target = question.split()
    return can_link(asked, platform, surface, target, day, region)


def test_the_seeds_question(asked: duckdb.DuckDBPyConnection) -> None:
    before = ask(asked, "kuaishou live taobao")
    after = ask(asked, "kuaishou live taobao", date(2022, 11, 1))
    assert (before.answer, after.answer) == ("blocked", "allowed")
    assert before.sentence is not None
    assert "block" in before.sentence
    assert after.sentence is not None
    assert "allow" in after.sentence


@pytest.mark.parametrize(
    ("question", "answer", "surface", "target"),
    [
        ("douyin message taobao", "allowed", "message", "external"),  # no service named: the general rule
        ("douyin live taobao", "blocked", "live", "ecommerce"),  # taobao is ecommerce
        (
            "douyin live jd",
            "allowed",
            "all",
            "jd",
        ),  # a rule for the service itself is nearer than one for its kind
        ("douyin live youtube", "unknown", None, None),
        ("抖音 live 淘宝", "blocked", "live", "ecommerce"),  # by any name that one service has
        ("douyin live JD.com", "allowed", "all", "jd"),
        ("Douyin LIVE Taobao", "blocked", "live", "ecommerce"),
        ("nobody live taobao", "unknown", None, None),
    ],
)
def test_the_most_specific_rule_answers(
    asked: duckdb.DuckDBPyConnection, question: str, answer: str, surface: str | None, target: str | None
) -> None:
    found = ask(asked, question)
    assert (found.answer, found.rule_surface, found.rule_target) == (answer, surface, target)


def test_a_regional_rule_answers_only_there(asked: duckdb.DuckDBPyConnection) -> None:
    day = date(2023, 9, 1)
    assert ask(asked, "facebook post news", day).answer == "allowed"
    canada = ask(asked, "facebook post news", day, "CA")
    assert (canada.answer, canada.rule_region) == ("blocked", "CA")
    france = ask(asked, "facebook post etsy", day, "fr")
    assert (france.answer, france.rule_region) == ("restricted", "EEA")  # FR is in the EU is in the EEA


def test_notes_tell_what_is_uncertain(asked: duckdb.DuckDBPyConnection) -> None:
    notes = {
        "no rule is known": ask(asked, "google post taobao"),
        "no rule is known; no service is known as nobody": ask(asked, "nobody live taobao"),
        "no service is known as Tabao; no start was stated, it held by 2022-05-01": ask(
            asked, "douyin message Tabao"
        ),
        "first known rule from 2022-03-01": ask(asked, "kuaishou live taobao", date(2022, 2, 1)),
        "no start was stated, it held by 2022-05-01": ask(asked, "douyin message taobao"),
        "the last known rule ended on 2022-01-31": ask(asked, "reddit post etsy"),
        "begins some day of this month": ask(asked, "twitter post mastodon", date(2022, 12, 2)),
        "a more general rule of later date says otherwise": ask(
            asked, "twitter post mastodon", date(2023, 1, 5)
        ),
        "other statements contradict it; a trial is running": ask(asked, "youtube comments etsy"),
    }
    assert {note: answer.note for note, answer in notes.items()} == {note: note for note in notes}


def test_a_name_that_several_services_have_is_no_name(asked: duckdb.DuckDBPyConnection) -> None:
    assert asked.execute("SELECT slug FROM services_named('g.oogle')").fetchall() == [
        ("google",), ("google_plus",),
    ]  # fmt: skip
    names = "SELECT service_of('GOOGLE'), service_of('google+'), service_of('g.oogle'), service_of('京 东')"
    assert asked.execute(names).fetchone() == ("google", "google_plus", "g.oogle", "jd")
    note = ask(asked, "douyin message g.oogle").note
    assert note.startswith("g.oogle may be google or google_plus")


def test_a_kind_of_links_is_no_stranger(asked: duckdb.DuckDBPyConnection) -> None:
    assert ask(asked, "kuaishou live harmful").note == "no rule is known"
    assert ask(asked, "douyin live E-commerce").answer == "blocked"


def test_a_rule_under_an_older_slug_is_still_found(tmp_path: Path, template: Path) -> None:
    path = Path(copy(template, tmp_path / "warehouse.duckdb"))
    with connect(path) as connection:
        load_batch(
            connection,
            batch("n1", says("block", "tiny_url", "all", "jd_com", "2022-01-01"), known="2024-01-01T00:00"),
        )
        for question in ("tiny_url all jd_com", "tiny_url all JD_com"):
            found = ask(connection, question)
            assert (found.answer, found.note) == ("blocked", "")
        assert connection.execute("SELECT target FROM timeline('Tiny_URL')").fetchall() == [("jd_com",)]


def test_after_a_temporary_rule_over_nothing_all_is_unknown(asked: duckdb.DuckDBPyConnection) -> None:
    assert ask(asked, "reddit post etsy", date(2022, 1, 31)).answer == "allowed"
    assert ask(asked, "reddit post etsy", date(2022, 2, 1)).answer == "unknown"


def test_rules_on_links_of_others_say_nothing_of_own_links(asked: duckdb.DuckDBPyConnection) -> None:
    assert ask(asked, "douyin live etsy").rule_target == "ecommerce"
    assert ask(asked, "douyin message taobao").answer == "allowed"
    assert ask(asked, "douyin message douyin").answer == "unknown"
    assert ask(asked, "twitter post X", date(2023, 1, 5)).answer == "unknown"  # by another of its names


@pytest.mark.parametrize("zone", ["UTC", "America/Los_Angeles", "Asia/Shanghai"])
def test_a_moment_with_a_zone_is_the_same_wherever_it_is_asked(
    tmp_path: Path, template: Path, zone: str
) -> None:
    path = Path(copy(template, tmp_path / "warehouse.duckdb"))
    with connect(path) as connection:
        load_batch(
            connection,
            batch("n1", says("block", "kuaishou", "live", "taobao", "2022-03-01"), known="2022-02-23T03:00"),
        )
        connection.execute("SET TimeZone = $zone", {"zone": zone})
        for moment, rows in (
            ("TIMESTAMPTZ '2022-02-23 02:59+00'", 0), ("TIMESTAMPTZ '2022-02-23 03:01+00'", 1),
            ("TIMESTAMP '2022-02-23 02:59'", 0), ("'2022-02-23 03:01'", 1), ("now()", 1),
        ):  # fmt: skip
            asof = f"SELECT count(*) FROM policy_asof(DATE '2022-06-01', {moment})"  # noqa: S608
            assert connection.execute(asof).fetchone() == (rows,)
            question = f"('kuaishou', 'live', 'taobao', DATE '2022-06-01', {moment})"
            answer = connection.execute(f"SELECT answer FROM can_link_asof{question}").fetchone()  # noqa: S608
            assert answer == ("blocked" if rows else "unknown",)


def test_the_scalar_macro_answers_for_a_column(asked: duckdb.DuckDBPyConnection) -> None:
    rows = asked.execute(
        "SELECT can_link('kuaishou', 'live', 'taobao', day::DATE) "
        "FROM range(DATE '2022-02-28', DATE '2022-03-02', INTERVAL 1 DAY) t(day)"
    ).fetchall()
    assert rows == [("unknown",), ("blocked",)]


def test_diff_and_timeline(asked: duckdb.DuckDBPyConnection) -> None:
    moved = asked.execute(
        "SELECT platform, action1, action2 FROM policy_diff(DATE '2022-06-01', DATE '2022-11-01')"
    ).fetchall()
    assert moved == [("kuaishou", "block", "allow")]
    line = asked.execute("SELECT action, valid_from FROM timeline('kuaishou')").fetchall()
    assert line == [("block", date(2022, 3, 1)), ("allow", date(2022, 10, 28))]
