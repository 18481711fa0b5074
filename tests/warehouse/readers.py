"""Analysts query the published file while nights are loaded and published in a loop.

Every analyst is a process that connects, asks, and connects again. What must hold: no error; all that one
connection sees belongs to one run, and is what the warehouse itself answered after that run.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from hashlib import sha256
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Event
from pathlib import Path

import duckdb

from tests.warehouse.nights import PROCESSES, State, load, state
from warehouse.publish import LINK, publish
from warehouse.store import close, connect

THINKING = 1.0  # seconds between an analyst's questions: eight without rest leave the writer no processor
QUESTIONS = (
    "FROM can_link('kuaishou', 'comments', 'taobao', DATE '2022-03-15')",
    "FROM policy_on(DATE '2022-03-15')",
    "FROM policy_asof(DATE '2022-03-15', TIMESTAMP '2022-03-05')",
    "FROM policy_diff(DATE '2022-03-01', DATE '2022-04-01')",
    "FROM timeline('kuaishou')",
    "SELECT surface, count(*) FROM evidence GROUP BY ALL ORDER BY ALL",
)


@dataclass(slots=True)
class Findings:
    """What the analysts saw.

    Attributes:
        nights: nights published meanwhile.
        connections: how often an analyst connected.
        runs: the runs that were seen.
        faults: what must not be; empty is good.
    """

    nights: int = 0
    connections: int = 0
    runs: set[int] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)


def answers(connection: duckdb.DuckDBPyConnection) -> State:
    """The run and a digest of all answers, those of the views included."""
    number, digest = state(connection)
    told = [repr(connection.execute(question).fetchall()) for question in QUESTIONS]
    return number, f"{digest} {hash_of(told)}"


def hash_of(told: list[str]) -> str:
    """The same in every process, unlike hash()."""
    return sha256("\n".join(told).encode()).hexdigest()


def analyst(link: Path, stop: Event, mouth: Connection) -> None:
    """Ask, think, ask, and once after the last night. Sends a word after the first time, then what it saw."""
    seen: Counter[State] = Counter()
    faults: list[str] = []
    last = False
    while not last:
        last = stop.is_set()
        try:
            with duckdb.connect(str(link), read_only=True) as connection:
                first = answers(connection)
                if state(connection)[0] != first[0]:
                    faults.append(f"run {first[0]} changed under an open connection")
        except duckdb.Error as error:
            faults.append(f"{type(error).__name__}: {error}")
        else:
            seen[first] += 1
        if seen.total() + len(faults) == 1:
            mouth.send("asked")
        stop.wait(THINKING)
    mouth.send((seen, faults))


def read_along(path: Path, analysts: int, nights: int, seconds: float = 0) -> Findings:
    """Load and publish nights while analysts ask.

    Args:
        path: where the warehouse stands or is made.
        analysts: how many, each a process.
        nights: how many nights at least.
        seconds: for how long at least.
    """
    found, expected, stop = Findings(), {}, PROCESSES.Event()
    link = path.parent / "published" / LINK
    ears: list[Connection] = []
    begin = time.monotonic()
    while found.nights < nights or time.monotonic() < begin + seconds:
        found.nights += 1
        with connect(path) as connection:
            load(connection, found.nights)
            number, digest = answers(connection)
            expected[number] = digest
            close(connection)
        publish(path, link.parent)
        if not ears:
            ears = [_start(link, stop) for _ in range(analysts)]
            for ear in ears:
                ear.recv()
    stop.set()
    for seen, faults in [ear.recv() for ear in ears]:
        found.faults += faults
        found.connections += seen.total()
        found.runs |= {number for number, _ in seen}
        found.faults += [
            f"run {number}: not what the warehouse answered"
            for number, digest in seen
            if expected.get(number) != digest
        ]
    return found


def _start(link: Path, stop: Event) -> Connection:
    ear, mouth = PROCESSES.Pipe(duplex=False)
    PROCESSES.Process(target=analyst, args=(link, stop, mouth), daemon=True).start()
    mouth.close()
    return ear
