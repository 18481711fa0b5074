"""Commands for the operator: status and reread."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

import typer

from flows.commands.options import AsJson, Data, Sources, day, settings_for
from flows.console import counting, say, show, to_json, warn
from flows.errors import FailedError

_NIGHTS = (
    "started",
    "minutes",
    "ok",
    "quiet",
    "suspicious",
    "broken",
    "documents",
    "statements",
    "changes",
    "alerts",
    "delivered",
    "mb",
)
_BACKLOG = ("channel", "state", "alerts", "oldest")


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(status)
    app.command()(reread)


def reread(
    since: Annotated[
        str | None, typer.Option(metavar="DATE", help="Only what was crawled on or after this day.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the difference, change nothing.")] = False,
    sources: Sources = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Read the archive again with today's rules and show the difference; alerts nobody."""
    from flows.commands.tables import CHANGES, change_row
    from flows.night import utc_now
    from flows.reread import reread as read_again

    settings = settings_for(data=data, sources=sources)
    with counting("archive files read") as progress:
        result = read_again(
            settings, utc_now(), since=day(since, "--since"), dry_run=dry_run, progress=progress
        )
    rows = [change_row(change, as_json=as_json) for change in result.changes]
    show(rows, CHANGES, title="Difference", as_json=as_json, empty="no difference in policy")
    if not as_json:
        would = "would be" if dry_run else "were"
        say(
            f"{result.files} archive files, {result.documents} documents read; "
            f"{result.observations} statements {would} added, {result.withdrawn} withdrawn"
        )
        if result.waiting:
            say(f"{result.waiting} pages that could not be read before are left to the next night")
    for fault in result.faults:
        warn(fault)
    if result.faults:
        raise FailedError(f"{len(result.faults)} pages could not be read; what was known of them stays")


def status(data: Data = None, as_json: AsJson = False) -> None:
    """Show in one look whether all is well; exit code 1 when something needs a person."""
    from flows.night import utc_now
    from flows.status import status_of

    settings = settings_for(data=data)
    found = status_of(settings, utc_now())
    if as_json:
        say(to_json(found, indent=1))
    else:
        if found.running is not None:
            say(f"{'Running now' if found.running.alive else 'Killed'}: {found.running.summary()}\n")
        show(
            [_night(n) for n in found.nights],
            _NIGHTS,
            title="Last nights",
            as_json=False,
            empty="no night yet",
        )
        waiting = [
            {"channel": b.channel, "state": b.state, "alerts": b.count, "oldest": b.oldest}
            for b in found.backlog or ()
        ]
        say("")
        none = "no alert waits" if found.backlog is not None else "alerts not looked at: a night writes them"
        show(waiting, _BACKLOG, title="Alerts not delivered", as_json=False, empty=none)
        for page in found.unread:
            fate = "given up until the rules change" if page.given_up else "tried again"
            say(f"Not read since {page.since:%Y-%m-%d} ({fate}): {page.url}: {page.reason}")
        disk = ", ".join(f"{name} {size / 1e6:,.1f} MB" for name, size in found.disk.items())
        following = f"{found.next_run:%Y-%m-%d %H:%M} UTC" if found.next_run else "not scheduled"
        schema = found.schema_version or ("none" if found.backlog is not None else "being written")
        say(f"\nDisk: {disk}\nWarehouse schema: {schema}\nNext night: {following}")
    if found.needs:
        raise FailedError("needs a person: " + "; ".join(found.needs))
    if not as_json:
        say("All is well.")


def _night(night: Mapping[str, Any]) -> dict[str, Any]:
    started, finished = (datetime.fromisoformat(night[key]) for key in ("started_at", "finished_at"))
    statuses = [run["status"] for run in night["sources"]]
    return {
        "started": started,
        "minutes": round((finished - started).total_seconds() / 60, 1),
        **{name: statuses.count(name) for name in ("ok", "quiet", "suspicious", "broken")},
        "documents": night["documents"],
        "statements": night["observations"],
        "changes": sum(night["changes"].values()),
        "alerts": night["alerts"],
        "delivered": night["delivered"],
        "mb": round(sum(run["bytes"] for run in night["sources"]) / 1e6, 2),
    }
