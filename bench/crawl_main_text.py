"""F1 of the main text against trafilatura's own defaults, on scrapinghub/article-extraction-benchmark.

`python bench/crawl_main_text.py DIRECTORY`: the directory holds `ground-truth.json` and `html/*.html.gz`.
Scored as that benchmark does: shingles of four words, precision and recall averaged over the pages.
"""

from __future__ import annotations

import gzip
import json
import re
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from statistics import mean

import trafilatura

from crawlers.reading import main_lines

_WORD = re.compile(r"\w+")
FLOOR = 0.960


def shingles(text: str) -> Counter[tuple[str, ...]]:
    words = _WORD.findall(text)
    if len(words) < 4:
        return Counter([tuple(words)] if words else [])
    return Counter(tuple(words[start : start + 4]) for start in range(len(words) - 3))


def score(directory: Path, read: Callable[[str], str]) -> tuple[float, float, float, float]:
    """Return F1, precision, recall and pages per second."""
    truth = json.loads((directory / "ground-truth.json").read_text(encoding="utf-8"))
    precisions, recalls, seconds = [], [], 0.0
    for name, page in truth.items():
        html = gzip.decompress((directory / "html" / f"{name}.html.gz").read_bytes()).decode(
            "utf-8", "replace"
        )
        began = time.perf_counter()
        found = shingles(read(html))
        seconds += time.perf_counter() - began
        wanted = shingles(page["articleBody"])
        hits = (found & wanted).total()
        if found:
            precisions.append(hits / found.total())
        if wanted:
            recalls.append(hits / wanted.total())
    precision, recall = mean(precisions), mean(recalls)
    return 2 * precision * recall / (precision + recall), precision, recall, len(truth) / seconds


def default(html: str) -> str:
    return trafilatura.extract(html, include_comments=False, include_tables=True) or ""


def ours(html: str) -> str:
    return "\n".join(main_lines(html))


def main() -> int:
    directory = Path(sys.argv[1])
    print(f"{'':12} {'F1':>6} {'precision':>10} {'recall':>7} {'pages/s':>8}")
    best = 0.0
    for name, read in (("trafilatura", default), ("ours", ours)):
        best, precision, recall, speed = score(directory, read)
        print(f"{name:12} {best:6.4f} {precision:10.4f} {recall:7.4f} {speed:8.1f}")
    return 0 if best >= FLOOR else 1


if __name__ == "__main__":
    sys.exit(main())
