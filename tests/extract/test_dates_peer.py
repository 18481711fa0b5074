"""Share of Recognizers-Text's date cases that are found in their sentence and resolved right.

Criterion: among the mentions that overlap the expected offsets, one must have the exact value, at day
precision, of `FutureResolution.date` or `PastResolution.date`; for dates that do not exist (`0001-01-01`
there) a mention without a value is right. The span itself may be wider or narrower.
"""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from extract.dates import find_dates
from extract.records import Lang

PEER = Path(__file__).parents[3] / "shared" / "peer" / "recognizers-text"
NO_DATE = "0001-01-01"


def _cases(folder: str) -> list[Any]:
    path = PEER / folder / "DateParser.json"
    if not path.exists():
        pytest.skip(f"the Recognizers-Text cases are not beside the project: {path.name} of {folder}")
    cases: list[Any] = json.loads(path.read_text("utf-8-sig"))
    return cases


def _is_right(case: Any, expected: Any, lang: Lang) -> bool:
    reference = date.fromisoformat(case["Context"]["ReferenceDateTime"][:10])
    start, end = expected["Start"], expected["Start"] + expected["Length"]
    values = expected["Value"]
    accepted = {values["FutureResolution"]["date"], values["PastResolution"]["date"]}
    return any(
        (NO_DATE if mention.value is None else str(mention.value)) in accepted
        for mention in find_dates(case["Input"], reference, lang)
        if mention.start < end and start < mention.end
    )


@pytest.mark.parametrize(
    ("folder", "lang", "floor"), [("Chinese", Lang.ZH, 62 / 64), ("English", Lang.EN, 131 / 135)]
)
def test_peer_cases(folder: str, lang: Lang, floor: float) -> None:
    outcomes = [
        (case["Input"], _is_right(case, expected, lang))
        for case in _cases(folder)
        for expected in case["Results"]
    ]
    wrong = [text for text, right in outcomes if not right]
    assert 1 - len(wrong) / len(outcomes) >= floor, wrong


def test_peer_negatives_give_nothing() -> None:
    for case in _cases("English"):
        if not case["Results"]:
            reference = date.fromisoformat(case["Context"]["ReferenceDateTime"][:10])
            assert not find_dates(case["Input"], reference, Lang.EN), case["Input"]
