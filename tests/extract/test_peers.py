"""Real pages beside the project: news that states no policy gives no facts, annotated seeds give theirs.

The texts belong to others and are not copied here; `LINKPOLICY_PEER` names their directory, otherwise a
directory `shared/peer` beside the project is used.
"""

from __future__ import annotations

import json
import os
from datetime import date
from pathlib import Path

import pytest

from extract.evaluate import evaluate, total
from extract.gold import read_gold
from extract.pipeline import extract_facts
from extract.records import Document, Kind, Lang

SHARED = Path(__file__).parents[3] / "shared"
PEER = Path(os.environ.get("LINKPOLICY_PEER", SHARED / "peer"))
TRUTH = PEER / "article-extraction-benchmark" / "ground-truth.json"
SEEDS = SHARED / "gold" / "seeds.jsonl"


# Every sixth of the many pages is read; LINKPOLICY_TEST_ALL=1 reads all of them, a minute more.
STEP = 1 if os.environ.get("LINKPOLICY_TEST_ALL") else 6


def test_at_most_one_of_181_real_pages_yields_a_fact() -> None:
    if not TRUTH.exists():
        pytest.skip(f"the pages of article-extraction-benchmark are not at {TRUTH.parent}")
    pages = json.loads(TRUTH.read_text(encoding="utf-8"))
    found = {}
    for name, page in list(pages.items())[::STEP]:
        document = Document(name, Lang.EN, Kind.NEWS, date(2019, 6, 1), "", page["articleBody"])
        if facts := extract_facts(document).facts:
            found[name] = [(f.platform, f.surface, f.target, f.action.value, f.evidence) for f in facts]

    assert len(pages) > 100
    assert len(found) <= 1, found


def test_the_seed_pages_are_read_right() -> None:
    if not SEEDS.exists():
        pytest.skip(f"the seed pages are not at {SEEDS.parent}")
    tallies = total(evaluate(read_gold(SEEDS), extract_facts))

    assert tallies["core"].f1 >= 0.80, tallies
