"""Kills the loading and publishing process again and again: see tests/warehouse/kills.py.

    python -m bench.warehouse_kills [KILLS] [--seed SEED] [--longest SECONDS] [--directory DIRECTORY]

Run from the project's root. Exit code 1 if anything was lost, doubled or left unreadable.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from pathlib import Path

from tests.warehouse.kills import PHASES, kill_often


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kills", nargs="?", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--directory", type=Path)
    parser.add_argument("--longest", type=float, default=4.0, help="seconds that a process lives at most")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="linkpolicy-kills-", dir=arguments.directory) as directory:
        rng = random.Random(arguments.seed)  # noqa: S311
        begin = time.monotonic()
        found = kill_often(Path(directory) / "warehouse.duckdb", arguments.kills, rng, arguments.longest)
    hit = ", ".join(f"{phase} {found.hit[phase]}" for phase in PHASES)
    print(f"{arguments.kills} kills ({hit}), {found.nights} nights, {time.monotonic() - begin:.0f} s")
    print("\n".join(found.faults) or "nothing lost, nothing doubled, the published file always whole")
    sys.exit(bool(found.faults))


if __name__ == "__main__":
    main()
