"""Cost of the warehouse on synthetic history: rebuild, nightly load, questions, publishing, beside the goals.

Usage: python -m bench.warehouse_speed OBSERVATIONS [--keys KEYS] [--directory DIRECTORY]

Without --keys there are fifty observations for each key (place and kind of link), so that the policy grows
with the observations; the size of what is published depends on the keys first.

Seconds are processor time of all threads, which other processes disturb least; those of the clock stand
beside them. Every figure is also given as a multiple of what the same machine needs in the same run for a
plain sort by one window and for a full scan of the observations, so that runs on different machines can be
compared. Rebuild and nightly load run in processes of their own, so that the peak memory is theirs. Goals are
the prototype's figures (10 million observations rebuilt in 8 s, taken as in proportion; 5,000 loaded in 0.5 s
and 13 ms more per million; questions answered in at most 60 ms), times 1.5, 2 and 2.
"""

from __future__ import annotations

import argparse
import datetime as dt
import random
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple, TypeVar

import duckdb

from extract.records import Action, Document, Extraction, Fact, Kind, Lang, PartialDate, Stage
from flows.stores import gazetteer
from warehouse.load import load_batch
from warehouse.policy import derive_touched
from warehouse.publish import publish
from warehouse.records import Batch, Cause
from warehouse.services import set_services
from warehouse.sql import set_variable
from warehouse.store import close, connect

T = TypeVar("T")
GENERATE = Path(__file__).with_name("warehouse_generate.sql").read_text(encoding="utf-8")
END_OF_HISTORY = dt.datetime.fromisoformat("2025-09-26")  # known time of run n999
END = dt.datetime.fromisoformat("2025-10-01T03:00")
WINDOW = (
    "SELECT sum(n) FROM "
    "(SELECT row_number() OVER (PARTITION BY key_id ORDER BY said_on, observation_id) AS n FROM observation)"
)
SCAN = "SELECT max(known_at), max(said_on), max(action), max(evidence_start) FROM observation"
ANSWER = "can_link('platform7', 'live', 'ecommerce', DATE '2024-05-01')"
QUESTIONS = {
    "policy_on": "SELECT count(*), count(url) FROM policy_on(DATE '2024-05-01')",
    "policy_asof": "SELECT count(*), count(url) FROM policy_asof(DATE '2024-05-01', TIMESTAMP '2025-09-30')",
    "can_link": f"FROM {ANSWER}",
    "timeline": "SELECT count(*) FROM timeline('platform7')",
    "policy_diff": "SELECT count(*) FROM policy_diff(DATE '2024-01-01', DATE '2024-07-01')",
    "evidence_of": f"FROM evidence_of((SELECT [evidence_id] FROM {ANSWER}))",  # noqa: S608
    "observation by id": f"FROM observation WHERE observation_id = (SELECT evidence_id FROM {ANSWER})",  # noqa: S608
}


class Cost(NamedTuple):
    """Seconds of processor time of all threads, and of the clock."""

    processor: float
    clock: float


class Yardstick(NamedTuple):
    """Processor seconds of a plain sort by one window, and of a scan of four columns."""

    plain_sort: float
    scan: float


def timed(work: Callable[[], object], times: int = 1) -> Cost:
    """Median cost of a piece of work."""
    taken = []
    for _ in range(times):
        processor, clock = time.process_time(), time.perf_counter()
        work()
        taken.append(Cost(time.process_time() - processor, time.perf_counter() - clock))
    return Cost(*(statistics.median(column) for column in zip(*taken, strict=True)))


def peak_memory() -> float:
    """Greatest resident memory of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def in_child(work: Callable[..., T], *arguments: object) -> T:
    """Run a function in a process of its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(work, *arguments).result()


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
    connection.execute("BEGIN")  # what is put aside is kept until the end of a load's transaction
    derive_touched(connection, every_key=True)
    connection.execute("COMMIT")


def ask(connection: duckdb.DuckDBPyConnection, question: str) -> list[tuple[object, ...]]:
    """Put a question and fetch the whole answer."""
    return connection.execute(question).fetchall()


