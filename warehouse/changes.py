"""What changed in the policy, and what takes effect by the calendar alone."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import duckdb

from warehouse.policy import policy_row
from warehouse.records import FOREVER, Change, Evidence, PolicyRow, State
from warehouse.sql import records, rows


def changes_since(connection: duckdb.DuckDBPyConnection, day: date) -> list[Change]:
    """Changes that became known on or after `day`, oldest first."""
    return _changes(connection, {"since": day, "run": None, "ids": None})


def changes_of(connection: duckdb.DuckDBPyConnection, run_id: str) -> list[Change]:
    """Changes that one run found."""
    return _changes(connection, {"since": None, "run": run_id, "ids": None})


def changes_by_id(connection: duckdb.DuckDBPyConnection, ids: list[str]) -> dict[str, Change]:
    """Changes by their ids."""
    found = _changes(connection, {"since": None, "run": None, "ids": ids})
    return {change.change_id: change for change in found}


def changes_of_rule(connection: duckdb.DuckDBPyConnection, change: Change) -> list[Change]:
    """Earlier changes of the same key and stage, oldest first."""
    rule = {name: getattr(change, name) for name in ("platform", "surface", "target", "region", "stage")}
    return _named(connection, "changes_of_rule", rule | {"before": change.known_at})


def untold_changes(connection: duckdb.DuckDBPyConnection, since: datetime, until: datetime) -> list[Change]:
    """Last changes of the rules that a crawl changed between two times, those of which nobody was told."""
    return _named(connection, "changes_untold", {"since": since, "until": until})


def changes_about(connection: duckdb.DuckDBPyConnection, day: date, before: datetime) -> list[Change]:
    """Changes known before a time after which a rule begins, or no longer holds, on a day; oldest first."""
    return _named(connection, "changes_of_day", {"day": day, "before": before})


def taking_effect(connection: duckdb.DuckDBPyConnection, day: date) -> list[PolicyRow]:
    """Rules whose first day is `day`: nothing new was learnt, the calendar brings them."""
    return [policy_row(row) for row in records(connection, "taking_effect", {"day": day})]


def ending(connection: duckdb.DuckDBPyConnection, day: date) -> list[PolicyRow]:
    """Rules whose last day is `day`."""
    return [policy_row(row) for row in records(connection, "ending", {"day": day})]


def _named(connection: duckdb.DuckDBPyConnection, name: str, parameters: dict[str, object]) -> list[Change]:
    """The changes whose ids a query gives, in its order."""
    ids = [found for (found,) in rows(connection, name, parameters)]
    changes = changes_by_id(connection, ids) if ids else {}
    return [changes[found] for found in ids]


def _changes(connection: duckdb.DuckDBPyConnection, parameters: dict[str, object]) -> list[Change]:
    found = records(connection, "changes", parameters)
    wanted = list({name for row in found for name in row["evidence_ids"]})
    evidence = {
        row["observation_id"]: _evidence(row) for row in records(connection, "evidence", {"ids": wanted})
    }
    return [_change(row, evidence) for row in found]


def _change(row: dict[str, Any], evidence: dict[str, Evidence]) -> Change:
    names = ("run_id", "known_at", "kind", "effect", "platform", "surface", "target", "region", "stage")
    return Change(
        change_id=row["change_id"],
        **{name: row[name] for name in names},
        before=_state(row, "before"),
        after=_state(row, "after"),
        witnesses=row["witnesses"],
        contested=row["contested"],
        follows=row["follows"],
        evidence=tuple(evidence[name] for name in row["evidence_ids"] if name in evidence),
    )


def _state(row: dict[str, Any], side: str) -> State | None:
    if row[f"{side}_action"] is None:
        return None
    end = row[f"{side}_to"]
    return State(
        action=row[f"{side}_action"],
        valid_from=row[f"{side}_from"],
        from_precision=row[f"{side}_from_precision"],
        valid_to=None if end >= FOREVER else end,
        to_precision=row[f"{side}_to_precision"],
        authority=row[f"{side}_authority"],
    )


def _evidence(row: dict[str, Any]) -> Evidence:
    return Evidence(**{**row, "rules": tuple(row["rules"])})
