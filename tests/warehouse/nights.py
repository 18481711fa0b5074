"""Nights for the drivers that kill, read along and fill disks: small, all different, always the same."""

from __future__ import annotations

from datetime import datetime, timedelta
from multiprocessing import get_context
from pathlib import Path

import duckdb

from tests.warehouse.helpers import batch, fact, reading
from warehouse.load import load_batch
from warehouse.records import Batch
from warehouse.store import connect

# One process imports what takes long, the others are forked from it.
PROCESSES = get_context("forkserver")
PROCESSES.set_forkserver_preload(["warehouse.load", "warehouse.publish", "tests.warehouse.helpers"])

FIRST = datetime.fromisoformat("2022-03-01T03:00")
# The analyst's surface in one row: the run it belongs to, and a digest of every row of the views.
STATE = """
SELECT (SELECT coalesce(max(number), 0) FROM run), concat_ws(' ',
  (SELECT md5(string_agg(v::VARCHAR, chr(10) ORDER BY v::VARCHAR)) FROM policy_history v),
  (SELECT md5(string_agg(v::VARCHAR, chr(10) ORDER BY v::VARCHAR)) FROM policy_change v),
  (SELECT md5(string_agg(v::VARCHAR, chr(10) ORDER BY v::VARCHAR)) FROM evidence v))
"""
State = tuple[int, str]


def night(number: int) -> Batch:
    """One new rule, and one that is turned round every night."""
    text = f"Night {number}: links to Taobao are dealt with, links in comments too."
    known = FIRST + timedelta(days=number)
    return batch(
        f"n{number}",
        reading(
            text,
            fact(text, target=f"shop_{number}", start="2022-03-01"),
            fact(text, surface="comments", action=("allow", "block")[number % 2], start=f"{known:%Y-%m-%d}"),
            published=f"{known:%Y-%m-%d}",
        ),
        known=known.isoformat(),
    )


def load(connection: duckdb.DuckDBPyConnection, number: int) -> None:
    """Load a night; every change is for one channel."""
    load_batch(connection, night(number), lambda _: ["console"])


def undisturbed(path: Path, nights: int) -> dict[int, str]:
    """The digest after each night, loaded by one process without a break."""
    with connect(path) as connection:
        states = {0: state(connection)[1]}
        for number in range(1, nights + 1):
            load(connection, number)
            states[number] = state(connection)[1]
        return states


def state(connection: duckdb.DuckDBPyConnection) -> State:
    """The run and the digest that a connection sees."""
    [(number, digest)] = connection.execute(STATE).fetchall()
    return number, digest
