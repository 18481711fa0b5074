"""Speed of the gate and of extraction against a plain pipeline, paired on the same documents, on one core.

    python bench/extraction.py [--json] [--model NAME] [GOLD.jsonl...]

The baseline is what one would write in an afternoon: spaCy's small English model (`--model` names its package
or folder) if it is installed, otherwise `spacy.blank("en")` with the sentencizer, and dateparser's
`search_dates` on each sentence with a link word. It reads English only, so all documents are English ones.
Each document is read by both, one right after the other; times are processor time. The gate is measured on
the same documents.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import spacy

try:
    from dateparser.search import search_dates  # type: ignore[import-untyped]
except ImportError:
    search_dates = None

from extract.gate import could_state_policy
from extract.gold import read_gold
from extract.pipeline import extract_facts
from extract.records import Document, Lang

GOLD = Path(__file__).parents[1] / "tests" / "gold"
DOCUMENTS = 12  # the baseline needs seconds for what takes us milliseconds
GATE_ROUNDS = 5
LINK_WORDS = ("link", "url", "qr code")


def baseline(model: str) -> tuple[str, Callable[[str], object]]:
    """The plain pipeline and what it is made of."""
    try:
        nlp = spacy.load(model)
        name = f"{nlp.meta['lang']}_{nlp.meta['name']} {nlp.meta['version']}"
    except OSError:
        nlp, name = spacy.blank("en"), f'spacy.blank("en") + sentencizer ({model} is not installed)'
        nlp.add_pipe("sentencizer")
    if search_dates is None:
        name += ", without dates (dateparser is not installed)"

    def run(text: str) -> object:
        sentences = [s.text for s in nlp(text).sents if any(w in s.text.lower() for w in LINK_WORDS)]
        return [search_dates(s, languages=["en"]) for s in sentences] if search_dates else sentences

    return f"{name} + search_dates" if search_dates else name, run


def seconds(call: Callable[[], object]) -> float:
    begin = time.process_time()
    call()
    return time.process_time() - begin


def gate_speed(documents: Sequence[Document]) -> float:
    """Texts per second of the gate, best round."""
    for document in documents:
        could_state_policy(document.title, document.text)  # compiles what is compiled once
    rounds = [
        sum(seconds(lambda d=d: could_state_policy(d.title, d.text)) for d in documents)  # type: ignore[misc]
        for _ in range(GATE_ROUNDS)
    ]
    return len(documents) / min(rounds)


def paired(documents: Sequence[Document], other: Callable[[str], object]) -> tuple[list[float], list[float]]:
    """Seconds a document needs with us and with the baseline, one right after the other."""
    for document in documents:
        extract_facts(document)
    other(documents[0].text)
    pairs = [(seconds(lambda d=d: extract_facts(d)), seconds(lambda d=d: other(d.text))) for d in documents]  # type: ignore[misc]
    return [a for a, _ in pairs], [b for _, b in pairs]


def measure(paths: Sequence[Path], model: str) -> dict[str, Any]:
    gold = [a.document for path in paths for a in read_gold(path) if a.document.lang is Lang.EN]
    documents = gold[:: max(1, len(gold) // DOCUMENTS)][:DOCUMENTS]
    passed = [d for d in documents if could_state_policy(d.title, d.text)]
    name, other = baseline(model)
    ours, theirs = paired(passed, other)
    return {
        "baseline": name,
        "documents": len(passed),
        "mean_length": round(sum(len(d.text) for d in passed) / len(passed)),
        "gate_texts_per_second": round(gate_speed(documents)),
        "extraction_documents_per_second": round(len(passed) / sum(ours), 1),
        "baseline_documents_per_second": round(len(passed) / sum(theirs), 1),
        "times_as_fast": round(sum(theirs) / sum(ours), 1),
        "median_of_the_pairs": round(median(b / a for a, b in zip(ours, theirs, strict=True)), 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("gold", nargs="*", type=Path)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--model", default="en_core_web_sm", help="package or folder of a spaCy model")
    arguments = parser.parse_args()
    result = measure(arguments.gold or sorted(GOLD.glob("dev_en*.jsonl")), arguments.model)
    if arguments.json:
        print(json.dumps(result))
    else:
        for key, value in result.items():
            print(f"{key.replace('_', ' '):32} {value}")


if __name__ == "__main__":
    main()
