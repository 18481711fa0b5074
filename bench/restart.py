"""The machine goes down in the middle of a night and comes up again: is anything lost, or told twice?

    python -m bench.restart [--rounds 10] [--kills 2] [--seed 1] [--flow]

Run from the project's root. Each round plays two nights over the sample sites with crawl processes; with
`--flow` by the real command, under Prefect and its temporary server. All of a night's processes are killed at
one random moment, and what another boot leaves is put there: a lock and a running night that name a process
that lives (it is somebody else's now), files half written, the last bytes of unfinished archive files lost.
Then the night is started again. In the end the published table, the changes and the alerts must be those of
nights that nobody disturbed, or the exit code is 1. What a loss of power may do beyond this (blocks that the
disk had promised to keep) cannot be played.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from flows.progress import running
from flows.sample import EDITIONS, write_sources
from flows.sample.server import SampleServer
from flows.settings import Settings

TOLD = "SELECT platform, surface, target, kind, effect FROM change ORDER BY ALL"
HELD = "SELECT platform, surface, target, action, valid_from, valid_to FROM policy ORDER BY ALL"
LONGEST = 300.0  # seconds that a night may take here


PLAIN = """
from flows.run import PlainStages, run_night
from flows.settings import load_settings
run_night(load_settings(), (), PlainStages())
"""


@dataclass
class Machine:
    """Where nights are played, and what came of it.

    Attributes:
        command: plays one night.
        usual: seconds from a night's first sign of life to its end.
        stages: at which the kills came.
    """

    server: SampleServer
    command: Sequence[str]
    chance: random.Random
    usual: float = 0.0
    kills: int = 0
    processes: list[int] = field(default_factory=list)
    stages: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--kills", type=int, default=2, help="of each night")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--flow", action="store_true")
    given = parser.parse_args()
    command = [sys.executable, *(("-m", "flows.cli", "run") if given.flow else ("-c", PLAIN))]
    chance = random.Random(given.seed)  # noqa: S311 - a game, not a secret
    with tempfile.TemporaryDirectory(prefix="linkpolicy-restart-") as place, SampleServer() as server:
        machine = Machine(server, command, chance)
        wanted = play(machine, Path(place) / "calm", 0)
        for number in range(given.rounds):
            found = play(machine, Path(place) / f"round-{number}", given.kills)
            if found != wanted:
                machine.faults.append(f"round {number}: differs from nights that nobody disturbed")
            print(f"round {number}: {machine.kills} kills so far, faults {machine.faults}", flush=True)
    print(f"{machine.kills} restarts; processes killed at once: {sorted(machine.processes)}")
    print(f"stages at which they came: {dict(machine.stages)}")
    print("\n".join(machine.faults) or "nothing lost, nothing doubled")
    sys.exit(bool(machine.faults))


def play(machine: Machine, data: Path, kills: int) -> list[object]:
    """Play both nights, each killed so often; return what is known and told in the end."""
    settings = Settings(data=data)
    write_sources(data / "sources", machine.server.base_url)
    for edition in EDITIONS:
        machine.server.edition = edition
        for _ in range(kills):
            _go_down(machine, settings)
            _come_up(machine, settings)
        night = _start(machine, data)
        _wait_for_life(night, settings)
        begun = time.monotonic()
        code = night.wait(LONGEST)
        machine.usual = max(machine.usual, 0.0 if kills else time.monotonic() - begun)
        if code != 0:
            machine.faults.append(f"{data.name}, {edition}: a night ended with exit code {code}")
        if running(settings.state) is not None:
            machine.faults.append(f"{data.name}, {edition}: a night that is over is shown as running")
    return _state(machine, settings)


def _start(machine: Machine, data: Path) -> subprocess.Popen[bytes]:
    environment = os.environ | {
        "LINKPOLICY_DATA": str(data),
        "LINKPOLICY_SOURCES": str(data / "sources"),
        "LINKPOLICY_ALERT_MAX_AGE_DAYS": "36500",
    }
    return subprocess.Popen(
        machine.command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def _wait_for_life(night: subprocess.Popen[bytes], settings: Settings) -> None:
    """Wait until a night has begun: before that there is nothing to lose."""
    while night.poll() is None and ((seen := running(settings.state)) is None or not seen.alive):
        time.sleep(0.02)


def _go_down(machine: Machine, settings: Settings) -> None:
    """Start a night and end all of its processes at once, at a random moment."""
    night = _start(machine, settings.data)
    _wait_for_life(night, settings)
    with suppress(subprocess.TimeoutExpired):
        night.wait(machine.chance.random() * machine.usual)
        return  # it was faster than this moment
    family = _stopped(night.pid)
    seen = running(settings.state)
    for process in family:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
    night.wait()
    machine.kills += 1
    machine.processes.append(len(family))
    machine.stages[seen.stage if seen else "over"] += 1


def _stopped(root: int) -> list[int]:
    """Stop a process and all that descend from it, so that none sees another go; return their numbers."""
    found: list[int] = []
    new = [root]
    while new:
        for process in new:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGSTOP)
        found += new
        new = [child for child, parent in _parents().items() if parent in found and child not in found]
    return found


def _parents() -> dict[int, int]:
    parents = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parents[int(path.parent.name)] = int(path.read_text().rpartition(")")[2].split()[1])
    return parents


def _come_up(machine: Machine, settings: Settings) -> None:
    """Put there what another boot leaves behind; what is shown of it must be the truth."""
    for path in settings.archive.glob("*.part"):
        size = path.stat().st_size
        os.truncate(path, size - machine.chance.randint(0, min(size, 4096)))
    if not settings.state.is_dir():
        return
    begun = settings.state / "running.jsonl"
    seen = running(settings.state)
    if seen is not None:
        begun.write_text(begun.read_text().replace(f'"process": {seen.process}', f'"process": {os.getpid()}'))
    (settings.state / "run.lock").write_text(f"{os.getpid()}\n")
    (settings.state / "nights.jsonl.part").write_text('{"run_id": "2022')
    settings.published.mkdir(exist_ok=True)
    (settings.published / f".policy-000009.duckdb.{os.getpid()}.tmp").write_bytes(b"\0" * 10_000)
    again = running(settings.state)
    if again is not None and again.alive:
        machine.faults.append(f"{settings.data.name}: a night that was killed is shown as alive")


def _state(machine: Machine, settings: Settings) -> list[object]:
    lines = [
        json.loads(line) for line in settings.alerts_log.read_text(encoding="utf-8").splitlines() if line
    ]
    ids = [line["id"] for line in lines]
    if len(ids) != len(set(ids)):
        machine.faults.append(f"{settings.data.name}: an alert was told twice under one id")
    with duckdb.connect(str(settings.published_file.resolve()), read_only=True) as connection:
        tables: list[object] = [connection.execute(query).fetchall() for query in (TOLD, HELD)]
    return [*tables, Counter(line["headline"] for line in lines)]


if __name__ == "__main__":
    main()
