"""Show records: a table on a terminal, tab-separated text in a pipe, JSON where asked for."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, is_dataclass
from datetime import date, datetime
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar

Row = Mapping[str, Any]
Progress = Callable[[int, int], None]  # how many are done, of how many
T = TypeVar("T")


def show(rows: Sequence[Row], columns: Sequence[str], *, title: str, as_json: bool, empty: str) -> None:
    """Print records in the form that the reader of stdout needs.

    Args:
        rows: the records; JSON gets all their fields, tables only `columns`.
        columns: fields to show, in order; `_` is printed as a blank.
        title: headline of the table on a terminal.
        as_json: print one JSON array.
        empty: what to say (on a terminal or in a pipe) when there are no rows.
    """
    if as_json:
        sys.stdout.write(to_json(list(rows), indent=1) + "\n")
    elif not rows:
        sys.stdout.write(empty + "\n")
    elif sys.stdout.isatty():
        _show_table(rows, columns, title)
    else:
        lines = ["\t".join(columns), *("\t".join(_cell(row.get(c)) for c in columns) for row in rows)]
        sys.stdout.write("\n".join(lines) + "\n")


def _show_table(rows: Sequence[Row], columns: Sequence[str], title: str) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title, title_justify="left", header_style="bold", row_styles=["", "dim"])
    for column in columns:
        wide = column in {"evidence", "sentence", "message", "headline", "error", "url"}
        table.add_column(column.replace("_", " "), overflow="fold", ratio=2 if wide else None)
    for row in rows:
        table.add_row(*(Text(_cell(row.get(column))) for column in columns))
    Console().print(table)


def _cell(value: Any) -> str:
    """Return one line of text; None is blank."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(_cell(item) for item in value)
    return " ".join(str(value).split())


def say(text: str) -> None:
    """Print one line of prose on stdout, at once: a long job may follow."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def unseen(_done: int, _of: int) -> None:
    """Show nothing."""


def counted(items: Iterable[T], of: int, progress: Progress) -> Iterator[T]:
    """Yield items and tell how many were yielded."""
    for number, item in enumerate(items, 1):
        yield item
        progress(number, of)


@contextmanager
def counting(what: str) -> Iterator[Progress]:
    """Give a function that shows how far a job is, on a terminal only."""
    if not sys.stderr.isatty():
        yield unseen
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(what, total=None)
        yield lambda done, of: progress.update(task, completed=done, total=of)


def warn(text: str) -> None:
    """Print one line on stderr."""
    sys.stderr.write(f"linkpolicy: {text}\n")


def to_json(value: Any, *, indent: int | None = None) -> str:
    """Return JSON text of records, dates, enums and paths; what is no number (NaN, infinity) is null."""
    return json.dumps(_jsonable(value), ensure_ascii=False, indent=indent, default=_plain, allow_nan=False)


def _jsonable(value: Any) -> Any:
    """Return a value without what JSON lacks: such numbers, and keys that are no text."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if is_dataclass(value) and not isinstance(value, type):
        return {name: _jsonable(getattr(value, name)) for name in value.__dataclass_fields__}
    if isinstance(value, Mapping):
        return {_key(key): _jsonable(item) for key, item in value.items()}
    if isinstance(value, set | frozenset):
        return [_jsonable(item) for item in sorted(value)]
    return [_jsonable(item) for item in value] if isinstance(value, list | tuple) else value


def _key(key: Any) -> str:
    if key is None or isinstance(key, bool):
        return json.dumps(key)
    return key if isinstance(key, str) else str(_plain(key))


def _plain(value: Any) -> Any:
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    return str(value) if isinstance(value, Path) or hasattr(value, "__str__") else repr(value)


def fields_of(record: Any) -> dict[str, Any]:
    """Return a frozen record's fields as a mapping, nested records too."""
    return asdict(record)
