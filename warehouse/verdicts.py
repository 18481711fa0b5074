"""A reviewer's word: stored as rows, applied at once and to every later reading of the same words."""

from __future__ import annotations

import duckdb

from warehouse.ids import content_hash
from warehouse.records import Batch, Verdict, WarehouseError
from warehouse.sql import run
from warehouse.stage import stage
from warehouse.values import date_columns, fact_values

DECISIONS = ("accept", "reject", "correct")


def apply_verdicts(connection: duckdb.DuckDBPyConnection, batch: Batch) -> None:
    """Store the verdicts of a batch and let all verdicts decide on the observations they concern.

    Raises:
        WarehouseError: a verdict is malformed or judges an unknown document.
    """
    for verdict in batch.verdicts:
        _check(verdict)
    if stage(connection, "staged_verdict", "verdict", (_row(verdict, batch) for verdict in batch.verdicts)):
        run(connection, "insert_verdicts")
        _insert_corrections(connection, batch)
    if batch.verdicts or connection.execute("SELECT 1 FROM verdict LIMIT 1").fetchone():
        run(connection, "settle_verdicts")


def verdict_id(verdict: Verdict, batch: Batch) -> str:
    """Hash of who decided what about which words."""
    return content_hash(
        (batch.run_id, *_subject(verdict), verdict.decision, verdict.reviewer, verdict.decided_at)
    )


def _subject(verdict: Verdict) -> tuple[object, ...]:
    return (
        verdict.document_id, verdict.start, verdict.end, verdict.platform, verdict.surface, verdict.target,
        verdict.action, verdict.effective_from, verdict.effective_to, verdict.region, verdict.stage,
    )  # fmt: skip


def _check(verdict: Verdict) -> None:
    if verdict.decision not in DECISIONS:
        raise WarehouseError(f"verdict: unknown decision {verdict.decision!r}; one of {', '.join(DECISIONS)}")
    if (verdict.corrected is not None) != (verdict.decision == "correct"):
        raise WarehouseError("verdict: `correct`, and nothing else, needs the corrected fact")


def _row(verdict: Verdict, batch: Batch) -> dict[str, object]:
    return {
        "verdict_id": verdict_id(verdict, batch), "run_id": batch.run_id, "known_at": batch.known_at,
        "decided_at": verdict.decided_at, "reviewer": verdict.reviewer, "reason": verdict.reason,
        "decision": verdict.decision, "document_id": verdict.document_id, "evidence": verdict.evidence,
        "evidence_start": verdict.start, "evidence_end": verdict.end, "key_id": 0,
        "platform": verdict.platform, "surface": verdict.surface, "target": verdict.target,
        "region": verdict.region, "action": verdict.action, "stage": verdict.stage,
        **date_columns(verdict.effective_from, verdict.effective_to),
    }  # fmt: skip


def _insert_corrections(connection: duckdb.DuckDBPyConnection, batch: Batch) -> None:
    """Append the corrected facts as observations of the judged documents."""
    corrections = [verdict for verdict in batch.verdicts if verdict.corrected is not None]
    if not stage(connection, "correction", "observation", (_correction(v, batch) for v in corrections)):
        return
    unknown = connection.execute(
        "SELECT document_id::VARCHAR FROM correction ANTI JOIN document USING (document_id)"
    ).fetchone()
    if unknown is not None:
        raise WarehouseError(f"verdict: no document {unknown[0]}")
    run(connection, "insert_corrections")


def _correction(verdict: Verdict, batch: Batch) -> dict[str, object]:
    fact, name = verdict.corrected, verdict_id(verdict, batch)
    assert fact is not None  # noqa: S101  _check has seen to it
    return {
        "observation_id": content_hash((name, "corrected")), "run_id": batch.run_id,
        "known_at": batch.known_at, "document_id": verdict.document_id, "key_id": 0, **fact_values(fact),
        "relation": "states", "evidence": fact.evidence, "evidence_start": fact.start,
        "evidence_end": fact.end,
        "rules": ["review"], "confidence": 1.0, "extractor_version": batch.extractor_version,
        "verdict_id": name,
    }  # fmt: skip
