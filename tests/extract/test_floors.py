"""Floors under the scores on annotated documents: no change of rules or weights may fall below them.

The weights that ship are trained on these very documents, so these are regression floors: they tell that
something broke, not how good the extractor is on texts it never saw (see docs/extraction.md).

To pin again after a change that raises scores, or with new documents or weights:

    LINKPOLICY_PIN=raise python -m pytest tests/extract/test_floors.py    # never lowers a floor
    LINKPOLICY_PIN=lower python -m pytest tests/extract/test_floors.py    # lowers too: say why in the commit
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest

from extract.evaluate import DOCUMENT, LEVELS, evaluate, total
from extract.gate import could_state_policy
from extract.gold import Annotated, read_gold
from extract.pipeline import extract_facts
from extract.records import Lang, Stage

GOLD = Path(__file__).parents[1] / "gold"
FLOORS = GOLD / "floors.json"
SHARE = 400  # every four hundredth document of a file, and of the largest fewer, which keeps the test short
MOST = 9  # documents of a file
MARGIN = 0.02  # a floor lies this far under what was measured

FILES = sorted(GOLD.glob("*.jsonl"))
STATING = [path for path in FILES if '"evidence"' in path.read_text(encoding="utf-8")]  # others have no F1
_PINNED: dict[str, Any] = json.loads(FLOORS.read_text(encoding="utf-8")) if FLOORS.exists() else {"sets": {}}


def fingerprint(path: Path) -> str:
    """Of a file's content, so that a floor is never held against other documents than it was set on."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def sample(path: Path) -> list[Annotated]:
    documents = read_gold(path)
    return documents[:: max(SHARE, len(documents) // MOST + 1)]


def measure(path: Path) -> dict[str, float]:
    documents = sample(path)
    tallies = total(evaluate(documents, extract_facts))
    return {level: round(tallies[level].f1, 3) for level in (*LEVELS, DOCUMENT)}


def pin(path: Path, measured: dict[str, float], *, lower: bool) -> None:
    """Write floors a little under the measured values; without `lower`, none sinks on the same documents."""
    content = json.loads(FLOORS.read_text(encoding="utf-8")) if FLOORS.exists() else {"sets": {}}
    before = content["sets"].get(path.stem, {})
    floors = {level: round(max(0.0, value - MARGIN), 3) for level, value in measured.items()}
    if not lower:
        floors = {
            level: max(value, before.get("floors", {}).get(level, 0.0)) for level, value in floors.items()
        }
    lang = sample(path)[0].document.lang.value
    content["sets"][path.stem] = {"lang": lang, "fingerprint": fingerprint(path), "floors": floors}
    content["sets"] = dict(sorted(content["sets"].items()))
    FLOORS.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


@pytest.mark.parametrize("path", STATING, ids=lambda path: path.stem)
def test_scores_stay_above_their_floors(path: Path) -> None:
    measured = measure(path)
    if wish := os.environ.get("LINKPOLICY_PIN"):
        assert wish in {"raise", "lower"}
        pin(path, measured, lower=wish == "lower")
        return
    pinned = _PINNED["sets"].get(path.stem)
    assert pinned is not None, f"{path.name} has no floors yet: see the head of this file"
    assert pinned["fingerprint"] == fingerprint(path), f"{path.name} has changed: its floors must be set anew"
    sunk = {
        level: (measured[level], floor)
        for level, floor in pinned["floors"].items()
        if measured[level] < floor
    }
    assert sunk == {}


def test_at_most_two_of_a_hundred_documents_without_a_fact_give_one() -> None:
    every = 1 if os.environ.get("LINKPOLICY_TEST_ALL") else 10  # all of them take five minutes more
    silent = [a.document for path in FILES for a in read_gold(path) if not a.facts][::every]
    told = [d.id for d in silent if any(f.stage is not Stage.PROPOSED for f in extract_facts(d).facts)]

    assert len(silent) > 250
    assert len(told) <= 0.02 * len(silent), told


def test_every_pinned_set_is_there() -> None:
    assert set(_PINNED["sets"]) <= {path.stem for path in FILES}
    assert {pinned["lang"] for pinned in _PINNED["sets"].values()} <= {"en", "zh"}


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
