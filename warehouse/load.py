"""Loads one batch in one transaction: what was seen, what it says, what that changes, whom to tell."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import duckdb

from warehouse.changes import changes_of
from warehouse.documents import place_readings
from warehouse.ids import content_hash
from warehouse.items import Item, document_row
from warehouse.manifest import file_of, write_manifest
from warehouse.observations import observation_rows
from warehouse.policy import derive_touched
from warehouse.records import Batch, Cause, Change, CrawlRecord, LoadResult, WarehouseError
from warehouse.sql import query, rows, run, set_variable
from warehouse.stage import columns_of, stage
from warehouse.verdicts import apply_verdicts

Route = Callable[[Change], Iterable[str]]


def no_channel(change: Change) -> Iterable[str]:
    """Routes a change nowhere."""
    del change
    return ()


def load_batch(
    connection: duckdb.DuckDBPyConnection, batch: Batch, route: Route = no_channel, *, every_key: bool = False
) -> LoadResult:
    """Load a batch in one transaction; loading it again does nothing.

    A document that is known already but was read by another extractor version is loaded first, as a technical
    run of its own (`<run_id>:reread`): what newer rules change alerts nobody.

    Args:
        connection: writable, from `store.connect`.
        batch: what a night, an ingest, a re-reading or a reviewer brings.
        route: names of the channels to alert of a change; not asked about technical changes.
        every_key: derive all keys anew, not only those that the batch has news for.

    Raises:
        WarehouseError: the batch contradicts itself, or the file is damaged or cannot be written; nothing was
            loaded, unless the message says that it was.
    """
    file = file_of(connection)
    connection.execute("BEGIN")
    try:
        result = _load(connection, batch, route, every_key=every_key)
        connection.execute("COMMIT")
    except BaseException as error:
        with suppress(duckdb.Error):  # what invalidates the connection has rolled back
            connection.execute("ROLLBACK")
        if isinstance(error, duckdb.Error) and "Corrupt database file" in str(error):
            raise WarehouseError(f"{file}: damaged, restore a copy ({error}); nothing was loaded") from error
        if isinstance(error, duckdb.TransactionException):  # the commit failed: the disk is full, mostly
            raise WarehouseError(f"{file}: cannot be written: {error}; nothing was loaded") from error
        raise
    write_manifest(connection)
    run(connection, "derive_end")
    return result


def _load(
    connection: duckdb.DuckDBPyConnection, batch: Batch, route: Route, *, every_key: bool
) -> LoadResult:
    known = connection.execute(
        "SELECT known_at FROM run WHERE run_id = $run", {"run": batch.run_id}
    ).fetchone()
    if known is not None:
        return LoadResult(batch.run_id, known[0], already_loaded=True)
    if batch.known_at.tzinfo is not None:
        raise WarehouseError(f"run {batch.run_id}: known_at must be UTC without a zone")
    items = place_readings(connection, batch, batch.known_at)
    if batch.cause is Cause.TECHNICAL:
        return _apply(connection, batch, items, route, every_key=every_key)
    stale = [item for item in items if not item.fresh and batch.extractor_version not in {item.read_by, ""}]
    if stale:
        again = Batch(
            f"{batch.run_id}:reread",
            batch.known_at,
            Cause.TECHNICAL,
            extractor_version=batch.extractor_version,
        )
        _apply(connection, again, stale, no_channel)
    return _apply(connection, batch, [item for item in items if item.fresh], route, every_key=every_key)


def _apply(
    connection: duckdb.DuckDBPyConnection,
    batch: Batch,
    items: list[Item],
    route: Route,
    *,
    every_key: bool = False,
) -> LoadResult:
    """One run of the ledger, inside the caller's transaction."""
    number, known_at, chain = _next_run(connection, batch)
    batch = replace(batch, known_at=known_at)
    for name, value in (("run", batch.run_id), ("known", known_at), ("cause", str(batch.cause))):
        set_variable(connection, name, value)
    _insert(
        connection, "source_run", ({"run_id": batch.run_id, **columns_of(row)} for row in batch.source_runs)
    )
    snapshots = _store_snapshots(connection, batch)
    documents = _store_documents(connection, batch, items)
    observations = _store_observations(connection, batch, items)
    apply_verdicts(connection, batch)
    derive_touched(connection, every_key=every_key)
    changes = tuple(changes_of(connection, batch.run_id))
    alerts = 0 if batch.cause is Cause.TECHNICAL else _queue_alerts(connection, batch, changes, route)
    withdrawn = _count(
        connection, "SELECT count(*) FROM standing WHERE run_id = $run AND NOT stands", batch.run_id
    )
    counts = {
        "sources": len(batch.source_runs), "snapshots": snapshots, "documents": documents,
        "observations": observations, "withdrawn": withdrawn, "changes": len(changes), "alerts": alerts,
    }  # fmt: skip
    row = {
        "run_id": batch.run_id, "number": number, "known_at": known_at, "cause": batch.cause,
        "extractor_version": batch.extractor_version, **counts,
    }  # fmt: skip
    text = "|".join([chain, *(str(value) for value in row.values())])
    _insert(connection, "run", [{**row, "chain": hashlib.sha256(text.encode()).hexdigest()}])
    return LoadResult(
        batch.run_id, known_at, documents=documents, observations=observations, withdrawn=withdrawn,
        snapshots=snapshots, changes=changes, alerts=alerts,
    )  # fmt: skip


