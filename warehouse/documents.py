"""Which documents of a batch are new, which are read again, and which went back to an old version."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import duckdb

from warehouse.ids import content_hash, document_content_id
from warehouse.items import Item
from warehouse.records import Batch, Cause, SnapshotRow
from warehouse.sql import records
from warehouse.stage import stage
from warehouse.witnesses import join_clusters


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
        again = batch.cause is Cause.TECHNICAL
        for here in _reread(item, stored) if again else [_place(item, by_id, latest)]:
            placed.setdefault(here.document_id, here)
    return join_clusters(connection, list(placed.values()), stored)


def _reread(item: Item, stored: Sequence[dict[str, Any]]) -> list[Item]:
    """The stored documents of this content, one for each time it was seen; else a replacement."""
    known = [_known(item, row) for row in stored if row["content_id"] == item.content_id]
    if known:
        return known
    replaced = _read_from(stored, item.document.url, item.snapshot.digest) if item.snapshot else ()
    return [replace(item, replaced_ids=replaced)]


def _known(item: Item, row: dict[str, Any]) -> Item:
    """A reading of a document that is stored: it was seen when it was first seen."""
    return replace(
        item, document_id=row["document_id"], seen_at=row["seen_at"], fresh=False,
        completes=item.speaks and not row["has_text"], read_by=row["extractor_version"] or "",
        cluster_id=row["cluster_id"],
    )  # fmt: skip


def _place(item: Item, by_id: dict[str, Any], latest: dict[str, Any]) -> Item:
    """Tell a new version from a known one, and from a page that went back to a version of before."""
    url = item.document.url
    newest = latest.get(url) if url else None
    known = by_id.get(item.content_id)
    if newest is not None and newest["content_id"] == item.content_id:
        known = newest
    elif known is not None and newest is not None and item.seen_at > newest["seen_at"]:
        again = content_hash((item.content_id, newest["document_id"]))
        item, known = replace(item, document_id=again), by_id.get(again)
    if known is not None:
        return _known(item, known)
    row = {
        "document_id": item.document_id, "content_id": item.content_id, "seen_at": item.seen_at,
        "has_text": item.speaks, "extractor_version": None, "cluster_id": item.document_id,
        "digest": None, "url": url,
    }  # fmt: skip
    by_id[item.document_id] = row
    if url and (newest is None or item.seen_at >= newest["seen_at"]):
        latest[url] = row
    return item


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
