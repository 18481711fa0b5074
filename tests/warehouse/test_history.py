"""Nights loaded one by one give what a whole derivation gives, today and for every earlier moment."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta

import duckdb
import pytest

from extract.records import Document, Extraction, Fact
from tests.warehouse.helpers import fact, reading
from tests.warehouse.scenario import filler
from warehouse import outbox, policy
from warehouse.changes import changes_of
from warehouse.checks import run_checks
from warehouse.ids import content_hash
from warehouse.load import load_batch
from warehouse.policy import derive
from warehouse.rebuild import drift, history_drift
from warehouse.records import Batch, Cause, SnapshotRow, Verdict
from warehouse.review import queue
from warehouse.sql import set_variable

PLATFORMS = ("kuaishou", "douyin")
START = datetime.fromisoformat("2022-01-01T03:00")
COMPARED = (
    "key_id, stage, action, valid_from, from_precision, valid_to, to_precision, authority, contested, "
    "resumed, own_end"
)


def some_fact(text: str, rng: random.Random) -> Fact:
    start = date(2022, 1, 1) + timedelta(days=rng.randrange(60)) if rng.random() < 0.6 else None
    end = start + timedelta(days=rng.randrange(1, 30)) if start and rng.random() < 0.2 else None
    return fact(
        text, rng.choice(PLATFORMS), surface=rng.choice(["live", "all"]), target=rng.choice(["taobao", "jd"]),
        action=rng.choice(["allow", "block", "restrict"]), start=str(start) if start else None,
        end=str(end) if end else None,
        region=rng.choice([None, None, "US"]), stage=rng.choice(["decided"] * 5 + ["trial"]),
        evidence=text.split("\n", 1)[0], confidence=rng.random(),
    )  # fmt: skip


def some_reading(place: int, day: date, rng: random.Random) -> tuple[Document, Extraction]:
    cue = rng.choice(
        ["Links are dealt with", "The rule is postponed", "Correction: the rule", "The plan is cancelled"]
    )
    text = f"{cue} {place}.\n{filler(str(place % 40), 'en')}"
    facts = [some_fact(text, rng) for _ in range(rng.randrange(3))]
    page = rng.choice([None, None, *(f"https://k.example/{name}" for name in "abcd")])
    return reading(
        text, *facts, published=rng.choice([None, str(day - timedelta(days=rng.randrange(20)))]), url=page,
        kind=rng.choice(["news", "notice"]), platform=rng.choice(PLATFORMS), source=rng.choice(["s", "t"]),
    )  # fmt: skip


def some_night(
    number: int, connection: duckdb.DuckDBPyConnection, rng: random.Random, past: list[Document]
) -> Batch:
    """A night of news; or newer rules over old documents; or a reviewer's verdict."""
    known = START + timedelta(days=number)
    kind = rng.choice(["news", "news", "reread", "verdict"]) if number > 2 else "news"
    if kind == "reread":
        chosen = rng.sample(past, min(len(past), 10))
        again = tuple(
            (old, Extraction("", tuple(some_fact(old.text, rng) for _ in range(rng.randrange(3)))))
            for old in chosen
        )
        return Batch(f"n{number}", known, Cause.TECHNICAL, readings=again, extractor_version=f"v{number}")
    items = [item for item in queue(connection, 5) if item.observation_id and item.platform and item.action]
    if kind == "verdict" and items:
        rejected = tuple(rejection(item.observation_id, connection) for item in items[:2])
        return Batch(f"n{number}", known, Cause.VERDICT, verdicts=rejected)
    news = tuple(some_reading(rng.randrange(1000), known.date(), rng) for _ in range(16))
    past += [document for document, extraction in news if extraction.facts]
    pages = {document.url for document, _ in news if document.url}
    fetched = tuple(
        SnapshotRow(page, "s", known, 200, "text/html", f"sha256:{number}{page}", "a.warc", 1)
        for page in sorted(pages)
    )
    return Batch(f"n{number}", known, Cause.CRAWL, (), fetched, news, extractor_version="v1")


