"""Options that several commands share."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from extract.records import Lang
from flows.errors import InputError

if TYPE_CHECKING:
    from flows.settings import Settings

Data = Annotated[
    Path | None, typer.Option("--data", metavar="DIR", help="Data directory (LINKPOLICY_DATA, else ./data).")
]
Sources = Annotated[
    Path | None,
    typer.Option(
        "--sources", metavar="DIR", help="Source declarations (LINKPOLICY_SOURCES, else the bundled ones)."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Paths = Annotated[
    list[Path], typer.Argument(metavar="PATH...", help="Files to read; - is JSON lines on stdin.")
]

Published = Annotated[
    str | None,
    typer.Option("--published", metavar="DATE", help="Publication day of documents that give none."),
]
Language = Annotated[
    str | None, typer.Option("--lang", metavar="L", help="Language of documents that give none: en or zh.")
]


def settings_for(**given: Path | str | None) -> Settings:
    """Read the settings, those given on the command line before those of the environment.

    Imported here, since the library that checks them costs a quarter of the time of a start, and not every
    command has settings.

    Raises:
        InputError: a value is not allowed.
    """
    from flows.settings import load_settings

    return load_settings(**given)


def day(text: str | None, option: str) -> date | None:
    """Read a day given on the command line.

    Raises:
        InputError: it is no ISO date.
    """
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InputError(f"{option}: {text!r} is not a date like 2022-03-01") from None


def language(text: str | None) -> Lang | None:
    """Read a language given on the command line.

    Raises:
        InputError: it is not known.
    """
    try:
        return Lang(text) if text is not None else None
    except ValueError:
        raise InputError(f"--lang: {text!r} is not one of {', '.join(Lang)}") from None
