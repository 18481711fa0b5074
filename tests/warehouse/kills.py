"""Kills the process that loads and publishes nights, and looks at what it leaves.

A child process loads one night after the other, delivers its alerts, publishes and exports; it is killed
(SIGKILL) at a random moment and started again where its last word says. What must hold: an acknowledged
night is there, once, and no other than the one that was under way; its delivered alerts are delivered; the
published file opens and holds exactly what an undisturbed warehouse holds after the same night.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path

import duckdb

from tests.warehouse.nights import FIRST, PROCESSES, State, load, state, undisturbed
from warehouse.checks import run_checks
from warehouse.outbox import delivered, due
from warehouse.publish import LINK, export, publish
from warehouse.store import close, connect

PHASES = ("load", "deliver", "checkpoint", "publish", "export")
UNSENT = "SELECT count(*) FROM alert JOIN run USING (run_id) WHERE number <= $sent AND state <> 'delivered'"


@dataclass(slots=True)
class Findings:
    """What the kills hit and what was wrong afterwards.

    Attributes:
        hit: number of kills by the phase that they fell into.
        nights: nights loaded in the end.
        faults: what must not be; empty is good.
    """

    hit: Counter[str] = field(default_factory=Counter)
    nights: int = 0
    faults: list[str] = field(default_factory=list)


def deliver(connection: duckdb.DuckDBPyConnection, number: int) -> None:
    """Note the night's alerts, and any left by a killed process, as delivered."""
    now = FIRST + timedelta(days=number, hours=1)
    for alert in due(connection, now):
        delivered(connection, alert.alert_id, now)


def work(path: Path, first: int, mouth: Connection) -> None:
    """Load, deliver, publish and export nights without end, saying what is begun."""
    for number in range(first, first + 1_000_000):
        mouth.send(("load", number))
        connection = connect(path)
        load(connection, number)
        mouth.send(("deliver", number))
        deliver(connection, number)
        mouth.send(("checkpoint", number))
        close(connection)
        mouth.send(("publish", number))
        link = publish(path, path.parent / "published")
        mouth.send(("export", number))
        export(link, path.parent / "export")


def kill_after(seconds: float, path: Path, first: int) -> list[tuple[str, int]]:
    """Start the work in a process of its own and kill it; what it said, phase and night."""
    ear, mouth = PROCESSES.Pipe(duplex=False)
    worker = PROCESSES.Process(target=work, args=(path, first, mouth))
    worker.start()
    mouth.close()
    said = [ear.recv()]
    time.sleep(seconds)
    worker.kill()
    worker.join()
    with suppress(EOFError):
        while True:
            said.append(ear.recv())
    return said


def kill_often(path: Path, kills: int, rng: random.Random, longest: float) -> Findings:
    """Kill, look, go on; then load the same nights undisturbed and compare every state that was seen.

    Args:
        path: where the warehouse stands or is made.
        kills: how often.
        rng: chooses the moments.
        longest: seconds that a process lives at most.
    """
    found = Findings()
    seen: list[tuple[str, State]] = []
    begun = dict.fromkeys(PHASES, 0)  # the last night that came so far, in any process
    for number in range(1, kills + 1):
        said = kill_after(rng.uniform(0, longest), path, begun["deliver"] + 1)
        begun |= dict(said)
        place = f"kill {number} ({said[-1][0]})"
        found.hit[said[-1][0]] += 1
        faults, states = _look(path, begun["deliver"], begun["checkpoint"], begun["export"])
        found.faults += [f"{place}: {fault}" for fault in faults]
        seen += [(f"{place}: {where}", state) for where, state in states.items()]
    found.nights = begun["deliver"]
    publish(path, path.parent / "published")
    expected = undisturbed(path.with_name("undisturbed.duckdb"), max(n for _, (n, _) in seen))
    found.faults += [
        f"{place}, run {number}: not what an undisturbed warehouse holds"
        for place, (number, digest) in seen
        if expected[number] != digest
    ]
    left = [file.name for file in (path.parent / "published").iterdir() if file.name.startswith(".")]
    found.faults += [f"left behind: {name}" for name in sorted(left)]
    return found


def _look(path: Path, acknowledged: int, sent: int, published: int) -> tuple[list[str], dict[str, State]]:
    """Open what a killed process left; what is wrong, and the states seen.

    The numbers are the last nights of which the process said so.
    """
    faults: list[str] = []
    states: dict[str, State] = {}
    with connect(path) as connection:
        states["warehouse"] = state(connection)
        runs = [row[0] for row in connection.execute("SELECT run_id FROM run ORDER BY number").fetchall()]
        nights = [f"n{number}" for number in range(1, len(runs) + 1)]
        if runs != nights or len(runs) not in {acknowledged, acknowledged + 1}:
            faults.append(f"{acknowledged} nights acknowledged, found {runs[-3:]} as last of {len(runs)}")
        unsent = connection.execute(UNSENT, {"sent": sent}).fetchone()
        if unsent != (0,):
            faults.append(f"{unsent} alerts of {sent} nights are waiting though delivered")
        faults += [str(failure) for failure in run_checks(connection) if failure.severity == "error"]
    link = path.parent / "published" / LINK
    if link.exists():
        with duckdb.connect(str(link), read_only=True) as analyst:
            states["published file"] = state(analyst)
    elif published:
        faults.append("the published file is gone")
    if states.get("published file", (0, ""))[0] < published:
        faults.append(f"the published file went back behind night {published}")
    return faults, states
