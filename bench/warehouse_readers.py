"""Analysts query the published file while nights are loaded in a loop: see tests/warehouse/readers.py.

    python -m bench.warehouse_readers [SECONDS] [--analysts N] [--directory DIRECTORY]

Run from the project's root. Exit code 1 if an analyst met an error or a state that belongs to no single run.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.warehouse.readers import QUESTIONS, read_along


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seconds", nargs="?", type=float, default=300)
    parser.add_argument("--analysts", type=int, default=8)
    parser.add_argument("--directory", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="linkpolicy-readers-", dir=arguments.directory) as directory:
        path = Path(directory) / "warehouse.duckdb"
        found = read_along(path, arguments.analysts, nights=2, seconds=arguments.seconds)
    asked = found.connections * (len(QUESTIONS) + 2)
    print(
        f"{arguments.analysts} analysts, {arguments.seconds:.0f} s: {found.nights} nights published, "
        f"{len(found.runs)} of them seen, {found.connections} connections, {asked} queries"
    )
    print("\n".join(found.faults) or "no error, every answer from exactly one published run")
    sys.exit(bool(found.faults))


if __name__ == "__main__":
    main()
