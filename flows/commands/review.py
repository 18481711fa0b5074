"""Commands by which a reviewer has the last word."""

from __future__ import annotations

import getpass
import json
from typing import Annotated, Any

import typer

from flows.commands.options import AsJson, Data, settings_for
from flows.console import say, show
from flows.stores import looking

app = typer.Typer(help="A reviewer's word on what was read; it outlives re-reading.", no_args_is_help=True)

Statement = Annotated[
    str, typer.Argument(metavar="ID", help="Id of a statement, or its beginning, or of a passage.")
]
Who = Annotated[str | None, typer.Option("--who", help="Who decides (the name you are logged in by).")]
Why = Annotated[str, typer.Option("--why", help="The reason, kept with the verdict.")]
Optional = Annotated[str, typer.Option("--why", help="A reason, kept with the verdict.")]

_LIST = ("id", "why", "need", "statement", "evidence", "title")


@app.command("list")
def list_queue(
    limit: Annotated[int, typer.Option(min=1, help="At most this many.")] = 30,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Show what needs a look: contradicting, unsure, single witness, and passages that gave no statement."""
    from flows.verdicts import id_of
    from warehouse.review import context, queue

    with looking(settings_for(data=data)) as connection:
        items = queue(connection, limit)
        around = [context(connection, item.document_id, item.start, item.end) for item in items]
    rows = [
        {
            "id": id_of(item),
            "document": item.document_id,
            "why": item.why,
            "need": round(item.need, 2),
            "statement": _statement(item),
            "evidence": f"{before}[{words}]{after}",
            "confidence": item.confidence,
            "title": item.title,
            "url": item.url,
        }
        for item, (before, words, after) in zip(items, around, strict=True)
    ]
    show(rows, _LIST, title="Needs a look", as_json=as_json, empty="nothing needs a look")


def _statement(item: Any) -> str:
    from flows.verdicts import fact_of

    if item.platform is None:
        return "none was read"
    fact = fact_of(item)
    dates = f" from {fact.effective_from or '?'}" + (f" to {fact.effective_to}" if fact.effective_to else "")
    region = f" in {fact.region}" if fact.region else ""
    return f"{fact.platform} {fact.surface} {fact.target} {fact.action}{dates}{region} ({fact.stage})"


@app.command()
def accept(statement: Statement, who: Who = None, why: Optional = "", data: Data = None) -> None:
    """Confirm a statement: it is right as it was read."""
    _judge(data, statement, "accept", who, why)


@app.command()
def reject(statement: Statement, why: Why, who: Who = None, data: Data = None) -> None:
    """Reject a statement: the text does not say so."""
    _judge(data, statement, "reject", who, why)


@app.command()
def correct(  # noqa: PLR0913, PLR0917 - one option a field
    statement: Statement,
    why: Why,
    platform: Annotated[str | None, typer.Option(help="Right platform.")] = None,
    surface: Annotated[str | None, typer.Option(help="Right surface.")] = None,
    target: Annotated[str | None, typer.Option(help="Right target.")] = None,
    action: Annotated[str | None, typer.Option(help="Right action: block, restrict or allow.")] = None,
    start: Annotated[
        str | None, typer.Option("--from", help="Right first day, month or year, or none.")
    ] = None,
    end: Annotated[str | None, typer.Option("--to", help="Right last day, month or year, or none.")] = None,
    region: Annotated[str | None, typer.Option(help="Right region, or none.")] = None,
    stage: Annotated[str | None, typer.Option(help="Right stage: decided, trial or proposed.")] = None,
    who: Who = None,
    data: Data = None,
) -> None:
    """Correct a statement: the text says something else, given by the options."""
    _judge(
        data, statement, "correct", who, why,
        platform=platform, surface=surface, target=target, action=action,
        effective_from=start, effective_to=end, region=region, stage=stage,
    )  # fmt: skip


@app.command()
def export(data: Data = None) -> None:
    """Print the documents that were judged, with the facts that stand now, as annotated documents."""
    from flows.verdicts import export as judged

    with looking(settings_for(data=data)) as connection:
        for record in judged(connection):
            say(json.dumps(record, ensure_ascii=False))


def _judge(data: Any, statement: str, decision: str, who: str | None, why: str, **right: Any) -> None:
    from flows.messages import headline_of
    from flows.night import utc_now
    from flows.verdicts import Word, judge

    word = Word(decision, who or getpass.getuser(), why, right)
    result = judge(settings_for(data=data), statement, word, utc_now())
    say(f"{len(result.changes)} changes of policy, {result.alerts} alerts queued; published")
    for change in result.changes:
        say(f"  {headline_of(change)}")
