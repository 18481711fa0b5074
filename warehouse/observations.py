"""Facts to rows of table `observation`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from warehouse.ids import content_hash, page_id
from warehouse.items import Item
from warehouse.relations import relation_of
from warehouse.values import fact_values


def observation_rows(
    item: Item, run_id: str, known_at: datetime, version: str
) -> Iterator[dict[str, object]]:
    """One row for each different fact of a reading; key_id is left to the database."""
    document = item.document
    said_by_all = {
        "run_id": run_id, "known_at": known_at.isoformat(), "document_id": item.document_id,
        "cluster_id": item.cluster_id, "page_id": page_id(document.url), "source_id": document.source_id,
        "kind": document.kind, "said_on": item.said_on.isoformat(),
        "published_inferred": item.published_inferred, "key_id": 0, "extractor_version": version,
    }  # fmt: skip
    seen: set[str] = set()
    for fact in item.extraction.facts:
        values = {name: None if value is None else str(value) for name, value in fact_values(fact).items()}
        name = content_hash((item.document_id, *values.values(), fact.start, fact.end))
        if name not in seen:
            seen.add(name)
            yield {
                "observation_id": name, **said_by_all, **values,
                "relation": relation_of(document, fact), "evidence": fact.evidence,
                "evidence_start": fact.start, "evidence_end": fact.end, "rules": fact.rules,
                "confidence": fact.confidence,
            }  # fmt: skip
