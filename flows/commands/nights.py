"""Commands that crawl: run and demo."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import nullcontext, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.commands.options import AsJson, Data, Sources, settings_for
from flows.console import say, to_json
from flows.errors import FailedError

if TYPE_CHECKING:
    from flows.demo import Step
    from flows.run import Night
    from flows.settings import Settings


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(demo)
    app.command()(run)
    app.command()(serve)


def run(
    source: Annotated[
        list[str] | None, typer.Option("--source", metavar="ID", help="Only this source; may be repeated.")
    ] = None,
    sources: Sources = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Run one night now, as a Prefect flow: crawl, extract, load, publish, alert."""
    from flows.apiserver import provide_api

    settings, only = settings_for(data=data, sources=sources), tuple(source or ())
    check(settings, only)
    provide_api()
    # A channel of the type `console` writes to stdout, which is for one JSON object alone.
    with redirect_stdout(sys.stderr) if as_json else nullcontext():
        night = start_night(settings, only)
    say(to_json(night.to_dict()) if as_json else night.summary())
    if night.problems:
        raise FailedError("; ".join(night.problems))
    if not as_json:
        say(f"Published: {settings.published_file}")


def serve(
    cron: Annotated[
        str | None, typer.Option(help="When the night starts (LINKPOLICY_CRON, else 15 3 * * *).")
    ] = None,
    timezone: Annotated[
        str | None, typer.Option(help="Zone of the cron expression (LINKPOLICY_TIMEZONE, else UTC).")
    ] = None,
    port: Annotated[int, typer.Option(help="Of the Prefect server, if PREFECT_API_URL names none.")] = 4200,
    sources: Sources = None,
    data: Data = None,
) -> None:
    """Run every night by a schedule, and deliver alerts every hour, until stopped."""
    from flows.status import check_cron

    settings = settings_for(data=data, sources=sources, cron=cron, timezone=timezone)
    check_cron(settings.cron)
    check(settings, ())
    from flows.settings import calm_prefect

    calm_prefect()
    from flows.serving import serve as serve_flows

    serve_flows(settings, say, port)


def check(settings: Settings, only: tuple[str, ...]) -> None:
    """Find what is wrong with declarations, routes, template or data directory before anything is started.

    Raises:
        InputError: something is.
    """
    from flows.lock import check_writable
    from flows.messages import check_template
    from flows.night import declared_sources, pick_sources
    from flows.routing import load_routes

    pick_sources(declared_sources(settings), only)
    load_routes(settings)
    check_template(settings.template)
    check_writable(settings.state)


def start_night(settings: Settings, only: tuple[str, ...] = ()) -> Night:
    """Run the flow; Prefect is loaded here and not before."""
    from flows.nightly import run_flow

    return run_flow(settings, only)


def demo(
    data: Annotated[
        Path | None, typer.Option("--data", metavar="DIR", help="Data directory (`demo` in the usual one).")
    ] = None,
) -> None:
    """Three nights over the bundled sample sites on localhost, then the policy table and what changed."""
    from flows.apiserver import provide_api
    from flows.commands.tables import policy, show_changes
    from flows.demo import demo_settings, play

    chosen = settings_for(data=data)
    settings = demo_settings(chosen if data else chosen.model_copy(update={"data": chosen.data / "demo"}))
    say("The sample sites are served on this machine; the first night starts a temporary Prefect server.")
    provide_api()
    problems = [problem for step in _told(play(settings, start_night)) for problem in step.night.problems]
    say("")
    policy(data=settings.data)
    say("")
    show_changes(settings, ("change", "headline"))
    say(f"\nThe table: {settings.published_file}\nAlerts:    {settings.alerts_log}")
    say(f"Ask it:    linkpolicy sql --data {settings.data} 'FROM policy_current'")
    if problems:
        raise FailedError(f"{len(problems)} things failed: {'; '.join(dict.fromkeys(problems))}")


def _told(steps: Iterable[Step]) -> Iterator[Step]:
    """Tell what each night of the demonstration came to and how many rows it added."""
    rows: dict[str, int] = {}
    for step in steps:
        added = {name: count - rows.get(name, 0) for name, count in step.rows.items()}
        rows = step.rows
        say(
            f"\n{step.title}: {step.requests} requests, {step.not_modified} answered by 304\n"
            f"{step.night.summary()}"
        )
        say("Rows added: " + ", ".join(f"{name} {count}" for name, count in added.items()))
        for problem in step.night.problems:
            say(f"  failed: {problem}")
        yield step