def rejection(observation_id: str | None, connection: duckdb.DuckDBPyConnection) -> Verdict:
    item = next(item for item in queue(connection, 50) if item.observation_id == observation_id)
    as_read = connection.execute(
        "SELECT effective_from, effective_to FROM observation WHERE observation_id = $id",
        {"id": observation_id},
    ).fetchone()  # fmt: skip
    assert as_read is not None
    assert item.platform and item.surface and item.target and item.action and item.stage
    same = fact(
        item.words, item.platform, item.surface, item.target, item.action, as_read[0] and str(as_read[0]),
        as_read[1] and str(as_read[1]), item.region, item.stage,
    )  # fmt: skip
    return Verdict(
        item.document_id, item.start, item.end, item.words, same.platform, same.surface, same.target,
        same.action,        same.effective_from, same.effective_to, same.region, same.stage,
        "reject", "ann", START,
    )  # fmt: skip


def test_every_moment_is_what_a_whole_derivation_gives(
    connection: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nights are derived in portions of some thirty observations, what they are compared with at once."""
    monkeypatch.setattr(policy, "PORTION", 30)
    rng = random.Random(1)  # noqa: S311
    past: list[Document] = []
    for number in range(1, 9):
        load_batch(connection, some_night(number, connection, rng, past), lambda _: ["console", "mail"])
    assert drift(connection) == []
    assert [failure for failure in run_checks(connection) if failure.severity == "error"] == []
    for (known,) in connection.execute("SELECT known_at FROM run ORDER BY number").fetchall():
        set_variable(connection, "known", known)
        connection.execute("CREATE OR REPLACE TEMP TABLE touched AS SELECT DISTINCT key_id FROM observation")
        derive(connection)
        whole = connection.execute(f"SELECT {COMPARED} FROM derived ORDER BY ALL").fetchall()  # noqa: S608
        believed = connection.execute(
            f"SELECT {COMPARED} FROM policy WHERE known_from <= $known AND $known < known_to ORDER BY ALL",  # noqa: S608
            {"known": known},
        ).fetchall()
        assert believed == whole
    for table in ("policy", "change", "alert"):
        assert connection.execute(f"SELECT count(*) > 40 FROM {table}").fetchone() == (True,)  # noqa: S608
    causes = connection.execute("SELECT list(DISTINCT cause ORDER BY cause) FROM run").fetchone()
    assert causes == (["crawl", "technical", "verdict"],)
    [last] = changes_of(connection, "n8")[-1:]
    assert outbox.queue(connection, content_hash(["later"]), last, "mail", START + timedelta(days=30)) == 1
    assert history_drift(connection) == []  # run by run; an alert may be due later than its change


def test_a_damaged_history_is_found(connection: duckdb.DuckDBPyConnection) -> None:
    rng = random.Random(3)  # noqa: S311
    past: list[Document] = []
    for number in range(1, 4):
        load_batch(connection, some_night(number, connection, rng, past), lambda _: ["console"])
    connection.execute(
        "UPDATE policy SET known_to = known_to - INTERVAL 1 HOUR WHERE known_to < '9999-12-31'"
    )
    connection.execute("DELETE FROM change WHERE run_id = 'n2'")
    connection.execute("UPDATE alert SET created_at = created_at - INTERVAL 1 HOUR WHERE run_id = 'n3'")
    connection.execute(
        "DELETE FROM alert WHERE alert_id = (SELECT min(alert_id) FROM alert WHERE run_id = 'n1')"
    )
    found = history_drift(connection)
    assert [row["run_id"] for row in found if row["place"] == "alert, ledger only"].count("n1") == 1
    assert {row["place"] for row in found} == {
        "policy, stored only", "policy, derived only", "change, derived only", "alert, stored only",
        "alert, ledger only",
    }  # fmt: skip
    assert connection.execute("SELECT count(*) FROM change WHERE run_id = 'n2'").fetchone() == (0,)