def _next_run(connection: duckdb.DuckDBPyConnection, batch: Batch) -> tuple[int, datetime, str]:
    """Number, known time and chain for the next run; time never stands still or goes back in the ledger."""
    last = connection.execute(
        "SELECT number, known_at, chain FROM run ORDER BY number DESC LIMIT 1"
    ).fetchone()
    if last is None:
        return 1, batch.known_at, ""
    return last[0] + 1, max(batch.known_at, last[1] + timedelta(microseconds=1)), last[2]


def _store_snapshots(connection: duckdb.DuckDBPyConnection, batch: Batch) -> int:
    """Append fetches that brought a new body, and bring the pages' states up to date."""
    if (
        batch.cause is Cause.TECHNICAL or not batch.snapshots
    ):  # a re-reading names snapshots, it fetched nothing
        return 0
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE shape_fetched AS SELECT p.* EXCLUDE (last_fetched), s.* EXCLUDE "
        "(run_id, source_id, url, digest), false AS revisit FROM page p, snapshot s LIMIT 0"
    )
    stage(connection, "fetched", "shape_fetched", (columns_of(row) for row in batch.snapshots))
    run(connection, "update_pages")
    fresh = [row for row in batch.snapshots if row.warc_file and not row.revisit]
    return _insert(connection, "snapshot", ({"run_id": batch.run_id, **columns_of(row)} for row in fresh))


def _store_documents(connection: duckdb.DuckDBPyConnection, batch: Batch, items: list[Item]) -> int:
    fresh = [item for item in items if item.fresh]
    _insert(connection, "document", (document_row(item, batch.run_id, batch.known_at) for item in fresh))
    texts = [
        {"document_id": i.document_id, "text": i.document.text, "cluster_id": i.cluster_id}
        for i in items
        if i.completes
    ]
    if texts:
        stage(connection, "completed", "document", texts)
        run(connection, "complete_documents")
    stored = [item.document_id for item in items if item.speaks and (item.fresh or item.completes)]
    connection.execute(
        "INSERT INTO document_band FROM wanted_band WHERE document_id IN (SELECT unnest($ids)::UUID)",
        {"ids": stored},
    )
    base = {"run_id": batch.run_id, "known_at": batch.known_at, "extractor_version": batch.extractor_version}
    _insert(connection, "reading", ({"document_id": item.document_id, **base} for item in items))
    _insert(connection, "missed", (
        {"document_id": item.document_id, "run_id": batch.run_id, "start_offset": m.start,
         "end_offset": m.end, "reason": m.reason, "score": m.score}
        for item in items for m in item.extraction.missed
    ))  # fmt: skip
    return len(fresh)


def _store_observations(connection: duckdb.DuckDBPyConnection, batch: Batch, items: list[Item]) -> int:
    stage(connection, "incoming", "observation", (
        row for item in items
        for row in observation_rows(item, batch.run_id, batch.known_at, batch.extractor_version)
    ))  # fmt: skip
    connection.execute("CREATE OR REPLACE TEMP TABLE shape_read (document_id UUID, replaced_by UUID)")
    stage(connection, "reread", "shape_read", (
        [{"document_id": i.document_id} for i in items if not i.fresh]
        + [{"document_id": old, "replaced_by": i.document_id} for i in items for old in i.replaced_ids]
    ))  # fmt: skip
    run(connection, "insert_observations")
    return _count(connection, "SELECT count(*) FROM brought")


def _queue_alerts(
    connection: duckdb.DuckDBPyConnection, batch: Batch, changes: Iterable[Change], route: Route
) -> int:
    return _insert(connection, "alert", (
        {"alert_id": content_hash((change.change_id, channel)), "change_id": change.change_id,
         "run_id": batch.run_id, "channel": channel, "created_at": batch.known_at, "state": "pending",
         "attempts": 0,         "next_attempt_at": batch.known_at}
        for change in changes for channel in sorted(set(route(change)))
    ))  # fmt: skip


def _insert(connection: duckdb.DuckDBPyConnection, table: str, new: Iterable[Any]) -> int:
    """Append rows to a table."""
    count = stage(connection, "staged", table, new)
    if count:
        connection.execute(f"INSERT INTO {table} FROM staged")
    return count


def _count(connection: duckdb.DuckDBPyConnection, sql: str, run_id: str | None = None) -> int:
    found = connection.execute(sql, {} if run_id is None else {"run": run_id}).fetchone()
    return int(found[0]) if found else 0


def crawl_state(connection: duckdb.DuckDBPyConnection, source_id: str) -> dict[str, CrawlRecord]:
    """Last fetch of every page of a source, by address: what the next crawl needs."""
    return {row[0]: CrawlRecord(*row) for row in rows(connection, "crawl_state", {"source": source_id})}


def known_digests(connection: duckdb.DuckDBPyConnection, digests: Iterable[str]) -> set[str]:
    """Those snapshot digests whose document is loaded already."""
    found = connection.execute(query("known_digests"), {"digests": list(digests)}).fetchall()
    return {row[0] for row in found}
