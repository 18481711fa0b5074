"""Processor time of the warehouse on synthetic history: rebuild, nightly load, questions, publishing.

Usage: python bench/warehouse_speed.py OBSERVATIONS [DIRECTORY]

Every figure stands beside what the same machine needs in the same run for a plain sort by one window and for
a full scan of the observations, so that runs on different machines can be compared.
"""

from __future__ import annotations

import datetime as dt
import random
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import duckdb

from extract.records import Action, Document, Extraction, Fact, Kind, Lang, PartialDate, Stage
from warehouse.load import load_batch
from warehouse.policy import derive_touched
from warehouse.publish import publish
from warehouse.records import Batch, Cause
from warehouse.sql import set_variable
from warehouse.store import close, connect

GENERATE = Path(__file__).with_name("warehouse_generate.sql").read_text(encoding="utf-8")
END_OF_HISTORY = dt.datetime.fromisoformat("2025-09-26")  # known time of run n999
END = dt.datetime.fromisoformat("2025-10-01T03:00")
WINDOW = (
    "SELECT sum(n) FROM "
    "(SELECT row_number() OVER (PARTITION BY key_id ORDER BY said_on, observation_id) AS n FROM observation)"
)
SCAN = "SELECT max(known_at), max(said_on), max(action), max(evidence_start) FROM observation"
QUESTIONS = {
    "policy_on": "SELECT count(*), count(url) FROM policy_on(DATE '2024-05-01')",
    "policy_asof": "SELECT count(*), count(url) FROM policy_asof(DATE '2024-05-01', TIMESTAMP '2025-09-30')",
    "can_link": "FROM can_link('platform7', 'live', 'ecommerce', DATE '2024-05-01')",
    "timeline": "SELECT count(*) FROM timeline('platform7')",
    "policy_diff": "SELECT count(*) FROM policy_diff(DATE '2024-01-01', DATE '2024-07-01')",
}


def timed(work: Callable[[], object], times: int = 1) -> float:
    """Median seconds of processor time of a piece of work, all threads; other processes do not disturb it."""
    taken = []
    for _ in range(times):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return statistics.median(taken)


def night(number: int, facts: int, keys: int) -> Batch:
    """A night of `facts` new facts, twenty in each document, in words of their own."""
    rng = random.Random(number)  # noqa: S311
    known = END + dt.timedelta(days=number)
    readings = []
    for place in range(facts // 20):
        text = " ".join("".join(rng.choices("abcdefghijklmnop", k=6)) for _ in range(150))
        found = tuple(_fact(text, rng, keys, known.date()) for _ in range(20))
        url = f"https://new.example/{number}/{place}"
        document = Document("", Lang.EN, Kind.NEWS, known.date(), "News", text, url, "new")
        readings.append((document, Extraction("", found)))
    return Batch(f"bench{number}", known, Cause.CRAWL, readings=tuple(readings), extractor_version="v1")


def _fact(text: str, rng: random.Random, keys: int, day: dt.date) -> Fact:
    place = rng.randrange(keys)
    surface = ("all", "profile", "post", "comments", "message", "story", "ads", "video", "live")[
        place // 6 % 9
    ]
    target = ("external", "ecommerce", "social", "shorteners", "affiliate", "adult")[place % 6]
    start = PartialDate.of(day - dt.timedelta(days=rng.randrange(60))) if rng.random() < 0.5 else None
    at = rng.randrange(len(text) - 80)
    return Fact(
        f"platform{place // 54}", surface, target, rng.choice(list(Action)), start, None, None, Stage.DECIDED,
        text[at : at + 80], at, at + 80, ("rule",), 0.8,
    )  # fmt: skip


def rebuild(connection: duckdb.DuckDBPyConnection) -> None:
    """Derive everything and write it."""
    for name, value in (("run", "n999"), ("known", END_OF_HISTORY), ("cause", "technical")):
        set_variable(connection, name, value)
    connection.execute("CREATE OR REPLACE TEMP TABLE brought AS FROM observation LIMIT 0")
    derive_touched(connection, every_key=True)


def ask(connection: duckdb.DuckDBPyConnection, question: str) -> list[tuple[object, ...]]:
    return connection.execute(question).fetchall()


def report(label: str, seconds: float, plain_sort: float, scan: float) -> None:
    print(
        f"{label:32} {seconds:9.3f} s  {seconds / plain_sort:7.2f} x sort  {seconds / scan:8.2f} x scan",
        flush=True,
    )


def main(observations: int, directory: Path) -> None:
    path = directory / "warehouse.duckdb"
    with connect(path) as connection:
        set_variable(connection, "n", observations)
        connection.execute(GENERATE)
        connection.execute("CHECKPOINT")
        plain_sort = timed(lambda: connection.execute(WINDOW).fetchall(), 3)
        scan = timed(lambda: connection.execute(SCAN).fetchall(), 3)
        print(
            f"DuckDB {duckdb.__version__}, {observations:,} observations, {path.stat().st_size / 1e6:,.0f} MB"
        )
        print(f"plain sort by one window {plain_sort:.3f} s, scan of four columns {scan:.4f} s")
        report("rebuild, rows and changes too", timed(lambda: rebuild(connection)), plain_sort, scan)
        print(
            f"peak memory so far {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB",
            flush=True,
        )
        close(connection)
    with connect(path) as connection:
        keys = max(observations // 50, 100)
        nights = [night(number, 5000, keys) for number in range(3)]
        taken = [timed(partial(load_batch, connection, one)) for one in nights]
        report("nightly load of 5,000 facts", statistics.median(taken), plain_sort, scan)
        for name, question in QUESTIONS.items():
            report(name, timed(partial(ask, connection, question), 5), plain_sort, scan)
        close(connection)
    start = time.process_time()
    link = publish(path, directory / "published")
    report("publish, checks included", time.process_time() - start, plain_sort, scan)
    print(f"published file {link.resolve().stat().st_size / 1e6:,.0f} MB")
    with duckdb.connect(str(link), read_only=True) as analyst:
        for name, question in QUESTIONS.items():
            report(f"published: {name}", timed(partial(ask, analyst, question), 5), plain_sort, scan)


if __name__ == "__main__":
    wanted = int(float(sys.argv[1])) if len(sys.argv) > 1 else 1_000_000
    if len(sys.argv) > 2:
        main(wanted, Path(sys.argv[2]))
    else:
        with tempfile.TemporaryDirectory(prefix="linkpolicy-bench-") as temporary:
            main(wanted, Path(temporary))
