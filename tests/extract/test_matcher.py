"""The matcher finds what `re` finds: each pattern leftmost and longest, whole words in English."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extract.data import DataError
from extract.matcher import Matcher, alternatives, prefixes
from extract.records import Lang

_LETTER = st.sampled_from("abc")
_ATOM = st.one_of(
    _LETTER,
    st.sampled_from(
        ["[ab]", "[^a]", "[a-c]", r"\d", "(?:ab|c)", "(?:a|bc|)", "(a)", r"\b", "(?=a)", "(?!b)"]
    ),
)
_PIECE = st.tuples(_ATOM, st.sampled_from(["", "", "?", "+", "*?", "{2}", "{0,2}"])).map(
    lambda pair: pair[0] if pair[0] == r"\b" or pair[0].startswith(("(?=", "(?!")) else "".join(pair)
)
_SEQUENCE = st.tuples(_LETTER, st.lists(_PIECE, max_size=4)).map(lambda pair: pair[0] + "".join(pair[1]))
# one in some patterns begins with an element that may be missing, or with any letter at all
_OPEN = st.tuples(st.sampled_from(["b?", "[ab]?", "(?:c|ab)?", "[^c ]"]), _SEQUENCE).map("".join)
PATTERNS = st.lists(st.one_of(_SEQUENCE, _SEQUENCE, _OPEN), min_size=1, max_size=3).map("|".join)
TEXTS = st.text("aabbcc1 _-", max_size=30)


def expected(pattern: str, text: str, *, words: bool) -> list[tuple[int, int]]:
    """The longest match of any alternative at each place, from left to right without overlaps."""
    compiled = [
        re.compile(rf"(?<![a-z0-9_])(?:{a})(?![a-z0-9_])" if words else a) for a in alternatives(pattern)
    ]
    found, free = [], 0
    for at in range(len(text)):
        ends = [m.end() for c in compiled if (m := c.match(text, at))]
        if at >= free and ends and max(ends) > at:
            found.append((at, max(ends)))
            free = max(ends)
    return found


@settings(max_examples=300, deadline=None)
@given(st.lists(PATTERNS, min_size=1, max_size=4), TEXTS, st.sampled_from(list(Lang)))
def test_matches_are_those_of_re(patterns: list[str], text: str, lang: Lang) -> None:
    matcher = Matcher([("a", p) for p in patterns], lang)
    wanted = [
        (number, start, end)
        for number, pattern in enumerate(patterns)
        for start, end in expected(pattern, text, words=lang is Lang.EN)
    ]

    assert matcher.find(text) == wanted
    assert matcher.any(text) == bool(wanted)


@settings(max_examples=100, deadline=None)
@given(PATTERNS, TEXTS, st.sampled_from(list(Lang)))
def test_every_match_begins_with_a_prefix(pattern: str, text: str, lang: Lang) -> None:
    starts = tuple(start for a in alternatives(pattern) for start in prefixes(a, lang))

    for match in re.finditer(pattern, text):
        assert not match.group() or text[match.start() :].startswith(starts)


@pytest.mark.parametrize(
    ("pattern", "parts"),
    [
        ("a|b", ["a", "b"]),
        ("a(?:b|c)|d", ["a(?:b|c)", "d"]),
        (r"a\|b|c", [r"a\|b", "c"]),
        ("[|]|[]|]|[^]|]", ["[|]", "[]|]", "[^]|]"]),
    ],
)
def test_only_top_level_bars_split_a_pattern(pattern: str, parts: list[str]) -> None:
    assert alternatives(pattern) == parts


def test_english_patterns_match_whole_words_and_chinese_ones_anywhere() -> None:
    assert Matcher([("a", "link")], Lang.EN).find("link blink links link_1 re-link") == [
        (0, 0, 4),
        (0, 27, 31),
    ]
    assert Matcher([("a", "链接")], Lang.ZH).find("外链接口") == [(0, 1, 3)]


@pytest.mark.parametrize("pattern", ["(", ")", "[a", "a(b", "link(?P<a"])
def test_brackets_must_be_closed(pattern: str) -> None:
    with pytest.raises(re.error):
        alternatives(pattern)


@pytest.mark.parametrize("pattern", ["*a", "link(*a)", r"link\y", "link{2,1}"])
def test_a_bad_pattern_is_named(pattern: str) -> None:
    with pytest.raises(DataError, match=r"en\.x: pattern"):
        Matcher([("en.x", pattern)], Lang.EN).find("a link")


def test_no_patterns_find_nothing() -> None:
    assert Matcher([], Lang.EN).find("link") == []
    assert not Matcher([], Lang.ZH).any("链接")
