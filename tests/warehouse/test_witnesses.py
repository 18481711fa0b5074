"""Reprints, wire copies and translations are one witness; independent texts are not."""

from __future__ import annotations

import json
import random
import re
from itertools import combinations
from pathlib import Path

import duckdb

from extract.records import Document, Extraction
from tests.warehouse.helpers import batch, fact, reading
from warehouse.load import load_batch

GOLD = Path(__file__).parents[1] / "gold"
LEADS = {
    "en": ["(Agency) - ", "This story first appeared elsewhere. ", "From our technology desk: "],
    "zh": ["本报讯 ", "转载自网络。", "记者从有关方面获悉,"],
}
TAILS = {
    "en": "\nSubscribe to our newsletter. Follow us for more stories like this one. All rights reserved.",
    "zh": "\n责任编辑:王某。关注我们的公众号,了解更多科技资讯。版权所有,侵权必究。",
}


def bases() -> list[tuple[str, str, str]]:
    """(language, title, text) of annotated documents, which were written independently of each other."""
    found = []
    for name in ("train_en1", "train_en2", "train_zh1", "train_zh2"):
        for line in (GOLD / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
            record = json.loads(line)
            if len(record["text"]) > 200:
                found.append((record["lang"], record["title"] or "", record["text"]))
    return found


def reprints(lang: str, title: str, text: str, rng: random.Random) -> list[tuple[str, str]]:
    """The same text as others print it: with a lead and a tail, cut short, lightly edited."""
    cut = text[: int(len(text) * 0.65)]
    if lang == "en":
        words = text.split(" ")
        for place in rng.sample(range(len(words)), len(words) // 20):
            words[place] = rng.choice(["reportedly", "also", "new", "the"])
        edited = " ".join(words)
    else:
        edited = re.sub("[,。]", lambda found: found.group() if rng.random() < 0.8 else "", text)
    return [
        (title, rng.choice(LEADS[lang]) + text + TAILS[lang]),
        (rng.choice(["", title[: len(title) // 2]]), cut + TAILS[lang]),
        (title, edited),
    ]


def document(lang: str, title: str, text: str) -> tuple[Document, Extraction]:
    return reading(text, fact(text, evidence=text[:20]), lang=lang, title=title)


def test_pairwise_f1_of_clusters(connection: duckdb.DuckDBPyConnection) -> None:
    rng = random.Random(3)  # noqa: S311
    truth: dict[str, int] = {}
    readings = []
    for family, (lang, title, text) in enumerate(bases()[::3]):
        for variant_title, variant in [(title, text), *reprints(lang, title, text, rng)]:
            truth[variant] = family
            readings.append(document(lang, variant_title, variant))
    rng.shuffle(readings)
    load_batch(connection, batch("n1", *readings[::2]))
    load_batch(connection, batch("n2", *readings[1::2], known="2022-02-24T03:00"))
    found = connection.execute("SELECT text, cluster_id FROM document").fetchall()
    pairs = [(truth[a[0]] == truth[b[0]], a[1] == b[1]) for a, b in combinations(found, 2)]
    right = pairs.count((True, True))
    precision = right / (right + pairs.count((False, True)))
    recall = right / (right + pairs.count((True, False)))
    f1 = 2 * precision * recall / (precision + recall)
    print(f"documents {len(found)}, precision {precision:.3f}, recall {recall:.3f}, F1 {f1:.3f}")  # noqa: T201
    assert f1 >= 0.9


def test_a_translation_of_a_notice_is_no_second_witness(connection: duckdb.DuckDBPyConnection) -> None:
    english, chinese = "Links to Taobao are blocked from 1 March.", "自3月1日起,屏蔽淘宝链接。"
    same, other = fact(english, start="2022-03-01"), fact(chinese, start="2022-03-01")
    load_batch(connection, batch("n1", reading(english, same, kind="notice", platform="kuaishou")))
    translated = reading(
        chinese, other, kind="notice", platform="kuaishou", lang="zh", published="2022-02-23"
    )
    load_batch(connection, batch("n2", translated, known="2022-02-24T03:00"))
    assert connection.execute("SELECT witnesses, observations FROM support").fetchall() == [(1, 2)]


def test_news_in_two_languages_are_two_witnesses(connection: duckdb.DuckDBPyConnection) -> None:
    english, chinese = "Links to Taobao are blocked from 1 March.", "自3月1日起,屏蔽淘宝链接。"
    same, other = fact(english, start="2022-03-01"), fact(chinese, start="2022-03-01")
    load_batch(connection, batch("n1", reading(english, same), reading(chinese, other, lang="zh")))
    assert connection.execute("SELECT witnesses FROM support").fetchall() == [(2,)]
