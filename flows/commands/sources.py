"""Commands on the declared sources."""

from __future__ import annotations

import typer

from flows.commands.options import AsJson, Sources
from flows.console import say, show
from flows.errors import InputError
from flows.settings import load_settings

app = typer.Typer(help="The declared sources.", no_args_is_help=True)

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
