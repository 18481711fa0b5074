"""Commands on the declared sources."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import typer

from flows.commands.options import AsJson, Data, Sources
from flows.console import say, show
from flows.errors import FailedError, InputError
from flows.journal import PastSource
from flows.settings import load_settings

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
        for source in declared_sources(load_settings(sources=sources))
    ]
    show(rows, _LIST, title="Declared sources", as_json=as_json, empty="no sources are declared")


@app.command()
def health(sources: Sources = None, data: Data = None, as_json: AsJson = False) -> None:
    """Show how each source is, since when and why; exit code 1 if one is broken."""
    from flows.journal import history
    from flows.night import declared_sources

    settings = load_settings(sources=sources, data=data)
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
def check(sources: Sources = None) -> None:
    """Check all declarations; the first wrong key is named with its file."""
    from crawlers.sources import DEFAULT_DIRECTORY, SourceError, load_sources
    from extract.vocabulary import load_vocabulary

    directory = load_settings(sources=sources).sources or DEFAULT_DIRECTORY
    try:
        found = load_sources(directory, load_vocabulary().services)
    except SourceError as error:
        raise InputError(str(error)) from None
    say(f"{len(found)} declarations in {directory} are good")
