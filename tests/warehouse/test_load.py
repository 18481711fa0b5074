"""Loading: one transaction, idempotent, technical re-reading, verdicts, outbox."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from extract.records import Document, Extraction, Fact
from tests.warehouse.helpers import batch, fact, reading
from warehouse import outbox
from warehouse.changes import changes_since, ending, taking_effect
from warehouse.load import crawl_state, known_digests, load_batch
from warehouse.policy import can_link, policy_on
from warehouse.rebuild import drift, history_drift, rebuild
from warehouse.records import Batch, Cause, Change, SnapshotRow, SourceRun, Verdict, WarehouseError
from warehouse.review import annotated, context, find, queue, verdicts

TEXT = "Links to Taobao are removed from the live rooms of Kuaishou from 1 March."
TIME = datetime.fromisoformat("2022-02-23T03:00")
SHOWN = (
    "run", "source_run", "snapshot", "page", "document", "document_band", "reading", "observation",
    "standing",
    "missed", "verdict", "policy", "support", "change", "alert",
)  # fmt: skip


def counts(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    found: dict[str, int] = {}
    for table in SHOWN:
        row = connection.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608
        found[table] = row[0] if row else -1
    return found


def to_console(change: Change) -> Iterable[str]:
    del change
    return ["console", "mail"]


def snapshot(url: str, at: datetime, digest: str = "sha256:1", *, revisit: bool = False) -> SnapshotRow:
    return SnapshotRow(
        url, "help", at, 200, "text/html", digest, "" if revisit else "a.warc", 7, 100, revisit=revisit
    )


def verdict_on(
    found: Fact, document_id: str, decision: str, corrected: Fact | None = None, day: int = 1
) -> Verdict:
    return Verdict(
        document_id, found.start, found.end, found.evidence, found.platform, found.surface, found.target,
        found.action,        found.effective_from, found.effective_to, found.region, found.stage, decision,
        "ann",
        TIME + timedelta(days=day), "read it again", corrected,
    )  # fmt: skip


def test_loading_a_run_again_does_nothing(connection: duckdb.DuckDBPyConnection) -> None:
    night = replace(
        batch("n1", reading(TEXT, fact(TEXT, start="2022-03-01"))), snapshots=(snapshot("u", TIME),)
    )
    first = load_batch(connection, night, to_console)
    before = counts(connection)
    again = load_batch(connection, night, to_console)
    assert (first.documents, first.observations, len(first.changes), first.alerts) == (1, 1, 1, 2)
    assert again.already_loaded
    assert counts(connection) == before


def test_the_same_content_in_another_run_adds_only_its_ledger_row(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    page = reading(TEXT, fact(TEXT, start="2022-03-01"), url="https://k.example/1", kind="notice")
    load_batch(connection, replace(batch("n1", page), snapshots=(snapshot("https://k.example/1", TIME),)))
    before = counts(connection)
    later = snapshot("https://k.example/1", TIME + timedelta(days=1), revisit=True)
    result = load_batch(
        connection, replace(batch("n2", page, known="2022-02-24T03:00"), snapshots=(later,)), to_console
    )
    assert result.changes == ()
    assert counts(connection) == {**before, "run": 2}
    assert crawl_state(connection, "help")["https://k.example/1"].fetched_at == later.fetched_at
    assert known_digests(connection, ["sha256:1", "sha256:2"]) == {"sha256:1"}


def test_a_failed_load_leaves_nothing(connection: duckdb.DuckDBPyConnection) -> None:
    def broken(change: Change) -> Iterable[str]:
        raise RuntimeError(change.kind)

    with pytest.raises(RuntimeError):
        load_batch(connection, batch("n1", reading(TEXT, fact(TEXT))), broken)
    assert set(counts(connection).values()) == {0}
    assert load_batch(connection, batch("n1", reading(TEXT, fact(TEXT)))).observations == 1


def test_known_time_never_goes_back(connection: duckdb.DuckDBPyConnection) -> None:
    load_batch(connection, batch("n1", reading(TEXT, fact(TEXT))))
    earlier = load_batch(connection, batch("n2", known="2020-01-01T00:00"))
    assert earlier.known_at == TIME + timedelta(microseconds=1)


def test_a_time_with_a_zone_is_refused(connection: duckdb.DuckDBPyConnection) -> None:
    zoned = replace(batch("n1"), known_at=datetime.fromisoformat("2022-01-01T00:00+08:00"))
    with pytest.raises(WarehouseError, match="without a zone"):
        load_batch(connection, zoned)


def test_source_runs_and_health(connection: duckdb.DuckDBPyConnection) -> None:
    for number, status in enumerate(["ok", "broken", "broken"], start=1):
        at = TIME + timedelta(days=number)
        run = SourceRun("help", at, at, status, message="" if status == "ok" else "HTTP 500")
        load_batch(connection, Batch(f"n{number}", at, Cause.CRAWL, source_runs=(run,)))
    row = connection.execute(
        "SELECT status, bad_runs, runs, last_ok_at, message FROM source_health"
    ).fetchone()
    assert row == ("broken", 2, 3, TIME + timedelta(days=1), "HTTP 500")


def test_what_was_known_when(connection: duckdb.DuckDBPyConnection) -> None:
    load_batch(connection, batch("n1", reading(TEXT, fact(TEXT, start="2022-03-01"))))
    text = "From 28 October links are allowed until 31 December."
    open_again = fact(text, action="allow", start="2022-10-28", end="2022-12-31")
    load_batch(
        connection, batch("n2", reading(text, open_again, published="2022-10-28"), known="2022-10-29T03:00")
    )
    day = date(2022, 11, 1)
    assert [row.action for row in policy_on(connection, day)] == ["allow"]
    assert [row.action for row in policy_on(connection, day, known_at=TIME + timedelta(days=5))] == ["block"]
    assert policy_on(connection, day, known_at=TIME - timedelta(days=5)) == []
    assert policy_on(connection, day, platforms=["douyin"]) == []
    answer = can_link(connection, "kuaishou", "live", "taobao", day)
    assert (answer.answer, answer.sentence, answer.valid_to) == ("allowed", text, date(2023, 1, 1))
    assert can_link(connection, "kuaishou", "live", "taobao", day, known_at=TIME).answer == "blocked"
    assert [row.action for row in taking_effect(connection, date(2022, 10, 28))] == ["allow"]
    assert [row.action for row in ending(connection, date(2022, 12, 31))] == ["allow"]
    assert [change.kind for change in changes_since(connection, date(2022, 10, 1))] == ["reversed"]


def test_changes_form_a_thread_and_print_as_json(connection: duckdb.DuckDBPyConnection) -> None:
    first = load_batch(connection, batch("n1", reading(TEXT, fact(TEXT, start="2022-03-01")))).changes[0]
    notice = reading(f"Notice. {TEXT}", fact(f"Notice. {TEXT}", start="2022-03-01"), kind="notice")
    second = load_batch(connection, batch("n2", notice, known="2022-02-24T03:00")).changes[0]
    assert (second.kind, second.follows) == ("confirmed", first.change_id)
    assert second.after is not None
    assert second.after.authority == "notice"
    plain = second.to_json()
    assert plain["known_at"] == "2022-02-24T03:00:00"
    assert isinstance(plain["evidence"], list)


def test_newer_rules_change_policy_without_alerts(connection: duckdb.DuckDBPyConnection) -> None:
    load_batch(connection, batch("n1", reading(TEXT, fact(TEXT, start="2022-03-01"))))
    better = reading(TEXT, fact(TEXT, surface="all", start="2022-03-01"))
    result = load_batch(connection, batch("r1", better, cause="technical", version="v2"), to_console)
    assert (result.observations, result.withdrawn, result.alerts) == (1, 1, 0)
    assert {change.kind for change in result.changes} == {"technical"}
    assert {change.effect for change in result.changes} == {"new", "corrected"}
    assert [row.surface for row in policy_on(connection, date(2022, 4, 1))] == ["all"]
    back = reading(TEXT, fact(TEXT, start="2022-03-01"))
    again = load_batch(
        connection, batch("r2", back, cause="technical", version="v3", known="2022-03-05T00:00")
    )
    assert (again.observations, again.withdrawn) == (0, 1)
    assert [row.surface for row in policy_on(connection, date(2022, 4, 1))] == ["live"]
    assert drift(connection) == []


def test_known_documents_read_by_newer_rules_are_a_technical_run_of_their_own(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    load_batch(connection, batch("n1", reading(TEXT, fact(TEXT, start="2022-03-01"))))
    changed, new = "Links to JD stay.", reading(TEXT, fact(TEXT, surface="all", start="2022-03-01"))
    fresh = reading(changed, fact(changed, target="jd", action="allow"))
    result = load_batch(
        connection, batch("n2", new, fresh, version="v2", known="2022-02-25T00:00"), to_console
    )
    assert [change.target for change in result.changes] == ["jd"]
    assert result.alerts == 2
    causes = connection.execute("SELECT run_id, cause FROM run ORDER BY number").fetchall()
    assert causes == [("n1", "crawl"), ("n2:reread", "technical"), ("n2", "crawl")]


def test_a_reread_page_replaces_what_was_read_from_the_same_snapshot(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    url = "https://k.example/1"
    page = reading(TEXT, fact(TEXT, start="2022-03-01"), url=url)
    load_batch(connection, replace(batch("n1", page), snapshots=(snapshot(url, TIME),)))
    fuller = f"{TEXT} This was cut off before."
    again = reading(fuller, fact(fuller, start="2022-03-02", evidence=TEXT), url=url)
    technical = batch("r1", again, cause="technical", version="v2", known="2022-02-25T00:00")
    result = load_batch(connection, replace(technical, snapshots=(snapshot(url, TIME),)))
    assert result.withdrawn == 1
    assert [row.valid_from for row in policy_on(connection, date(2022, 4, 1))] == [date(2022, 3, 2)]


def test_a_document_without_facts_keeps_no_text_until_rules_find_something(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    load_batch(connection, batch("n1", reading(TEXT)))
    assert connection.execute("SELECT text FROM document").fetchall() == [(None,)]
    load_batch(connection, batch("r1", reading(TEXT, fact(TEXT)), cause="technical", version="v2"))
    assert connection.execute("SELECT text FROM document").fetchall() == [(TEXT,)]
    assert connection.execute("SELECT count(*) > 0 FROM document_band").fetchall() == [(True,)]


def judged(connection: duckdb.DuckDBPyConnection, run_id: str, verdict: Verdict) -> tuple[Change, ...]:
    return load_batch(
        connection, Batch(run_id, verdict.decided_at, Cause.VERDICT, verdicts=(verdict,))
    ).changes


def test_a_rejection_holds_against_later_readings_of_the_same_words(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    wrong = fact(TEXT, start="2022-03-01")
    load_batch(connection, batch("n1", reading(TEXT, wrong)))
    document_id = queue(connection)[0].document_id
    changes = judged(connection, "v1", verdict_on(wrong, document_id, "reject"))
    assert [(change.kind, change.after) for change in changes] == [("corrected", None)]
    assert policy_on(connection, date(2022, 4, 1)) == []
    reprint = f"Agencies report. {TEXT}"
    load_batch(
        connection,
        batch(
            "n2", reading(reprint, fact(reprint, start="2022-03-01", evidence=TEXT)), known="2022-03-01T00:00"
        ),
    )
    assert policy_on(connection, date(2022, 4, 1)) == []
    accepted = judged(connection, "v2", verdict_on(wrong, document_id, "accept", day=20))
    assert [change.effect for change in accepted] == ["new"]
    assert [row.action for row in policy_on(connection, date(2022, 4, 1))] == ["block"]
    assert drift(connection) == []


def test_of_two_words_in_the_same_second_the_later_holds(connection: duckdb.DuckDBPyConnection) -> None:
    held = fact(TEXT, start="2022-03-01")
    load_batch(connection, batch("n1", reading(TEXT, held)))
    document_id = queue(connection)[0].document_id
    for number in range(4):  # ids are hashes: by chance alone half of these would go wrong
        for decision, standing in (("reject", []), ("accept", ["block"])):
            judged(connection, f"v{number}{decision}", verdict_on(held, document_id, decision))
            assert [row.action for row in policy_on(connection, date(2022, 4, 1))] == standing
    assert [v.decision for v in verdicts(connection)] == ["reject", "accept"] * 4


def test_a_correction_replaces_the_reading_and_survives_re_extraction(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    wrong, right = fact(TEXT, start="2022-03-01"), fact(TEXT, surface="all", start="2022-03-01")
    load_batch(connection, batch("n1", reading(TEXT, wrong)))
    document_id = queue(connection)[0].document_id
    verdict = verdict_on(wrong, document_id, "correct", right)
    judged(connection, "v1", verdict)
    assert [(v.decision, v.evidence, v.corrected and v.corrected.surface) for v in verdicts(connection)] == [
        ("correct", TEXT, "all")
    ]
    [(document, facts)] = annotated(connection)
    assert (document.text, [(f.surface, f.start, f.end) for f in facts]) == (TEXT, [("all", 0, len(TEXT))])
    assert [row.surface for row in policy_on(connection, date(2022, 4, 1))] == ["all"]
    load_batch(
        connection,
        batch("r1", reading(TEXT, wrong), cause="technical", version="v2", known="2022-03-01T00:00"),
    )
    assert [row.surface for row in policy_on(connection, date(2022, 4, 1))] == ["all"]
    judged(connection, "v2", verdict_on(wrong, document_id, "accept", day=20))
    assert [row.surface for row in policy_on(connection, date(2022, 4, 1))] == ["live"]
    assert drift(connection) == []


def test_a_rule_leads_to_words_that_still_count(connection: duckdb.DuckDBPyConnection) -> None:
    misread = fact(TEXT, start="2022-03-01", confidence=0.95)
    other = "From 1 March the live rooms show no more links to Taobao."
    load_batch(connection, batch("n1", reading(TEXT, misread)))
    load_batch(
        connection,
        batch(
            "n2", reading(other, fact(other, start="2022-03-01", confidence=0.8)), known="2022-02-24T03:00"
        ),
    )
    answer = can_link(connection, "kuaishou", "live", "taobao", date(2022, 4, 1))
    assert answer.sentence == TEXT
    document_id = find(connection, answer.evidence_id or "").document_id
    assert (
        judged(connection, "v1", verdict_on(misread, document_id, "reject", day=10)) == ()
    )  # the rule stands
    answer = can_link(connection, "kuaishou", "live", "taobao", date(2022, 4, 1))
    assert (answer.answer, answer.sentence) == ("blocked", other)
    [row] = policy_on(connection, date(2022, 4, 1))
    assert row.evidence_ids == (answer.evidence_id,)
    [row] = policy_on(connection, date(2022, 4, 1), known_at=TIME + timedelta(days=5))
    assert row.evidence_ids != (answer.evidence_id,)  # what was believed then
    assert drift(connection) == history_drift(connection) == []
    rejected = connection.execute("SELECT observation_id FROM observation WHERE confidence > 0.9").fetchall()
    connection.execute(
        "UPDATE policy SET cause_id = ? WHERE known_to > known_from + INTERVAL 1 YEAR", rejected[0]
    )
    assert [row["side"] for row in drift(connection)] == ["policy, baseless"]
    assert rebuild(connection, "again", TIME + timedelta(days=30)) == 1
    assert can_link(connection, "kuaishou", "live", "taobao", date(2022, 4, 1)).sentence == other


def test_a_corrected_postponement_still_postpones(connection: duckdb.DuckDBPyConnection) -> None:
    announced, moved = "Links are blocked from 1 July.", "The block is postponed to 1 September."
    first = reading(announced, fact(announced, start="2022-07-01"), kind="notice", published="2022-03-01")
    misread, right = fact(moved, start="2022-08-01"), fact(moved, start="2022-09-01")
    load_batch(connection, batch("n1", first, known="2022-03-02T03:00"))
    second = reading(moved, misread, kind="notice", published="2022-03-03")
    load_batch(connection, batch("n2", second, known="2022-03-04T03:00"))
    document_id = next(item.document_id for item in queue(connection) if item.words == moved)
    judged(connection, "v1", verdict_on(misread, document_id, "correct", right, day=20))
    assert [str(row.valid_from) for row in policy_on(connection, date(2022, 12, 1))] == ["2022-09-01"]
    assert policy_on(connection, date(2022, 7, 15)) == []


def test_a_postponement_without_a_date_is_told_in_its_own_words(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    allowed, announced = "Links have been allowed since 2025.", "Links are blocked from 1 July."
    halted = "The block is postponed until further notice."
    told = [
        (fact(allowed, action="allow", start="2025-01-01"), "2026-01-01"),
        (fact(announced, start="2026-07-01"), "2026-03-01"),
        (fact(halted), "2026-05-01"),
    ]
    for stated, day in told:
        item = reading(stated.evidence, stated, kind="notice", published=day)
        changes = load_batch(connection, batch(day, item, known=f"{day}T03:00")).changes
    assert [(change.kind, change.evidence[0].sentence) for change in changes] == [("corrected", halted)]


def test_a_correction_can_be_judged_by_its_own_id_and_by_a_reprint(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    wrong, right = fact(TEXT, start="2022-03-01"), fact(TEXT, start="2022-04-01")
    load_batch(connection, batch("n1", reading(TEXT, wrong)))
    document_id = queue(connection)[0].document_id
    judged(connection, "v1", verdict_on(wrong, document_id, "correct", right, day=2))
    judged(connection, "v2", verdict_on(right, document_id, "reject", day=3))
    assert policy_on(connection, date(2022, 5, 1)) == []
    judged(connection, "v3", verdict_on(right, document_id, "accept", day=4))
    assert [str(row.valid_from) for row in policy_on(connection, date(2022, 5, 1))] == ["2022-04-01"]
    reprint = f"Agencies report. {TEXT}"
    repeated = fact(reprint, start="2022-03-01", evidence=TEXT)
    load_batch(connection, batch("n2", reading(reprint, repeated), known="2022-03-01T00:00"))
    newest = "SELECT document_id::VARCHAR FROM document ORDER BY known_at DESC LIMIT 1"
    [(other_id,)] = connection.execute(newest).fetchall()
    judged(connection, "v4", verdict_on(repeated, other_id, "accept", day=20))
    [row] = policy_on(connection, date(2022, 5, 1))
    assert (str(row.valid_from), row.contested) == ("2022-03-01", False)
    assert drift(connection) == []


def test_a_malformed_verdict_is_refused(connection: duckdb.DuckDBPyConnection) -> None:
    load_batch(connection, batch("n1", reading(TEXT, fact(TEXT))))
    with pytest.raises(WarehouseError, match="unknown decision"):
        judged(connection, "v1", verdict_on(fact(TEXT), queue(connection)[0].document_id, "maybe"))
    with pytest.raises(WarehouseError, match="needs the corrected fact"):
        judged(connection, "v1", verdict_on(fact(TEXT), queue(connection)[0].document_id, "correct"))


def test_the_review_queue_shows_words_in_context(connection: duckdb.DuckDBPyConnection) -> None:
    words = "Links to Taobao are removed"
    document, extraction = reading(TEXT, fact(TEXT, evidence=words, confidence=0.4))
    load_batch(connection, batch("n1", (document, extraction)))
    item = queue(connection)[0]
    assert (item.why, item.words, item.platform) == ("unsure", words, "kuaishou")
    assert item.observation_id is not None
    assert find(connection, item.observation_id[:8]).words == words
    with pytest.raises(WarehouseError, match="no reading begins with 'zz'"):
        find(connection, "zz")
    assert context(connection, item.document_id, item.start, item.end, width=10) == ("", words, " from the ")
    with pytest.raises(WarehouseError, match="no text"):
        context(connection, "00000000-0000-0000-0000-000000000000", 0, 1)


def test_the_outbox_keeps_order_and_counts_attempts(connection: duckdb.DuckDBPyConnection) -> None:
    load_batch(connection, batch("n1", reading(TEXT, fact(TEXT, start="2022-03-01"))), to_console)
    other = "Links to JD are removed from the live rooms from 1 April."
    load_batch(
        connection,
        batch("n2", reading(other, fact(other, target="jd", start="2022-04-01")), known="2022-03-05T03:00"),
        to_console,
    )
    now = datetime.fromisoformat("2022-03-06T00:00")
    mail = outbox.due(connection, now, channel="mail")
    assert [alert.change.target for alert in mail] == ["taobao", "jd"]
    outbox.failed(connection, mail[0].alert_id, now, "timeout", now + timedelta(hours=1))
    assert outbox.due(connection, now, channel="mail") == []  # the younger one waits behind the older
    assert len(outbox.due(connection, now, channel="console")) == 2
    later = now + timedelta(hours=2)
    outbox.failed(connection, mail[0].alert_id, later, "refused", None)
    assert [alert.change.target for alert in outbox.due(connection, later, channel="mail")] == ["jd"]
    assert [(b.channel, b.state, b.count) for b in outbox.backlog(connection)] == [
        ("console", "pending", 2), ("mail", "dead", 1), ("mail", "pending", 1),
    ]  # fmt: skip
    assert outbox.retry(connection, channel="mail") == 1
    outbox.delivered(connection, mail[0].alert_id, later)
    done = outbox.listing(connection, state="delivered")
    assert [(alert.alert_id, alert.attempts) for alert in done] == [(mail[0].alert_id, 3)]
    with pytest.raises(WarehouseError, match="no alert"):
        outbox.delivered(connection, "00000000-0000-0000-0000-000000000000", later)


def test_a_drifted_policy_is_found_and_rebuilt(connection: duckdb.DuckDBPyConnection) -> None:
    load_batch(connection, batch("n1", reading(TEXT, fact(TEXT, start="2022-03-01"))))
    connection.execute("UPDATE policy SET action = 'allow'")
    assert {row["side"] for row in drift(connection)} == {"policy, derived only", "policy, stored only"}
    connection.execute("INSERT INTO policy SELECT * REPLACE (1 AS key_id) FROM policy")  # nobody said it
    connection.execute("INSERT INTO support SELECT * REPLACE (1 AS key_id) FROM support")
    assert rebuild(connection, "rebuild", TIME + timedelta(days=1)) == 4
    assert drift(connection) == []
    assert [row.action for row in policy_on(connection, date(2022, 4, 1))] == ["block"]


def test_an_edited_page_of_the_platform_says_what_is_new_when_it_was_seen_to(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    """The page keeps its day of publication, so what it did not say when last seen was said after that."""
    kept, banned, allowed = "Etsy links allowed.", "Taobao links blocked.", "Taobao links allowed."
    page = {"kind": "notice", "published": "2022-02-01", "url": "https://kuaishou.example/rules"}
    old = reading(
        f"{kept} {banned}",
        fact(f"{kept} {banned}", target="etsy", action="allow", evidence=kept),
        fact(f"{kept} {banned}", evidence=banned),
        platform="kuaishou", **page,
    )  # fmt: skip
    new = reading(
        f"{kept} {allowed}",
        fact(f"{kept} {allowed}", target="etsy", action="allow", evidence=kept),
        fact(f"{kept} {allowed}", action="allow", evidence=allowed),
        platform="kuaishou", **page,
    )  # fmt: skip
    load_batch(connection, batch("n1", old, known="2022-02-02T03:00"))
    result = load_batch(connection, batch("n2", new, known="2022-06-15T03:00"))

    assert [(c.effect, c.target, str(c.after.valid_from)) for c in result.changes if c.after] == [
        ("reversed", "taobao", "2022-06-15")
    ]
    said = "SELECT target, action, said_on::VARCHAR FROM observation WHERE run_id = 'n2' ORDER BY target"
    assert connection.execute(said).fetchall() == [
        ("etsy", "allow", "2022-02-01"), ("taobao", "allow", "2022-06-15"),
    ]  # fmt: skip
    reread = batch("r1", new, cause="technical", version="v2", known="2022-07-01T03:00")
    again = load_batch(connection, reread)
    assert again.observations == 0
    assert not again.changes


def test_an_edited_page_of_news_speaks_on_its_day(connection: duckdb.DuckDBPyConnection) -> None:
    """What an outlet adds to an old report is no news of the day on which it is seen."""
    for month, text, action in ((2, "Links blocked.", "block"), (3, "Links allowed.", "allow")):
        item = reading(text, fact(text, action=action), published="2022-02-01", url="https://press.example/1")
        load_batch(connection, batch(f"n{month}", item, known=f"2022-0{month}-15T03:00"))
    said = connection.execute("SELECT DISTINCT said_on::VARCHAR FROM observation").fetchall()
    assert said == [("2022-02-01",)]


def test_a_page_that_goes_back_is_a_new_version(connection: duckdb.DuckDBPyConnection) -> None:
    url = "https://k.example/help"
    old: tuple[Document, Extraction] = reading(
        "Links allowed.", fact("Links allowed.", action="allow"), url=url, published=None
    )
    new = reading("Links blocked.", fact("Links blocked."), url=url, published=None)
    for number, page in enumerate([old, new, old, old]):
        at = TIME + timedelta(days=number)
        night = Batch(
            f"n{number}", at, Cause.CRAWL, (), (snapshot(url, at, f"sha256:{number % 2}"),), (page,)
        )
        load_batch(connection, night)
    rows = connection.execute("SELECT document_id <> content_id FROM document ORDER BY seen_at").fetchall()
    assert rows == [(False,), (False,), (True,)]
    assert [row.action for row in policy_on(connection, date(2022, 3, 1))] == ["allow"]


def test_nothing_is_written_outside_the_warehouse(path: Path, connection: duckdb.DuckDBPyConnection) -> None:
    load_batch(connection, batch("n1", reading(TEXT, fact(TEXT))))
    names = {file.name for file in path.parent.iterdir()}
    assert names <= {"warehouse.duckdb", "warehouse.duckdb.wal", "warehouse.duckdb.manifest.json"}
