"""What a reviewer should look at, most needed first, and the words around it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import duckdb

from warehouse.records import WarehouseError
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
