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


def _cases() -> list[Any]:
    return [
        pytest.param(lang, json.loads(line), id=f"{lang.value}-{number}")
        for lang in Lang
        for number, line in enumerate((CASES / lang.value / "dates.jsonl").read_text("utf-8").splitlines(), 1)
    ]


@pytest.mark.parametrize(("lang", "case"), _cases())
def test_case(lang: Lang, case: dict[str, Any]) -> None:
    reference = date.fromisoformat(case["reference"]) if case["reference"] else None
    found = find_dates(case["text"], reference, lang)
    expected = case["mentions"]
    shown = [
        {
            "text": mention.text,
            "from": None if mention.value is None else str(mention.value),
            "to": None if mention.until is None else str(mention.until),
        }
        | ({"role": mention.role.value} if "role" in (expected[at] if at < len(expected) else {}) else {})
        for at, mention in enumerate(found)
    ]
    assert shown == expected
    for mention in found:
        assert case["text"][mention.start : mention.end] == mention.text
