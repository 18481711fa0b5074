"""Commands that read the published table: policy, changes, sql, export."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.commands.options import AsJson, Data, day, settings_for
from flows.console import say, show, warn
from flows.errors import InputError
from flows.stores import asking, published_file

if TYPE_CHECKING:
    import duckdb

    from flows.settings import Settings
    from warehouse.records import Change

_POLICY = (
    "platform",
    "surface",
    "target",
    "action",
    "from",
    "until",
    "region",
    "stage",
    "word",
    "sources",
    "evidence",
)
CHANGES = ("known", "change", "headline", "before", "now", "evidence")


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(policy)
    app.command()(changes)
    app.command()(sql)
    app.command()(export)


def policy(
    on: Annotated[str | None, typer.Option(metavar="DATE", help="Valid on this day (today).")] = None,
    known: Annotated[
        str | None, typer.Option(metavar="DATE", help="As known at the end of this day (now).")
    ] = None,
    platform: Annotated[
        list[str] | None,
        typer.Option("--platform", metavar="P", help="Only this platform, by any name; repeatable."),
    ] = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Show the policy table: who lets its users link to whom on a day, as known on another."""
    from warehouse.policy import policy_on
    from warehouse.services import named

    valid = day(on, "--on") or datetime.now(UTC).date()
    known_day = day(known, "--known")
    known_at = _end_of(known_day) if known_day else None
    with asking(settings_for(data=data)) as connection:
        services = [named(connection, name) for name in platform or ()]
        for service in services:
            if service.doubt:
                warn(service.doubt)
        platforms = [slug for service in services for slug in service.slugs]
        rows = [_policy_row(row) for row in policy_on(connection, valid, known_at, platforms)]
    title = f"Link policy on {valid}" + (f", as known on {known_day}" if known_day else "")
    show(rows, _POLICY, title=title, as_json=as_json, empty=f"no policy is known for {valid}")


def _end_of(known: date) -> datetime:
    """Return the end of a day on which something was known.

    On the last days of the calendar is known what is known now: nothing is open for longer than that.
    """
    from warehouse.records import END_OF_TIME

    last = END_OF_TIME - timedelta(seconds=1)
    return min(datetime.combine(min(known, last.date()), time.min) + timedelta(days=1), last)


def _policy_row(row: Any) -> dict[str, Any]:
    from flows.messages import date_cells
    from warehouse.records import plain

    fields = plain(row)
    assert isinstance(fields, dict)  # noqa: S101 - a record is always a mapping
    since, until = date_cells(row)
    return fields | {
        "from": since,
        "until": until,
        "word": "contested" if row.contested else row.authority,
        "sources": row.witnesses,
        "evidence": row.sentence,
    }


def changes(
    since: Annotated[
        str | None, typer.Option(metavar="DATE", help="Known on or after this day (all).")
    ] = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Show what changed in the policy table, with before, after and evidence."""
    show_changes(settings_for(data=data), CHANGES, day(since, "--since") or date.min, as_json=as_json)


def show_changes(
    settings: Settings, columns: Sequence[str], since: date = date.min, *, as_json: bool = False
) -> None:
    """Show the changes known on or after a day."""
    from warehouse.changes import changes_since

    with asking(settings) as connection:
        rows = [change_row(change, as_json=as_json) for change in changes_since(connection, since)]
    show(rows, columns, title="Changes of policy", as_json=as_json, empty="no changes of policy")


def change_row(change: Change, *, as_json: bool) -> dict[str, Any]:
    """Return a change for display: all its fields for JSON, states in words for a table."""
    from flows.messages import headline_of, state_text

    words = {"known": change.known_at, "change": change.kind, "headline": headline_of(change)}
    if as_json:
        return change.to_json() | words
    first = change.evidence[0].sentence if change.evidence else ""
    states = {
        "before": state_text(change.before, change.stage),
        "now": state_text(change.after, change.stage),
    }
    return words | states | {"evidence": first}


def sql(
    query: Annotated[
        str | None, typer.Argument(help="SQL to run; without it, the file's path is printed.")
    ] = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Run SQL on the published DuckDB file, or print its path."""
    settings = settings_for(data=data)
    if query is None:
        say(str(published_file(settings)))
        return
    import duckdb

    with asking(settings) as connection:
        try:
            names, answer = _answer(connection, query)
        except duckdb.Error as error:
            raise InputError(f"sql: {' '.join(str(error).split())}") from None
    columns = _told_apart(names)
    rows = [dict(zip(columns, row, strict=True)) for row in answer]
    show(rows, columns, title="", as_json=as_json, empty="no rows")


def _answer(
    connection: duckdb.DuckDBPyConnection, query: str
) -> tuple[Sequence[str], Sequence[tuple[Any, ...]]]:
    """Run SQL in a thread of its own and return the columns' names and the rows.

    In the main thread DuckDB works on the query itself, and may look for an interrupt only when it is done.
    """

    def ask() -> tuple[Sequence[str], Sequence[tuple[Any, ...]]]:
        result = connection.sql(query)
        return ([], []) if result is None else (result.columns, result.fetchall())

    with ThreadPoolExecutor(max_workers=1) as pool:
        asked = pool.submit(ask)
        try:
            return asked.result()
        except KeyboardInterrupt:
            connection.interrupt()
            raise


def _told_apart(names: Sequence[str]) -> list[str]:
    """Number columns of one name, like a and a_2: in a row each value needs a name of its own."""
    found: list[str] = []
    for name in names:
        numbered = (f"{name}_{number}" for number in count(2))
        free = (new for new in numbered if new not in found and new not in names)
        found.append(next(free) if name in found else name)
    return found


def export(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Made if missing; older exports go.")],
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Write the published tables as Parquet and CSV, with a dictionary of their columns."""
    from flows.journal import write_whole
    from warehouse.dictionary import data_dictionary
    from warehouse.publish import export as write_tables

    files = write_tables(published_file(settings_for(data=data)), directory)
    dictionary = directory / "data-dictionary.md"
    write_whole(dictionary, data_dictionary())
    rows = [{"file": str(file), "bytes": file.stat().st_size} for file in (*files, dictionary)]
    show(rows, ("file", "bytes"), title="Exported", as_json=as_json, empty="nothing")
