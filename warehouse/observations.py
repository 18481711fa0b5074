"""Facts to rows of table `observation`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from extract.records import Fact
from warehouse.ids import content_hash, page_id
from warehouse.items import Item
from warehouse.relations import relation_of
from warehouse.values import fact_values


def observation_rows(
    item: Item, run_id: str, known_at: datetime, version: str
) -> Iterator[dict[str, object]]:
    """One row for each different fact of a reading."""
    seen: set[str] = set()
    for fact in item.extraction.facts:
        row = observation_row(item, fact, run_id, known_at, version)
        if str(row["observation_id"]) not in seen:
            seen.add(str(row["observation_id"]))
            yield row


def observation_row(
    item: Item, fact: Fact, run_id: str, known_at: datetime, version: str
) -> dict[str, object]:
    """The row of one fact; key_id is left to the database."""
    document = item.document
    values = fact_values(fact)
    return {
        "observation_id": content_hash((item.document_id, *values.values(), fact.start, fact.end)),
        "run_id": run_id, "known_at": known_at, "document_id": item.document_id,
        "cluster_id": item.cluster_id,
        "page_id": page_id(document.url), "source_id": document.source_id, "kind": document.kind,
        "said_on": item.said_on, "published_inferred": item.published_inferred, "key_id": 0, **values,
        "relation": relation_of(document, fact), "evidence": fact.evidence, "evidence_start": fact.start,
        "evidence_end": fact.end, "rules": list(fact.rules), "confidence": fact.confidence,
        "extractor_version": version, "verdict_id": None,
    }  # fmt: skip
