"""What a reviewer should look at, most needed first, and the words around it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb

from extract.records import Action, Document, Fact, Kind, Lang, Stage
from warehouse.records import Verdict, WarehouseError, partial
from warehouse.sql import records, rows


@dataclass(frozen=True, slots=True)
class ReviewItem:
    """One reading, or one passage that gave none, and why it wants a look.

    Attributes:
        observation_id: None for a missed passage; then the fields of a fact are None too.
        why: `contested`, `missed`, `unsure` or `single witness`.
        need: in [0, 1]; higher is more urgent.
    """

    observation_id: str | None
    document_id: str
    start: int
    end: int
    words: str
    why: str
    need: float
    platform: str | None
    surface: str | None
    target: str | None
    region: str | None
    action: str | None
    stage: str | None
    effective_from: date | None
    from_precision: str | None
    effective_to: date | None
    to_precision: str | None
    confidence: float
    title: str
    url: str | None


def queue(connection: duckdb.DuckDBPyConnection, limit: int = 50) -> list[ReviewItem]:
    """Readings that support or contradict today's policy and were not judged yet, and missed passages."""
    return [ReviewItem(**row) for row in records(connection, "review_queue", {"limit": limit})]


def find(connection: duckdb.DuckDBPyConnection, observation_id: str) -> ReviewItem:
    """A reading by its id or the unique beginning of it, judged or not.

    Raises:
        WarehouseError: no reading, or several, have an id that begins so.
    """
    found = records(connection, "review_find", {"prefix": observation_id.lower()})
    if len(found) != 1:
        raise WarehouseError(
            f"{'several readings begin' if found else 'no reading begins'} with {observation_id!r}"
        )
    return ReviewItem(**found[0])


def verdicts(connection: duckdb.DuckDBPyConnection) -> list[Verdict]:
    """All verdicts, oldest first; `corrected` is the fact that a correction put in place."""
    corrections = {row["verdict_id"]: _fact(row) for row in records(connection, "corrections")}
    return [
        Verdict(
            document_id=row["document_id"], start=row["evidence_start"], end=row["evidence_end"],
            evidence=row["evidence"], platform=row["platform"], surface=row["surface"], target=row["target"],
            action=Action(row["action"]), effective_from=partial(row["effective_from"],
            row["from_precision"]),
            effective_to=partial(row["effective_to"], row["to_precision"]), region=row["region"],
            stage=Stage(row["stage"]), decision=row["decision"], reviewer=row["reviewer"],
            decided_at=row["decided_at"], reason=row["reason"], corrected=corrections.get(row["verdict_id"]),
        )
        for row in records(connection, "verdicts")
    ]  # fmt: skip


def annotated(connection: duckdb.DuckDBPyConnection) -> list[tuple[Document, tuple[Fact, ...]]]:
    """Documents that a reviewer has judged, with the facts that stand now: material for the gold set."""
    documents = records(connection, "judged_documents")
    facts: dict[str, list[Fact]] = {row["document_id"]: [] for row in documents}
    for row in records(connection, "judged_facts"):
        facts[row["document_id"]].append(_fact(row))
    return [
        (
            Document(
                row["document_id"], Lang(row["lang"]), Kind(row["kind"]), row["published"], row["title"],
                row["text"],
                row["url"], row["source_id"], row["platform"],
            ),
            tuple(facts[row["document_id"]]),
        )
        for row in documents
    ]  # fmt: skip


def _fact(row: dict[str, Any]) -> Fact:
    return Fact(
        row["platform"], row["surface"], row["target"], Action(row["action"]),
        partial(row["effective_from"], row["from_precision"]), partial(row["effective_to"],
        row["to_precision"]),
        row["region"], Stage(row["stage"]), row["evidence"], row["evidence_start"], row["evidence_end"],
        tuple(row["rules"]), row["confidence"],
    )  # fmt: skip


def context(
    connection: duckdb.DuckDBPyConnection, document_id: str, start: int, end: int, width: int = 120
) -> tuple[str, str, str]:
    """Words before, at and after a span of a stored document; at most `width` characters on each side.

    Raises:
        WarehouseError: the document is not stored, or without text.
    """
    found = rows(connection, "document_text", {"id": document_id})
    if not found or found[0][0] is None:
        raise WarehouseError(f"no text of document {document_id}")
    text: str = found[0][0]
    return text[max(0, start - width) : start], text[start:end], text[end : end + width]
