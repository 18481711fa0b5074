"""Commands on the declared sources."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from flows.commands.options import AsJson, Data, Sources, settings_for
from flows.console import say, show, to_json
from flows.errors import FailedError, InputError
from flows.journal import PastSource

app = typer.Typer(help="The declared sources.", no_args_is_help=True)

_HEALTH = ("id", "status", "since", "last_crawl", "last_news", "runs", "message")
_LIST = ("id", "name", "kind", "platform", "language", "schedule", "discovery", "last_verified")


@app.command("list")
def list_sources(sources: Sources = None, as_json: AsJson = False) -> None:
    """Show the declared sources."""
    from flows.night import declared_sources

    rows = [
        {
            "id": source.id,
            "name": source.name,
            "kind": source.kind.value,
            "platform": source.platform,
            "language": source.language.value if source.language else None,
            "schedule": source.schedule.value,
            "discovery": source.discovery.value,
            "urls": list(source.urls),
            "last_verified": source.last_verified,
            "file": source.path,
        }
        for source in declared_sources(settings_for(sources=sources))
    ]
    show(rows, _LIST, title="Declared sources", as_json=as_json, empty="no sources are declared")


@app.command()
def health(sources: Sources = None, data: Data = None, as_json: AsJson = False) -> None:
    """Show how each source is, since when and why; exit code 1 if one is broken."""
    from flows.journal import history
    from flows.night import declared_sources

    settings = settings_for(sources=sources, data=data)
    rows = [_health(source.id, history(settings.state, source.id)) for source in declared_sources(settings)]
    show(rows, _HEALTH, title="Health of the sources", as_json=as_json, empty="no sources are declared")
    broken = [row["id"] for row in rows if row["status"] == "broken"]
    if broken:
        raise FailedError(f"{len(broken)} sources are broken: {', '.join(broken)}")


def _health(source_id: str, runs: Sequence[PastSource]) -> dict[str, Any]:
    """Sum up a source's runs, given oldest first."""
    if not runs:
        return {"id": source_id, "status": "never crawled", "runs": 0}
    last = runs[-1]
    since = last.started_at
    for run in reversed(runs):
        if run.status != last.status:
            break
        since = run.started_at
    return {
        "id": source_id,
        "status": last.status,
        "since": since,
        "last_crawl": last.started_at,
        "last_news": max((run.started_at for run in runs if run.news), default=None),
        "runs": len(runs),
        "message": last.message,
    }


@app.command()
def check(
    live: Annotated[
        str | None, typer.Option(metavar="ID", help="Also crawl one article of this source and show it.")
    ] = None,
    sources: Sources = None,
) -> None:
    """Check all declarations; the first wrong key is named with its file."""
    from crawlers import chromium
    from crawlers.sources import DEFAULT_DIRECTORY, SourceError, load_sources
    from extract.vocabulary import load_vocabulary
    from flows.night import pick_sources

    settings = settings_for(sources=sources)
    directory = settings.sources or DEFAULT_DIRECTORY
    try:
        found = load_sources(directory, load_vocabulary().services)
    except SourceError as error:
        raise InputError(str(error)) from None
    if live is None:
        say(f"{len(found)} declarations in {directory} are good")
        rendered = [source.id for source in found if source.render]
        if rendered and (missing := chromium.problem()):
            say(f"not crawled on this machine: {', '.join(rendered)}; {missing}")
    else:
        from flows.trial import try_source

        for line in try_source(*pick_sources(found, [live]), contact=settings.contact):
            say(line)


@app.command()
def prune(
    days: Annotated[int, typer.Option(min=30, help="Let go what was crawled longer ago.")] = 400,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would go, delete nothing.")] = False,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Delete old archive files that no statement leads to and no visited page needs."""
    from flows.night import utc_now
    from flows.pruning import prune as let_go

    pruned = let_go(settings_for(data=data), utc_now(), days=days, dry_run=dry_run)
    names = [path.name for path in pruned.files]
    if as_json:
        say(to_json({"files": names, "bytes": pruned.size, "kept": pruned.kept, "deleted": not dry_run}))
        return
    for name in names:
        say(name)
    verb = "would be deleted" if dry_run else "were deleted"
    say(f"{len(names)} archive files ({pruned.size / 1e6:,.1f} MB) {verb}")
    say(f"{pruned.kept} as old are kept, because something rests on them")
