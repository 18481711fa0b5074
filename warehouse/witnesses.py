"""Gives each new document its cluster: what only repeats another document is no witness of its own.

A cluster is named by its first document. A document joins the cluster of the stored or earlier text that it
is most similar to, or else the one of a notice that it translates. Clusters never merge later: what was
counted stays counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import duckdb

from extract.records import Kind, Lang
from warehouse.clusters import bands, best_match, shingles
from warehouse.items import Item
from warehouse.sql import records, run
from warehouse.stage import stage

_DAYS_APART = 3  # a translation follows its original within days


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice as far as its translations are concerned."""

    facts_id: str | None
    platform: str
    lang: str
    said_on: date
    cluster_id: str


def join_clusters(
    connection: duckdb.DuckDBPyConnection, items: Sequence[Item], stored: Sequence[dict[str, Any]]
) -> list[Item]:
    """The items with their clusters; `stored` are the rows of the documents that are known already."""
    pieces = {
        item.document_id: shingles(item.document.title, item.document.text, item.document.lang)
        for item in items
        if item.speaks and (item.fresh or item.completes)
    }
    values = dict(zip(pieces, bands(pieces.values()), strict=True))
    candidates, clusters = _candidates(connection, values)
    clusters |= {row["document_id"]: row["cluster_id"] for row in stored}
    notices = _stored_notices(connection, [item for item in items if item.document_id in pieces])
    seen: dict[tuple[int, int], list[str]] = {}
    result: list[Item] = []
    for item in items:
        name = item.document_id
        if name not in pieces:
            result.append(replace(item, cluster_id=item.cluster_id or name))
            continue
        near = {other for key in enumerate(values[name]) for other in seen.get(key, ())}
        among = [*candidates[name], *((other, pieces[other]) for other in near)]
        match = best_match(pieces[name], (pair for pair in among if pair[0] != name))
        clusters[name] = (clusters[match] if match else _original(item, notices)) or name
        if item.document.kind is Kind.NOTICE and item.document.platform:
            notices.append(_notice(item, clusters[name]))
        for key in enumerate(values[name]):
            seen.setdefault(key, []).append(name)
        result.append(replace(item, cluster_id=clusters[name]))
    return result


def _candidates(
    connection: duckdb.DuckDBPyConnection, values: dict[str, list[int]]
) -> tuple[dict[str, list[tuple[str, frozenset[bytes]]]], dict[str, str]]:
    """Stored texts that share a band with a new one, for each new one; and the clusters of the stored texts.

    Leaves temp table `wanted_band`, which `load` appends to `document_band`.
    """
    connection.execute("CREATE OR REPLACE TEMP TABLE shape_signature (document_id UUID, bands UBIGINT[])")
    signatures = ({"document_id": name, "bands": found} for name, found in values.items())
    stage(connection, "signature", "shape_signature", signatures)
    run(connection, "wanted_bands")
    candidates: dict[str, list[tuple[str, frozenset[bytes]]]] = {name: [] for name in values}
    clusters: dict[str, str] = {}
    for row in records(connection, "cluster_candidates"):
        clusters[row["candidate_id"]] = row["cluster_id"]
        shape = shingles(row["title"], row["text"], Lang(row["lang"]))
        candidates[row["document_id"]].append((row["candidate_id"], shape))
    return candidates, clusters


def _original(item: Item, notices: Sequence[Notice]) -> str | None:
    """Cluster of the notice that this one translates: same platform, facts and days, another language."""
    document = item.document
    if document.kind is not Kind.NOTICE or item.facts_id is None:
        return None
    return next((
        notice.cluster_id for notice in notices
        if (notice.facts_id, notice.platform) == (item.facts_id, document.platform)
        and notice.lang != document.lang and abs((notice.said_on - item.said_on).days) <= _DAYS_APART
    ), None)  # fmt: skip


def _notice(item: Item, cluster_id: str) -> Notice:
    document = item.document
    return Notice(item.facts_id, document.platform or "", document.lang, item.said_on, cluster_id)


def _stored_notices(connection: duckdb.DuckDBPyConnection, items: Sequence[Item]) -> list[Notice]:
    wanted = [item.facts_id for item in items if item.document.kind is Kind.NOTICE and item.facts_id]
    if not wanted:
        return []
    return [Notice(**row) for row in records(connection, "notices", {"facts": wanted})]
