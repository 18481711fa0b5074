"""A year of nights with a frozen clock, killed at random moments: who was told what, when, and at what cost.

    python -m bench.year [--nights 365] [--kills 200] [--data /an/empty/directory] [--json]

Run from the project's root. The world and the driver are those of `tests/flows/year.py`; the crawl is played,
all else is real. A process that is killed is started anew and plays its night again. What a night takes is
told as processor time (`cpu`) and by the clock (`seconds`), which a shared machine stretches; the first night
of each process is left out. With `--kills 0` nothing comes between the nights.

Growth is told three times: as the files are, with the database's used blocks of 256 KiB in place of its file
(which grows in steps and keeps room), and with its rows written as Parquet (no steps at all). After the last
night some nights without any news tell what a night costs by itself.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from flows.settings import Settings
from tests.flows.killing import killed_nights
from tests.flows.year import World, content_of, judge, notices_of, play, settings_of

MONTH = 30
QUIET = 30  # nights without news after the last
# The published files are left out: three copies of the table, whatever the history.
AS_FILES = ("archive", "alerts", "state", "warehouse.duckdb")
AS_BLOCKS = ("archive", "alerts", "state", "blocks")
AS_ROWS = ("archive", "alerts", "state", "rows")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--nights", type=int, default=365)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="linkpolicy-year-") as place:
        data = given.data or Path(place)
        lines = []
        for line in killed_nights(data, given.nights, given.kills):
            lines.append(line)
            print(f"{line['night']}\t{line['cpu']:.2f} s\t{line['summary']}", file=sys.stderr, flush=True)
        report = measure(data, given.nights, lines)
    if given.json:
        print(json.dumps(report, indent=1))
    else:
        for name, value in report.items():
            print(f"{name.replace('_', ' '):34} {value}")


def measure(data: Path, nights: int, lines: Sequence[dict[str, Any]]) -> dict[str, Any]:
    world, settings = World(nights), settings_of(data)
    verdict = judge(settings, world)
    readable = [made for made in world.announcements if world.due(made) < nights]
    return {
        "nights": nights,
        "kills": lines[-1]["kills"],
        "true_changes": len(readable),
        "told_in_their_night": len(readable) - len(verdict.missed) - len(verdict.late),
        "told_late": [made.key for made in verdict.late],
        "not_told": [made.key for made in verdict.missed],
        "alerts": verdict.alerts,
        "false_alerts": list(verdict.false),
        "false_share": f"{len(verdict.false) / max(1, verdict.alerts):.1%}",
        "delivered_twice_under_one_id": verdict.doubled,
        "outages_told_after_nights": outages(world, notices_of(settings), lines),
        **costs(nights, lines, "cpu"),
        **costs(nights, lines, "seconds"),
        "kB_per_page_by_quarter_as_files": growth(lines, "bytes", AS_FILES),
        "kB_per_page_by_quarter_used_blocks": growth(lines, "content", AS_BLOCKS),
        "kB_per_page_by_quarter_rows": growth(lines, "content", AS_ROWS),
        "bytes_of_a_night_without_news": quiet_nights(settings, nights),
        "MB_at_the_end": {name: round(size / 1e6, 2) for name, size in lines[-1]["bytes"].items()},
        "MB_in_use_at_the_end": {name: round(size / 1e6, 2) for name, size in lines[-1]["content"].items()},
    }


def costs(nights: int, lines: Sequence[dict[str, Any]], clock: str) -> dict[str, str]:
    """What a night of the second and of the last month took at the median, and their ratio.

    The second, since in the first month most of the world is still to be met for the first time.
    """
    warm = [line for line in lines if not line["fresh"]]
    second = [line[clock] for line in warm if MONTH <= line["night"] < 2 * MONTH]
    last = [line[clock] for line in warm if line["night"] >= max(2 * MONTH, nights - MONTH)]
    if not second or not last:
        return {f"{clock}_last_month_to_second": "unknown: too few nights"}
    early, late = statistics.median(second), statistics.median(last)
    return {
        f"{clock}_of_a_night_second_month": f"{early:.2f} s",
        f"{clock}_of_a_night_last_month": f"{late:.2f} s",
        f"{clock}_last_month_to_second": f"{late / early:.2f}",
    }


def outages(world: World, headlines: Sequence[str], lines: Sequence[dict[str, Any]]) -> dict[str, int | None]:
    """Nights from the first broken one to the notice, both counted; None if none came."""
    told: dict[str, int | None] = {}
    for source, start, _ in world.outages:
        wanted = f"Source {source} is broken"
        nights = [
            next((line["night"] for line in lines if line["notices"] > number), None)
            for number, headline in enumerate(headlines)
            if headline.startswith(wanted)
        ]
        after = [night - start + 1 for night in nights if night is not None and night >= start]
        told[f"{source} from night {start}"] = min(after, default=None)
    return told


def growth(lines: Sequence[dict[str, Any]], measure: str, names: Sequence[str]) -> list[float]:
    """Kilobytes that each new or changed page added, in each quarter of the nights."""
    marks = [lines[min(len(lines) - 1, len(lines) * quarter // 4)] for quarter in range(5)]
    pages = [sum(line["pages"] for line in lines if line["night"] <= mark["night"]) for mark in marks]
    sizes = [sum(mark[measure].get(name, 0) for name in names) for mark in marks]
    return [round((sizes[n + 1] - sizes[n]) / max(1, pages[n + 1] - pages[n]) / 1e3, 2) for n in range(4)]


def quiet_nights(settings: Settings, nights: int) -> dict[str, int]:
    """Bytes that each of some nights without news adds, by what keeps them."""
    quiet = World(0)  # the same sources, all in reach, with nothing new
    sizes = [content_of(settings)]
    for day in range(nights, nights + QUIET):
        play(settings, quiet, day)
    sizes.append(content_of(settings))
    return {name: round((sizes[1][name] - size) / QUIET) for name, size in sizes[0].items()}


if __name__ == "__main__":
    main()
