"""Floors under the scores on annotated documents: no change of rules or weights may fall below them.

The weights that ship are trained on these very documents, so these are regression floors: they tell that
something broke, not how good the extractor is on texts it never saw (see docs/extraction.md).

A set is all files of one language and manner (`train_en1`, `train_en2`, ...): ten documents of it are
read. Sums come out a little otherwise on another processor, so that a fact whose probability is close to the
threshold may be lost there: no floor sinks by one.

To pin again after a change that raises scores, or with new documents or weights:

    LINKPOLICY_PIN=raise python -m pytest tests/extract/test_floors.py    # never lowers a floor
    LINKPOLICY_PIN=lower python -m pytest tests/extract/test_floors.py    # lowers too: say why in the commit
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from extract.evaluate import DOCUMENT, LEVELS, Tally, evaluate, total
from extract.gate import could_state_policy
from extract.gold import Annotated, read_gold
from extract.pipeline import extract_facts
from extract.records import Lang, Stage

GOLD = Path(__file__).parents[1] / "gold"
FLOORS = GOLD / "floors.json"
READ = 10  # documents of a set, evenly spaced, which keeps the test short
SILENT = 256  # documents without a fact that are read, of all sets together
MARGIN = 0.02  # a floor lies this far under what would be measured with one right answer fewer

FILES = sorted(GOLD.glob("*.jsonl"))
SETS = {name: list(files) for name, files in groupby(FILES, lambda path: path.stem.rstrip("0123456789"))}
_PINNED: dict[str, Any] = json.loads(FLOORS.read_text(encoding="utf-8")) if FLOORS.exists() else {"sets": {}}


def fingerprint(files: Sequence[Path]) -> str:
    """Of the files' contents, so that a floor is never held against other documents than it was set on."""
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:16]


def sample(files: Sequence[Path]) -> list[Annotated]:
    documents = [document for path in files for document in read_gold(path)]
    return documents[:: -(-len(documents) // READ)]


def measure(files: Sequence[Path]) -> dict[str, Tally]:
    tallies = total(evaluate(sample(files), extract_facts))
    return {level: tallies[level] for level in (*LEVELS, DOCUMENT)}


def floor_under(tally: Tally) -> float:
    one_fewer = replace(tally, right=max(0, tally.right - 1), missed=tally.missed + 1)
    return round(max(0.0, one_fewer.f1 - MARGIN), 3)


def pin(name: str, measured: dict[str, Tally], *, lower: bool) -> None:
    """Write floors a little under the measured values; without `lower`, none sinks on the same documents."""
    content = json.loads(FLOORS.read_text(encoding="utf-8")) if FLOORS.exists() else {"sets": {}}
    before = content["sets"].get(name, {})
    floors = {level: floor_under(tally) for level, tally in measured.items()}
    if not lower:
        floors = {
            level: max(value, before.get("floors", {}).get(level, 0.0)) for level, value in floors.items()
        }
    content["sets"][name] = {"fingerprint": fingerprint(SETS[name]), "floors": floors}
    content["sets"] = {name: found for name, found in sorted(content["sets"].items()) if name in SETS}
    FLOORS.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


@pytest.mark.parametrize("name", SETS)
def test_scores_stay_above_their_floors(name: str) -> None:
    measured = measure(SETS[name])
    if wish := os.environ.get("LINKPOLICY_PIN"):
        assert wish in {"raise", "lower"}
        pin(name, measured, lower=wish == "lower")
        return
    pinned = _PINNED["sets"].get(name)
    assert pinned is not None, f"{name} has no floors yet: see the head of this file"
    assert pinned["fingerprint"] == fingerprint(SETS[name]), f"{name} has changed: set its floors anew"
    sunk = {
        level: (measured[level].f1, floor)
        for level, floor in pinned["floors"].items()
        if measured[level].f1 < floor
    }
    assert sunk == {}


def test_at_most_two_of_a_hundred_documents_without_a_fact_give_one() -> None:
    silent = [a.document for path in FILES for a in read_gold(path) if not a.facts]
    if not os.environ.get("LINKPOLICY_TEST_ALL"):  # all of them take ten minutes
        silent = silent[:: len(silent) // SILENT]
    told = [d.id for d in silent if any(f.stage is not Stage.PROPOSED for f in extract_facts(d).facts)]

    assert len(silent) >= SILENT
    assert len(told) <= 0.02 * len(silent), told


def test_every_pinned_set_is_there() -> None:
    assert set(_PINNED["sets"]) == set(SETS)


@pytest.mark.parametrize("lang", Lang)
def test_the_gate_loses_no_annotated_fact(lang: Lang) -> None:
    lost = [
        fact
        for path in FILES
        for a in read_gold(path)
        if a.document.lang is lang and not could_state_policy(a.document.title, a.document.text)
        for fact in a.facts
        if not fact.optional
    ]
    assert lost == []
