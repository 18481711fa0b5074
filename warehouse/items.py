"""A reading on its way into the warehouse."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from extract.records import Document, Extraction
from warehouse.ids import content_hash
from warehouse.records import SnapshotRow
from warehouse.values import fact_values


@dataclass(frozen=True, slots=True)
class Item:
    """One reading, placed among what is stored.

    Attributes:
        content_id: hash of the content; document_id differs from it where a page went back to an old version.
        cluster_id: first document that it is a near-duplicate of.
        fresh: the document is not stored yet.
        completes: it is stored without text, and now states something.
        read_by: extractor version that read it last, None if it is fresh.
        replaced_ids: other documents read from the same snapshot, which this one replaces (technical only).
    """

    document: Document
    extraction: Extraction
    document_id: str
    content_id: str
    seen_at: datetime
    snapshot: SnapshotRow | None
    fresh: bool
    completes: bool = False
    cluster_id: str = ""
    read_by: str | None = None
    replaced_ids: tuple[str, ...] = ()

    @property
    def speaks(self) -> bool:
        """The text holds facts or passages to review, so that it is stored."""
        return bool(self.extraction.facts or self.extraction.missed)

    @property
    def facts_id(self) -> str | None:
        """Hash of all that it states, apart from the words; None if it states nothing."""
        stated = {str(tuple(fact_values(fact).values())) for fact in self.extraction.facts}
        return content_hash(sorted(stated)) if stated else None

    @property
    def said_on(self) -> date:
        """Day on which it says so: published, else inferred, else seen; never after it was seen.

        A page that went back to an old version says so again on the day it was seen.
        """
        seen = self.seen_at.date()
        if self.document_id != self.content_id:
            return seen
        return min(self.document.published or self.extraction.reference or seen, seen + timedelta(days=1))

    @property
    def published_inferred(self) -> bool:
        """The publication day is not stated."""
        return self.document.published is None or self.extraction.reference_inferred


def document_row(item: Item, run_id: str, known_at: datetime) -> dict[str, object]:
    """The row of table `document`."""
    document, snapshot = item.document, item.snapshot
    return {
        "document_id": item.document_id, "content_id": item.content_id, "run_id": run_id,
        "known_at": known_at, "seen_at": item.seen_at, "source_id": document.source_id,
        "url": document.url, "lang": document.lang,
        "kind": document.kind, "platform": document.platform,
        "published": document.published or item.extraction.reference,
        "published_inferred": item.published_inferred, "title": document.title,
        "text": document.text if item.speaks else None, "cluster_id": item.cluster_id,
        "facts_id": item.facts_id,
        "digest": snapshot.digest if snapshot else None,
        "warc_file": snapshot.warc_file if snapshot else None,
        "warc_offset": snapshot.warc_offset if snapshot else None,
    }  # fmt: skip
