"""Whatever the text: facts or none, never an exception, true slices, and work in proportion to length."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extract.gold import document_of
from extract.pipeline import extract_facts
from extract.records import Document, Kind, Lang
from tests.extract.work import calls

# Pieces of policy statements in both languages among marks that upset parsers.
PIECES = (
    "TikTok", "抖音", "Etsy", "淘宝", "links to ", "链接",
    "blocked ", "屏蔽", "不再支持", "allowed ", "仍可", "live ", "直播间",
    "comments", "评论区", "from March 1", "自3月1日起", "2022年", "until 2023", "即日起", "today",
    ",", "，", "、", "; ", "；", "。",
    ". ", ": ", "\n", "\n- ", "1. ", "| ", "【", "】", "(", "（", ")", '"',
    "“", "’", "#", "and ", "和", "but ",
    "但", "except ", "除",
    "X ", "the ", "a", "İ", "ß", "ﬁ", "\u200f", "\u202e", "\u0301", "\u0600",
    "العربية", "עברית", "हिन्दी", "ไทย", "한국어", "カタカナ",
    "😀", "👩‍👩‍👧", "\U0010ffff", "\x00", "\x1b[0m", "\r\n", "\t", "\u2028", "\ufeff", "９", "①", "第三条",
)  # fmt: skip
NEAR = st.lists(st.sampled_from(PIECES), max_size=40).map("".join)
ANY = st.text(st.characters(), max_size=120)  # lone surrogates too
TEXTS = st.one_of(NEAR, NEAR, ANY, st.tuples(NEAR, ANY, NEAR).map("".join))


@settings(max_examples=120, deadline=None)
@given(
    text=TEXTS,
    title=st.one_of(st.just(""), NEAR, ANY),
    lang=st.sampled_from(list(Lang)),
    kind=st.sampled_from(list(Kind)),
    published=st.one_of(st.none(), st.dates()),
    platform=st.sampled_from([None, "tiktok", "nobody"]),
)
def test_any_text_gives_facts_or_none(  # noqa: PLR0917
    text: str, title: str, lang: Lang, kind: Kind, published: date | None, platform: str | None
) -> None:
    day = published.isoformat() if published else None
    document = document_of(
        {
            "id": "x",
            "lang": lang,
            "kind": kind,
            "published": day,
            "title": title,
            "text": text,
            "platform": platform,
        }
    )
    extraction = extract_facts(document)

    assert len(document.text) == len(text)
    document.text.encode()  # raises for what cannot be written
    for fact in extraction.facts:
        assert document.text[fact.start : fact.end] == fact.evidence != ""
    for missed in extraction.missed:
        assert 0 <= missed.start < missed.end <= len(text)
    assert extract_facts(document) == extraction


def extract_text(text: str, lang: Lang) -> None:
    extract_facts(Document("x", lang, Kind.NEWS, date(2022, 2, 23), "", text))


def unknown_name(number: int) -> str:
    """One of 390 million made-up names, different for each number."""
    syllables = []
    for _ in range(4):
        number, part = divmod(number, 70)
        syllables.append("bdfgklmnprstvz"[part // 5] + "aeiou"[part % 5])
    return "".join(syllables).capitalize()


EN_SENTENCE = "TikTok blocks links to Etsy in comments"
ZH_CLAUSE = "抖音直播间屏蔽淘宝链接，"
# each builds a text of about n repetitions
HOSTILE: dict[str, tuple[Callable[[int], str], Lang, int]] = {
    "link words": (lambda n: "link " * n, Lang.EN, 1500),
    "link words without a space": (lambda n: "链接" * n, Lang.ZH, 2000),
    "one English sentence": (lambda n: f"{EN_SENTENCE} and " * n, Lang.EN, 20),
    "one Chinese sentence": (lambda n: ZH_CLAUSE * n, Lang.ZH, 50),
    "sentences": (lambda n: f"{EN_SENTENCE}. " * n, Lang.EN, 20),
    "items": (lambda n: f"- {EN_SENTENCE}.\n" * n, Lang.EN, 20),
    "names in one sentence": (
        lambda n: f"Links to {', '.join(map(unknown_name, range(n)))} are blocked on TikTok.", Lang.EN, 1000,
    ),
    "a sentence for each name": (
        lambda n: " ".join(f"Links to {unknown_name(i)} end." for i in range(n)), Lang.EN, 25,
    ),
    "open quotes": (lambda n: '"link ' * n, Lang.EN, 2000),
    "right-to-left marks": (lambda n: "\u202elink\u202c\u200f " * n, Lang.EN, 2000),
    "open brackets": (lambda n: "link" + "(（" * n, Lang.ZH, 5000),
    "commas": (lambda n: "link" + "," * n, Lang.EN, 2000),
    "spaces": (lambda n: "link" + " " * n + "x", Lang.EN, 4000),
    "empty lines": (lambda n: "link" + "\n \n" * n, Lang.EN, 5000),
    "one word": (lambda n: "link " + "a" * n, Lang.EN, 20000),
    "one character": (lambda n: "链接" + "抖" * n, Lang.ZH, 10000),
    "digits": (lambda n: "link " + "1" * n, Lang.EN, 10000),
    "dates": (lambda n: "link 1 March 2022 " * n, Lang.EN, 50),
    "capitals": (lambda n: "link " + "Aaa " * n, Lang.EN, 2000),
    "headlines": (lambda n: "Link To Every Single Place\n" * n, Lang.EN, 200),
    "domains": (lambda n: "link a-b.c-d." * n, Lang.EN, 1000),
    "quoted names": (lambda n: "链接" + "“青麦圈”" * n, Lang.ZH, 1000),
    "one long title": (lambda n: "链接青麦圈公告" * n, Lang.ZH, 300),
}  # fmt: skip
GROWTH = 4
LINEAR = 6.0  # times the work for a text GROWTH times as long; squares would need 16


@pytest.fixture(scope="module", autouse=True)
def _warm() -> None:
    for lang in Lang:
        extract_text(f"{EN_SENTENCE} on 1 March 2022. {ZH_CLAUSE}自3月1日起", lang)


@pytest.mark.parametrize("name", HOSTILE)
def test_work_grows_with_length(name: str) -> None:
    """Calls are counted, which no busy machine changes; `bench/growth.py` measures the time."""
    build, lang, n = HOSTILE[name]
    short, long = (calls(lambda k=k: extract_text(build(k), lang)) for k in (n, n * GROWTH))  # type: ignore[misc]

    assert long < LINEAR * short, f"{short} calls -> {long} calls"
