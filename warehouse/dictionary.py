"""The data dictionary, written from the comments in the schema."""

from __future__ import annotations

import duckdb

from warehouse.publish import TABLES
from warehouse.sql import rows
from warehouse.store import migrations

_INTRODUCTION = """# Data dictionary

Written from the comments in `warehouse/schema/` by `python -m warehouse.dictionary`; do not edit.
Times are UTC. Intervals are half-open; `9999-12-31` is an open end. Tables marked with a dagger (†) exist
only in the writer's file, all others in `published/policy.duckdb` too. There `document`, `observation`,
`policy`, `support` and `change` are views over tables `slim_...`, which keep each id once and may change from
version to version.
"""


def data_dictionary() -> str:
    """All views, macros, tables and columns with their comments, as Markdown."""
    with duckdb.connect() as connection:
        for _, _, sql in migrations():
            connection.execute(sql)
        parts = [_INTRODUCTION, "## Views\n"]
        parts += [
            f"### {name}\n\n{comment}\n\n{_columns(connection, name)}" for name, comment in _views(connection)
        ]
        parts += ["## Macros\n"]
        parts += [f"- `{call}`: {comment}" for call, comment in rows(connection, "dictionary_macros")]
        parts += ["\n## Tables\n"]
        for name, comment in rows(connection, "dictionary_tables"):
            mark = "" if name in TABLES else " †"
            parts.append(f"### {name}{mark}\n\n{comment}\n\n{_columns(connection, name)}")
    return "\n".join(parts).rstrip() + "\n"


def _views(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    return [(name, comment) for name, comment in rows(connection, "dictionary_views")]


def _columns(connection: duckdb.DuckDBPyConnection, table: str) -> str:
    lines = ["| column | type | meaning |", "| --- | --- | --- |"]
    for name, kind, comment in rows(connection, "dictionary_columns", {"table": table}):
        lines.append(f"| `{name}` | {kind} | {comment or ''} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    import sys

    sys.stdout.write(data_dictionary())
