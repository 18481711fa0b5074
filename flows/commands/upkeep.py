"""Commands that look after the warehouse: check, rebuild and lake."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.commands.options import AsJson, Data, settings_for
from flows.console import say, show
from flows.errors import FailedError

if TYPE_CHECKING:
    import duckdb

_FINDINGS = ("severity", "check", "finding", "rows")


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(check)
    app.command()(rebuild)
    app.command()(lake)


def check(
    history: Annotated[
        bool, typer.Option("--history", help="Derive all that was ever believed anew; takes a while.")
    ] = False,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Read the whole warehouse, check it, and compare the policy with what the observations give."""
    from flows.stores import looking

    with looking(settings_for(data=data)) as connection:
        found = list(_findings(connection, history=history))
    show(found, _FINDINGS, title="Findings", as_json=as_json, empty="the warehouse is as it should be")
    errors = sum(finding["severity"] == "error" for finding in found)
    if errors:
        raise FailedError(f"{errors} checks failed; `linkpolicy rebuild` derives the policy anew")


def _findings(connection: duckdb.DuckDBPyConnection, *, history: bool) -> Iterator[dict[str, Any]]:
    from warehouse.checks import run_checks
    from warehouse.rebuild import drift, history_drift

    for failure in run_checks(connection):
        yield _finding(failure.name, failure.reason, failure.count, failure.severity)
    rows = drift(connection)
    if rows:
        yield _finding("drift", "the policy is not what the observations give", len(rows))
    if history and (rows := history_drift(connection)):
        yield _finding("history", "what was believed is not what the runs give", len(rows))


def _finding(name: str, reason: str, rows: int, severity: str = "error") -> dict[str, Any]:
    return {"severity": severity, "check": name, "finding": reason, "rows": rows}


def rebuild(data: Data = None) -> None:
    """Derive the policy anew from all observations, as a technical change that alerts nobody, and publish."""
    from flows.lock import only_run
    from flows.night import new_run_id, publish_or_fail, utc_now
    from flows.stores import existing, writing
    from warehouse.rebuild import rebuild as derive_anew

    settings = settings_for(data=data)
    existing(settings)
    with only_run(settings.state, wait=settings.busy == "wait"):
        now = utc_now()
        with writing(settings) as connection:
            different = derive_anew(connection, f"{new_run_id(now)}-rebuild", now)
        if different:
            publish_or_fail(settings)
    say(f"{different} rows differed and were put right" if different else "nothing differed")


def lake(data: Data = None) -> None:
    """Write what is published into the lake now, and print how an analyst attaches it."""
    from flows.lake import lake_of, write_lake
    from flows.lock import only_run
    from flows.stores import published_file
    from warehouse.lake import attached, extensions

    settings = settings_for(data=data)
    target = lake_of(settings)
    extensions()
    published_file(settings)
    with only_run(settings.state, wait=settings.busy == "wait"):
        failed = write_lake(settings)
    if failed:
        raise FailedError(failed[0])
    say(attached(target))
