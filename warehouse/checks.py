"""Data checks: each file in `checks/` selects offending rows and must return none."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

_DIRECTORY = Path(__file__).parent / "checks"
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class CheckFailure:
    """A check that found something.

    Attributes:
        name: file name without `.sql`; the file says what is wrong and why it matters.
        reason: first comment line of the file.
        severity: `error` blocks publishing, `warn` does not.
        count: number of offending rows.
        rows: the first of them.
    """

    name: str
    reason: str
    severity: str
    count: int
    rows: tuple[dict[str, Any], ...]

    def __str__(self) -> str:
        return f"{self.name}: {self.reason} ({self.count} rows, first: {self.rows[0]})"


class CheckError(Exception):
    """Data that must not be published."""

    def __init__(self, failures: list[CheckFailure]) -> None:
        self.failures = failures
        super().__init__("; ".join(str(failure) for failure in failures))


def check_names() -> list[str]:
    """Names of all checks."""
    return sorted(path.stem for path in _DIRECTORY.glob("*.sql"))


def run_checks(connection: duckdb.DuckDBPyConnection) -> list[CheckFailure]:
    """Run every check; an empty list is good.

    Raises:
        duckdb.Error: a part of the file is damaged.
    """
    read_everything(connection)
    found = (run_check(connection, name) for name in check_names())
    return [failure for failure in found if failure is not None]


def read_everything(connection: duckdb.DuckDBPyConnection) -> None:
    """Read every value, so that a damaged block is found today and not when somebody needs it.

    DuckDB compares the checksum of a block when it reads it; no run reads them all otherwise.

    Raises:
        duckdb.Error: a block is not what was written.
    """
    tables = connection.execute("SELECT table_name FROM duckdb_tables() WHERE NOT temporary").fetchall()
    for (table,) in tables:
        connection.execute(f"SELECT bit_xor(hash(t)) FROM {table} t").fetchall()  # noqa: S608  our own names


def run_check(connection: duckdb.DuckDBPyConnection, name: str) -> CheckFailure | None:
    """Run one check. Its first line says what it finds; `-- warn:` marks one that blocks nothing."""
    sql = (_DIRECTORY / f"{name}.sql").read_text(encoding="utf-8")
    cursor = connection.execute(sql)
    columns = [column[0] for column in cursor.description or ()]
    rows = cursor.fetchall()
    if not rows:
        return None
    reason = sql.splitlines()[0].removeprefix("--").strip()
    severity = "warn" if reason.startswith("warn:") else "error"
    shown = tuple(dict(zip(columns, row, strict=True)) for row in rows[:_SHOWN])
    return CheckFailure(name, reason.removeprefix("warn:").strip(), severity, len(rows), shown)
