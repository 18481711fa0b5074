"""Reads scenario files, loads their nights into a real warehouse, prints what came of it as short lines."""

from __future__ import annotations

import random
import tomllib
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from extract.records import Action, Document, Extraction, Fact, Kind, Lang, PartialDate, Precision, Stage
from warehouse.load import load_batch
from warehouse.records import Batch, Cause, Change, SnapshotRow, State, partial

SCENARIOS = Path(__file__).parent / "scenarios"
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Scenario:
    file: str
    name: str
    why: str
    nights: list[list[Any]]
    policy: list[str]
    changes: list[list[str]]


def load_scenarios() -> list[Scenario]:
    return [
        Scenario(path.stem, **entry)
        for path in sorted(SCENARIOS.glob("*.toml"))
        for entry in tomllib.loads(path.read_text(encoding="utf-8"))["scenario"]
    ]


def filler(seed: str, lang: str) -> str:
    """Text that no two seeds share, so that documents are near-duplicates only where a scenario says so."""
    rng = random.Random(seed)  # noqa: S311
    if lang == "zh":
        return "".join(chr(0x4E00 + rng.randrange(5000)) for _ in range(120))
    return " ".join("".join(rng.choices(_LETTERS, k=7)) for _ in range(60))


def play_all(
    connection: duckdb.DuckDBPyConnection, scenarios: list[Scenario]
) -> dict[str, list[list[Change]]]:
    """Load the scenarios side by side, each on a platform of its own: all first nights, all second ones ...

    Returns:
        Platform -> changes of each night.
    """
    changes: dict[str, list[list[Change]]] = {f"p{place}": [] for place in range(len(scenarios))}
    for number in range(1, 1 + max(len(scenario.nights) for scenario in scenarios)):
        batches = [
            night_batch(number, scenario.nights[number - 1], f"p{place}")
            for place, scenario in enumerate(scenarios)
            if number <= len(scenario.nights)
        ]
        found = load_batch(connection, joined(number, batches)).changes
        for batch in batches:
            changes[batch.run_id].append([change for change in found if change.platform == batch.run_id])
    return changes


def joined(number: int, batches: list[Batch]) -> Batch:
    """The same night of several scenarios as one batch."""
    return Batch(
        f"night{number}", batches[0].known_at, Cause.CRAWL, (),
        tuple(row for batch in batches for row in batch.snapshots),
        tuple(pair for batch in batches for pair in batch.readings), extractor_version="v1",
    )  # fmt: skip


def as_list(entry: Any) -> list[dict[str, Any]]:
    return entry if isinstance(entry, list) else [entry]


def night_batch(number: int, night: list[Any], platform: str) -> Batch:
    """One night of a scenario: one document for each entry, known on a morning of June 2026."""
    known = datetime.fromisoformat("2026-06-05T03:00") + timedelta(days=number)
    readings, snapshots = [], []
    for place, entry in enumerate(night):
        document, extraction = one_reading(f"{number}.{place}", as_list(entry), platform)
        readings.append((document, extraction))
        if document.url:
            digest = f"sha256:{platform}{number}{place}"
            snapshots.append(
                SnapshotRow(document.url, "site", known, 200, "text/html", digest, "a.warc", place)
            )
    return Batch(platform, known, Cause.CRAWL, (), tuple(snapshots), tuple(readings), extractor_version="v1")


def one_reading(seed: str, says: list[dict[str, Any]], platform: str) -> tuple[Document, Extraction]:
    """A document whose first line holds the words of its facts."""
    first = says[0]
    lang = first.get("lang", "en")
    words = first.get("words", "Links are dealt with." if lang == "en" else "链接规则如下。")
    text = f"{words}\n{filler(platform + first.get('like', seed), lang)}"
    facts = tuple(
        Fact(
            platform, entry.get("surface", "live"), entry.get("target", "taobao"), Action(entry["action"]),
            PartialDate.parse(entry["from"]) if "from" in entry else None,
            PartialDate.parse(entry["to"]) if "to" in entry else None,
            entry.get("region"), Stage(entry.get("stage", "decided")), words, 0, len(words), ("test",), 0.9,
        )
        for entry in says
    )  # fmt: skip
    url = f"https://{platform}.example/{first['page']}" if "page" in first else None
    published = date.fromisoformat(first["on"]) if "on" in first else None
    source = first.get("source", "site" if url else None)
    document = Document("", Lang(lang), Kind(first.get("kind", "news")), published, "", text, url, source)
    return document, Extraction("", facts, (), published)


def policy_lines(connection: duckdb.DuckDBPyConnection, platform: str) -> list[str]:
    """What is believed at the end of one platform, one line for each interval."""
    rows = connection.execute(
        "SELECT surface, target, region, stage, action, valid_from, from_precision, valid_to, to_precision, "
        "authority, contested, resumed, witnesses FROM policy_history "
        "WHERE known_to = TIMESTAMP '9999-12-31' AND platform = $platform "
        "ORDER BY surface, target, region NULLS FIRST, stage, valid_from",
        {"platform": platform},
    ).fetchall()
    return [_policy_line(*row) for row in rows]


def _policy_line(  # noqa: PLR0917
    surface: str, target: str, region: str | None, stage: str, action: str, start: date, start_precision: str,
    end: date, end_precision: str | None, authority: str, contested: bool, resumed: bool, witnesses: int,
) -> str:  # fmt: skip
    where = (
        ""
        if (surface, target, region) == ("live", "taobao", None)
        else f"{surface}/{target}/{region or '-'}: "
    )
    what = action if stage == "decided" else f"{stage} {action}"
    marks = [name for name, on in (("contested", contested), ("resumed", resumed)) if on]
    span = _span(start, start_precision, None if end.year == 9999 else end, end_precision)
    return " ".join([f"{where}{what} {span} {authority} {witnesses}", *marks])


def _span(start: date, precision: str, end: date | None, end_precision: str | None) -> str:
    if end is None:
        return f"{_day(start, precision)} .."
    last = end - timedelta(days=1)
    return f"{_day(start, precision)} .. {last}{'~' if end_precision not in {'day', 'by'} else ''}"


def _day(day: date, precision: str) -> str:
    return f"by {day}" if precision == "by" else str(partial(day, Precision(precision)))


def change_line(change: Change) -> str:
    where = (change.surface, change.target, change.region)
    place = (
        ""
        if where == ("live", "taobao", None)
        else f" {change.surface}/{change.target}/{change.region or '-'}"
    )
    stage = "" if change.stage == "decided" else f" {change.stage}"
    return f"{change.kind}{place}{stage}: {_state(change.before)} -> {_state(change.after)}"


def _state(state: State | None) -> str:
    if state is None:
        return "nothing"
    return (
        f"{state.action} {_span(state.valid_from, state.from_precision, state.valid_to, state.to_precision)}"
    )
