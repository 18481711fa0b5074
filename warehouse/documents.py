"""Which documents of a batch are new, which are read again, and which cluster each belongs to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import duckdb

from extract.records import Document, Extraction, Lang
from warehouse.clusters import band_rows, bands, best_match, shingles
from warehouse.ids import content_hash, document_content_id
from warehouse.records import Batch, Cause, SnapshotRow
from warehouse.sql import records
from warehouse.stage import stage


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


def place_readings(connection: duckdb.DuckDBPyConnection, batch: Batch, known_at: datetime) -> list[Item]:
    """Place each different reading of the batch; order as given."""
    snapshots = _latest_snapshots(batch.snapshots)
    items: list[Item] = []
    for document, extraction in batch.readings:
        content_id = document_content_id(document)
        snapshot = snapshots.get(document.url or "")
        seen_at = snapshot.fetched_at if snapshot else known_at
        items.append(Item(document, extraction, content_id, content_id, seen_at, snapshot, fresh=True))
    stored = _stored(connection, items)
    by_id = {row["document_id"]: row for row in stored}
    latest = {row["url"]: row for row in stored if row["url"] is not None}
    placed: dict[str, Item] = {}
    for item in sorted(items, key=lambda item: item.seen_at):
        here = _place(item, by_id, latest, technical=batch.cause is Cause.TECHNICAL)
        placed.setdefault(here.document_id, here)
    return _clustered(connection, list(placed.values()), stored)


def _place(item: Item, by_id: dict[str, Any], latest: dict[str, Any], *, technical: bool) -> Item:
    """Tell a new version from a known one, and from a page that went back to a version of before."""
    url = item.document.url
    newest = latest.get(url) if url else None
    known = by_id.get(item.content_id)
    if newest is not None and newest["content_id"] == item.content_id:
        known = newest
    elif known is not None and newest is not None and item.seen_at > newest["seen_at"] and not technical:
        again = content_hash((item.content_id, newest["document_id"]))
        item, known = replace(item, document_id=again), by_id.get(again)
    row = {
        "document_id": item.document_id, "content_id": item.content_id, "seen_at": item.seen_at,
        "has_text": item.speaks, "extractor_version": None, "cluster_id": item.document_id,
        "digest": None, "url": url,
    }  # fmt: skip
    if known is None:
        if technical and item.snapshot is not None:
            item = replace(item, replaced_ids=_read_from(by_id.values(), url, item.snapshot.digest))
        by_id[item.document_id] = row
        if url and (newest is None or item.seen_at >= newest["seen_at"]):
            latest[url] = row
        return item
    return replace(
        item, document_id=known["document_id"], fresh=False, completes=item.speaks and not known["has_text"],
        read_by=known["extractor_version"] or "", cluster_id=known["cluster_id"],
    )  # fmt: skip


def _read_from(stored: Iterable[dict[str, Any]], url: str | None, digest: str) -> tuple[str, ...]:
    """Ids of the stored documents that were read from one snapshot."""
    return tuple(
        row["document_id"] for row in stored if url and row["url"] == url and row["digest"] == digest
    )


def _stored(connection: duckdb.DuckDBPyConnection, items: Sequence[Item]) -> list[dict[str, Any]]:
    connection.execute("CREATE OR REPLACE TEMP TABLE shape_wanted (content_id UUID, url VARCHAR)")
    stage(
        connection,
        "wanted",
        "shape_wanted",
        ({"content_id": i.content_id, "url": i.document.url} for i in items),
    )
    return records(connection, "known_documents")


def _latest_snapshots(snapshots: Iterable[SnapshotRow]) -> dict[str, SnapshotRow]:
    return {row.url: row for row in sorted(snapshots, key=lambda row: row.fetched_at)}


def _clustered(
    connection: duckdb.DuckDBPyConnection, items: list[Item], stored: list[dict[str, Any]]
) -> list[Item]:
    """Give each new text its cluster, comparing it with stored texts and the new ones before it."""
    pieces = {
        item.document_id: shingles(item.document.title, item.document.text, item.document.lang)
        for item in items
        if item.speaks and (item.fresh or item.completes)
    }
    values = {document_id: bands(found) for document_id, found in pieces.items()}
    connection.execute("CREATE OR REPLACE TEMP TABLE shape_band AS FROM document_band LIMIT 0")
    stage(connection, "wanted_band", "shape_band", _band_rows(values))
    candidates: dict[str, list[tuple[str, frozenset[str]]]] = {document_id: [] for document_id in pieces}
    cluster_of = {row["document_id"]: row["cluster_id"] for row in stored}
    for row in records(connection, "cluster_candidates"):
        cluster_of[row["candidate_id"]] = row["cluster_id"]
        shape = shingles(row["title"], row["text"], Lang(row["lang"]))
        candidates[row["document_id"]].append((row["candidate_id"], shape))
    seen: dict[tuple[int, int], list[str]] = {}
    result: list[Item] = []
    for item in items:
        if item.document_id not in pieces:
            result.append(replace(item, cluster_id=item.cluster_id or item.document_id))
            continue
        near = {name for key in enumerate(values[item.document_id]) for name in seen.get(key, ())}
        among = candidates[item.document_id] + [(name, pieces[name]) for name in near]
        match = best_match(pieces[item.document_id], ((n, p) for n, p in among if n != item.document_id))
        cluster_of[item.document_id] = cluster_of[match] if match else item.document_id
        for key in enumerate(values[item.document_id]):
            seen.setdefault(key, []).append(item.document_id)
        result.append(replace(item, cluster_id=cluster_of[item.document_id]))
    return result


def _band_rows(values: dict[str, list[int]]) -> Iterator[Any]:
    for document_id, found in values.items():
        yield from band_rows(document_id, found)


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
        "digest": snapshot.digest if snapshot else None,
        "warc_file": snapshot.warc_file if snapshot else None,
        "warc_offset": snapshot.warc_offset if snapshot else None,
    }  # fmt: skip