def rebuilt(path: Path) -> tuple[Cost, float]:
    """Cost and peak memory (MB) of a rebuild."""
    with connect(path) as connection:
        cost = timed(partial(rebuild, connection))
        memory = peak_memory()
        close(connection)
    return cost, memory


def loaded(path: Path, keys: int) -> tuple[Cost, float]:
    """Median cost of three nights of 5,000 facts, and peak memory (MB)."""
    with connect(path) as connection:
        costs = [
            timed(partial(load_batch, connection, one))
            for one in [night(number, 5000, keys) for number in range(3)]
        ]
        memory = peak_memory()
        close(connection)
    return Cost(*(statistics.median(column) for column in zip(*costs, strict=True))), memory


def report(label: str, cost: Cost, unit: Yardstick, goal: float | None = None) -> None:
    """Print one line: seconds, multiples of the yardsticks, goal in seconds."""
    aim = "" if goal is None else f"  goal {goal:.3f} s"
    print(
        f"{label:32} {cost.processor:9.3f} s {cost.clock:9.3f} s by the clock "
        f"{cost.processor / unit.plain_sort:7.2f} x sort {cost.processor / unit.scan:8.2f} x scan{aim}",
        flush=True,
    )


def report_size(label: str, megabytes: float, goal: str) -> None:
    print(f"{label:32} {megabytes:9.0f} MB  goal {goal}", flush=True)


def generate(path: Path, observations: int, keys: int) -> Yardstick:
    """Make the history; returns what a plain sort and a scan of it take."""
    with connect(path) as connection:
        set_variable(connection, "n", observations)
        set_variable(connection, "keys", keys)
        connection.execute(GENERATE)
        set_services(connection, gazetteer())
        connection.execute("CHECKPOINT")
        plain_sort = timed(lambda: connection.execute(WINDOW).fetchall(), 3)
        scan = timed(lambda: connection.execute(SCAN).fetchall(), 3)
        close(connection)
    print(
        f"DuckDB {duckdb.__version__}, {observations:,} observations of {keys:,} keys, "
        f"{path.stat().st_size / 1e6:,.0f} MB"
    )
    print(
        f"plain sort by one window {plain_sort.processor:.3f} s ({plain_sort.clock:.3f} s by the clock), "
        f"scan of four columns {scan.processor:.4f} s",
        flush=True,
    )
    return Yardstick(plain_sort.processor, scan.processor)


def questions(connection: duckdb.DuckDBPyConnection, label: str, unit: Yardstick) -> None:
    for name, question in QUESTIONS.items():
        report(f"{label}{name}", timed(partial(ask, connection, question), 5), unit, 2 * 0.060)


def main(observations: int, keys: int, directory: Path) -> None:
    """Run everything in `directory`."""
    path = directory / "warehouse.duckdb"
    millions = observations / 1e6
    unit = in_child(generate, path, observations, keys)
    cost, memory = in_child(rebuilt, path)
    report("rebuild, rows and changes too", cost, unit, 1.5 * 0.8 * millions)
    report_size("  its peak memory", memory, f"about {220 * millions:.0f} (the prototype's)")
    cost, memory = in_child(loaded, path, keys)
    report("nightly load of 5,000 facts", cost, unit, 2 * (0.5 + 0.013 * millions))
    report_size("  its peak memory", memory, "under 1000")
    with connect(path) as connection:
        questions(connection, "", unit)
        close(connection)
    published: list[Path] = []
    report("publish, checks included", timed(lambda: published.append(publish(path, directory / "p"))), unit)
    report_size("published file", published[0].stat().st_size / 1e6, "tens, at 10 million")
    with duckdb.connect(str(published[0]), read_only=True) as analyst:
        questions(analyst, "published: ", unit)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("observations", nargs="?", type=int, default=1_000_000)
    parser.add_argument("--keys", type=int)
    parser.add_argument("--directory", type=Path)
    wanted = parser.parse_args()
    if wanted.directory:
        wanted.directory.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="linkpolicy-bench-", dir=wanted.directory) as temporary:
        main(wanted.observations, wanted.keys or max(wanted.observations // 50, 100), Path(temporary))
