"""The cookbook's queries, programs and their results, read from its Markdown."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

import duckdb

COOKBOOK = Path(__file__).parents[2] / "docs" / "sql-cookbook.md"
_ENTRY = re.compile(r"^## \d+\. (.+?)\n\n```sql\n(.+?)\n```\n\n((?:\|[^\n]*\n)+)", re.MULTILINE | re.DOTALL)
_PROGRAM = re.compile(r"^```(sh|python)\n(.+?)^```\n\n```text\n(.+?)^```\n", re.MULTILINE | re.DOTALL)


def programs() -> list[tuple[str, str, str]]:
    """(language, program, output) of each way to open the file."""
    return _PROGRAM.findall(COOKBOOK.read_text(encoding="utf-8"))


def entries() -> list[tuple[str, str, str]]:
    """(question, SQL, table of results) of each entry."""
    return _ENTRY.findall(COOKBOOK.read_text(encoding="utf-8") + "\n")


def table(cursor: duckdb.DuckDBPyConnection) -> str:
    """A result as a Markdown table."""
    names = [column[0] for column in cursor.description or ()]
    rows = [[_cell(value) for value in row] for row in cursor.fetchall()]
    return "\n".join(f"| {' | '.join(row)} |" for row in [names, ["---"] * len(names), *rows])


def _cell(value: object) -> str:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return "" if value is None else str(value)
