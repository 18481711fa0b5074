"""Dates in sentences of our own: every mention of a case is expected, and nothing else."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from extract.dates import find_dates
from extract.records import Lang

CASES = Path(__file__).parent / "cases"


def _shown(case: dict[str, Any], lang: Lang) -> list[dict[str, Any]]:
    """What is found, in the form of a case; roles only where the case tells one."""
    reference = date.fromisoformat(case["reference"]) if case["reference"] else None
    shown = []
    for at, mention in enumerate(find_dates(case["text"], reference, lang)):
        assert case["text"][mention.start : mention.end] == mention.text
        found = {
            "text": mention.text,
            "from": None if mention.value is None else str(mention.value),
            "to": None if mention.until is None else str(mention.until),
        }
        if at < len(case["mentions"]) and "role" in case["mentions"][at]:
            found["role"] = mention.role.value
        shown.append(found)
    return shown


@pytest.mark.parametrize("lang", list(Lang))
def test_cases(lang: Lang) -> None:
    lines = (CASES / lang.value / "dates.jsonl").read_text("utf-8").splitlines()
    cases = [json.loads(line) for line in lines]
    assert len(cases) >= 150
    wrong = [
        f"line {number}: {case['text']!r} on {case['reference']}: {found} instead of {case['mentions']}"
        for number, case in enumerate(cases, 1)
        if (found := _shown(case, lang)) != case["mentions"]
    ]
    assert not wrong, "\n".join(wrong)
