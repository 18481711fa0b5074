"""How the time of one extraction grows with the length of texts made to upset a parser.

    python -m bench.growth [--json] [--characters 100000]

Run from the project's root. Each kind of text of `tests/extract/test_robustness.py` is read at an eighth of
the length and at the length; proportional growth is 8, squares would show 64. Times are processor time, the
best of two.
"""

from __future__ import annotations

import argparse
import json
import time

from extract.records import Lang
from tests.extract.test_robustness import EN_SENTENCE, HOSTILE, ZH_CLAUSE, extract_text

GROWTH = 8


def seconds(text: str, lang: Lang) -> float:
    begin = time.process_time()
    extract_text(text, lang)
    return time.process_time() - begin


def measure(name: str, characters: int) -> dict[str, str | float]:
    build, lang, n = HOSTILE[name]
    repetitions = max(GROWTH, n * characters // len(build(n)))
    short, long = (
        min(seconds(build(k), lang) for _ in range(2)) for k in (repetitions // GROWTH, repetitions)
    )
    return {"text": name, "seconds": round(long, 2), "growth": round(long / short, 1)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--characters", type=int, default=100_000)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    for lang in Lang:
        extract_text(f"{EN_SENTENCE} on 1 March 2022. {ZH_CLAUSE}自3月1日起", lang)
    for name in HOSTILE:
        row = measure(name, arguments.characters)
        print(json.dumps(row) if arguments.json else f"{name:28} {row['seconds']:8} s  x{row['growth']}")


if __name__ == "__main__":
    main()
