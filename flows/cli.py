"""The `linkpolicy` command: gathers the command groups and turns every error into one line."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Sequence

import typer
from typer.exceptions import TyperException

from extract.data import DataError
from flows.commands import alerts, documents, nights, operation, quality, review, sources, tables, upkeep
from flows.console import warn
from flows.errors import CommandError
from warehouse.records import HeldError, WarehouseError

_STOPPED = 128 + signal.SIGINT
_INTERRUPTED = "Query interrupted"  # what DuckDB makes of an interrupt while it works

app = typer.Typer(
    name="linkpolicy",
    help="Which platform lets its users link to whom, since when, on what evidence.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for module in (nights, documents, tables, operation, upkeep, quality):
    module.add_to(app)
app.add_typer(sources.app, name="sources")
app.add_typer(alerts.app, name="alerts")
app.add_typer(review.app, name="review")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and exit: 0 done, 1 done but something failed, 2 bad input."""
    # Leave in good order when told to: else the temporary Prefect server of a run would stay behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    try:
        code = app(args=arguments, prog_name="linkpolicy", standalone_mode=False)
        sys.stdout.flush()
    except (CommandError, WarehouseError, DataError, TyperException, OSError) as error:
        code = _explain(error)
        _let_go(error)
        return code
    except (KeyboardInterrupt, typer.Abort):
        return _stopped()
    except RuntimeError as error:
        if str(error) != _INTERRUPTED:
            raise
        return _stopped()
    if code == _STOPPED:  # what typer makes of an interrupt
        return _stopped()
    return code if isinstance(code, int) else 0


def _stopped() -> int:
    warn("stopped")
    return _STOPPED


def _explain(error: Exception) -> int:
    """Tell what ended a command in one line; return its exit code."""
    if isinstance(error, BrokenPipeError):
        # The reader of our output has left (`| head`): nobody is there to be told.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    if isinstance(error, TyperException):
        if said := " ".join(error.format_message().split()):  # nothing is left to say below a page of help
            context = getattr(error, "ctx", None)  # of the command that was misused
            warn(f"{said} ({context.command_path} --help)" if context else said)
        return error.exit_code
    if isinstance(error, OSError) and error.filename:
        warn(f"{error.filename}: {error.strerror}")
        return 2
    warn(str(error))
    if isinstance(error, HeldError):
        return 1  # nothing is wrong with what was asked
    return error.exit_code if isinstance(error, CommandError) else 2


def _let_go(error: BaseException | None) -> None:
    """Free what the frames of an error hold: Prefect's threads keep the error to the end of the process.

    A connection that is left in them makes DuckDB complain of leaks in forty lines when the process ends.
    """
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        traceback.clear_frames(error.__traceback__)
        error.__traceback__ = None
        error = error.__cause__ or error.__context__


if __name__ == "__main__":
    main()
