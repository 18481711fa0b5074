"""Dates: ours against dateparser's `search_dates`, paired on the same cases and the same documents.

Quality is the share of Recognizers-Text's date cases whose expected mention is overlapped by a found one
with an accepted day; each case is tried with both, so the difference is given as cases that only one of
them solves. Speed is processor time over the annotated documents beside the project.

    python bench/dates.py
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

try:
    from dateparser.search import search_dates  # type: ignore[import-untyped]
except ImportError:
    search_dates = None

from extract.dates import find_dates
from extract.records import Lang

SHARED = Path(__file__).parents[2] / "shared"
PEER = SHARED / "peer" / "recognizers-text"
FOLDERS = {Lang.ZH: "Chinese", Lang.EN: "English"}
# dateparser takes seconds for what we do in milliseconds: so many documents of each language are enough
SLOW_DOCUMENTS = 10

Finder = Callable[[str, date, Lang], Iterator[tuple[int, int, str]]]


def ours(text: str, reference: date, lang: Lang) -> Iterator[tuple[int, int, str]]:
    for mention in find_dates(text, reference, lang):
        yield mention.start, mention.end, "0001-01-01" if mention.value is None else str(mention.value)


def dateparsers(text: str, reference: date, lang: Lang) -> Iterator[tuple[int, int, str]]:
    settings = {"RELATIVE_BASE": datetime(reference.year, reference.month, reference.day)}  # noqa: DTZ001
    end = 0
    for words, moment in search_dates(text, languages=[lang.value], settings=settings) or ():
        start = max(text.find(words, end), 0)
        end = start + len(words)
        yield start, end, moment.date().isoformat()


def solved(find: Finder, lang: Lang) -> list[bool]:
    """Tell for each expected mention whether it was found and resolved."""
    outcomes = []
    cases: list[Any] = json.loads((PEER / FOLDERS[lang] / "DateParser.json").read_text("utf-8-sig"))
    for case in cases:
        reference = date.fromisoformat(case["Context"]["ReferenceDateTime"][:10])
        found = list(find(case["Input"], reference, lang))
        for expected in case["Results"]:
            start, end = expected["Start"], expected["Start"] + expected["Length"]
            values = expected["Value"]
            accepted = {values["FutureResolution"]["date"], values["PastResolution"]["date"]}
            outcomes.append(any(s < end and start < e and value in accepted for s, e, value in found))
    return outcomes


def documents(lang: Lang) -> list[str]:
    return [
        f"{record['title'] or ''}\n{record['text']}"
        for path in sorted((SHARED / "gold").glob(f"*_{lang.value}*.jsonl"))
        for record in map(json.loads, path.read_text("utf-8").splitlines())
    ]


def rate(find: Finder, texts: list[str], lang: Lang) -> float:
    """Give documents of 1,500 characters per second of processor time."""
    start = time.process_time()
    for text in texts:
        list(find(text, date(2022, 3, 1), lang))
    return sum(map(len, texts)) / 1500 / max(time.process_time() - start, 1e-9)


def main() -> None:
    finders: dict[str, Finder] = {"ours": ours}
    if search_dates is None:
        print("dateparser is not installed: nothing to compare with")
    else:
        finders["dateparser"] = dateparsers
    if not PEER.exists():
        print("The peer cases are not beside the project: quality is skipped")
    for lang in Lang:
        if PEER.exists():
            compare({name: solved(find, lang) for name, find in finders.items()}, lang)
        texts = documents(lang)
        for name, find in finders.items():
            some = texts if name == "ours" else texts[:SLOW_DOCUMENTS]
            if some:
                speed = rate(find, some, lang)
                print(f"{lang.value} {name}: {speed:.0f} documents of 1,500 characters/s ({len(some)} read)")


def compare(results: dict[str, list[bool]], lang: Lang) -> None:
    """Print what each solves, and what only one of them does."""
    for name, outcomes in results.items():
        print(f"{lang.value} {name}: {sum(outcomes)} of {len(outcomes)} peer cases")
    if len(results) == 2:
        pairs = list(zip(*results.values(), strict=True))
        only = pairs.count((True, False)), pairs.count((False, True))
        print(f"{lang.value} only ours: {only[0]}, only dateparser: {only[1]}")


if __name__ == "__main__":
    main()
