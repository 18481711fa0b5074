"""Commands on the alert outbox."""

from __future__ import annotations

from typing import Annotated

import typer

from flows.commands.options import AsJson, Data, settings_for
from flows.console import say, show
from flows.errors import FailedError, InputError
from flows.stores import existing, looking, writing

app = typer.Typer(help="The alert outbox.", no_args_is_help=True)

_STATES = ("pending", "delivered", "dead")
_LIST = ("alert_id", "channel", "state", "attempts", "created", "next_attempt", "headline", "error")


@app.command("list")
def list_alerts(
    state: Annotated[str | None, typer.Option(help="Only this state: pending, delivered or dead.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most this many, the youngest first.")] = 100,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Show alerts with their state, attempts and last error."""
    from flows.later import is_reminder
    from flows.messages import headline_of
    from warehouse import outbox

    if state not in {None, *_STATES}:
        raise InputError(f"--state: {state!r} is not one of {', '.join(_STATES)}")
    settings = settings_for(data=data)
    with looking(settings) as connection:
        found = outbox.listing(connection, state=state, limit=limit)
    rows = [
        {
            "alert_id": alert.alert_id,
            "channel": alert.channel,
            "state": alert.state,
            "attempts": alert.attempts,
            "created": alert.created_at,
            "next_attempt": alert.next_attempt_at,
            "headline": headline_of(alert.change, reminder=is_reminder(alert)),
            "error": alert.last_error,
            "change_id": alert.change.change_id,
        }
        for alert in found
    ]
    show(rows, _LIST, title="Alerts", as_json=as_json, empty="no alerts")


@app.command()
def deliver(data: Data = None) -> None:
    """Send what waits in the outbox now."""
    from flows.lock import only_run
    from flows.night import deliver_alerts, utc_now

    settings = settings_for(data=data)
    existing(settings)
    with only_run(settings.state, wait=settings.busy == "wait"):
        result = deliver_alerts(settings, utc_now())
    say(f"{result.sent} alerts delivered")
    if result.problems:
        raise FailedError("; ".join(result.problems))


@app.command()
def retry(
    alert_ids: Annotated[
        list[str] | None, typer.Argument(metavar="[ALERT]...", help="Ids; without them, all dead alerts.")
    ] = None,
    channel: Annotated[str | None, typer.Option(help="Only alerts of this channel.")] = None,
    data: Data = None,
) -> None:
    """Put dead alerts back into the outbox; the next delivery sends them."""
    from flows.lock import only_run
    from warehouse import outbox

    settings, wanted = settings_for(data=data), set(alert_ids or ())
    existing(settings)
    with only_run(settings.state, wait=settings.busy == "wait"), writing(settings) as connection:
        count = outbox.retry(connection, tuple(wanted), channel)
    if count < len(wanted):
        unknown = f"{len(wanted) - count} of the ids are no dead alerts"
        raise InputError(f"{unknown}; {count} alerts wait for delivery again")
    say(f"{count} alerts wait for delivery again")
