"""Many patterns in one pass: alternatives are found by the letters they may begin with.

Trying some hundred patterns one after the other costs a scan of the text each. Here an Aho-Corasick
automaton holds every beginning of every alternative, and an alternative is tried only where one of its
beginnings stands (measured in `bench/extraction.py`).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from re import _constants as sre  # type: ignore[attr-defined]
from re import _parser as sre_parser  # type: ignore[attr-defined]
from typing import Any

import ahocorasick

from extract.data import DataError
from extract.records import Lang

_LENGTH = 6  # letters of a prefix
_MOST = 300  # prefixes of one alternative before it is indexed by fewer letters
_WORD = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_")


def alternatives(pattern: str) -> list[str]:
    """Split a pattern at its top-level `|`.

    Raises:
        re.error: a bracket is not closed or not opened. Whatever else may be wrong shows when the
            alternative is first tried: compiling all takes a second, and a short run needs few.
    """
    parts, depth, start, i, in_class = [], 0, 0, 0, False
    while i < len(pattern):
        char = pattern[i]
        if char == "\\":
            i += 2
            continue
        if in_class:
            in_class = char != "]"
        elif char == "[":
            in_class = True
            i += 1 + (pattern[i + 1 : i + 2] == "^")  # a bracket right after the opening one is literal
        elif char in "()":
            depth += 1 if char == "(" else -1
            if depth < 0:
                raise re.error("unbalanced parenthesis", pattern, i)
        elif char == "|" and depth == 0:
            parts.append(pattern[start:i])
            start = i + 1
        i += 1
    if depth or in_class:
        raise re.error("a bracket is not closed", pattern, len(pattern))
    return [*parts, pattern[start:]]


def _letters(members: Iterable[tuple[Any, Any]]) -> set[str]:
    """Characters of a class of letters and digits; empty if it is an open one."""
    found: set[str] = set()
    for kind, value in members:
        if kind is sre.LITERAL:
            found.add(chr(value))
        elif kind is sre.RANGE and value[1] - value[0] < 30:
            found.update(map(chr, range(value[0], value[1] + 1)))
        elif kind is sre.CATEGORY and value is sre.CATEGORY_DIGIT:
            found.update("0123456789")
        else:
            return set()
    return found


# (closed, open): beginnings after which anything may follow, and those that the next element continues
_Beginnings = tuple[set[str], set[str]]


def _step(item: tuple[Any, Any], length: int) -> _Beginnings:
    """What one element of a parsed pattern may begin with."""
    op, arg = item
    if op is sre.BRANCH:
        parts = [_sequence(branch, length) for branch in arg[1]]
        return set().union(*(c for c, _ in parts)), set().union(*(o for _, o in parts))
    if op in (sre.MAX_REPEAT, sre.MIN_REPEAT):
        least, most, inner = arg
        closed, open_ = _sequence(inner, length)
        if most > 1:
            closed, open_ = closed | open_, set()
        return closed, open_ | ({""} if least == 0 else set())
    if op is sre.SUBPATTERN:
        return _sequence(arg[3], length)
    letters = {chr(arg)} if op is sre.LITERAL else _letters(arg) if op is sre.IN else set()
    if op in (sre.AT, sre.ASSERT, sre.ASSERT_NOT):
        letters = {""}
    return (set(), letters) if letters else ({""}, set())


class _TooManyError(Exception):
    """More than _MOST beginnings: no use counting on."""


def _sequence(items: Iterable[tuple[Any, Any]], length: int) -> _Beginnings:
    closed: set[str] = set()
    open_: set[str] = {""}
    for item in items:
        if not open_:
            break
        item_closed, item_open = _step(item, length - min(map(len, open_)))
        if len(open_) * len(item_closed | item_open) > 10 * _MOST:
            raise _TooManyError
        closed |= {(a + b)[:length] for a in open_ for b in item_closed}
        grown = {(a + b)[:length] for a in open_ for b in item_open}
        closed |= {p for p in grown if len(p) == length}
        open_ = {p for p in grown if len(p) < length}
        if len(closed) + len(open_) > _MOST:
            raise _TooManyError
    return closed, open_


# A plain beginning, as most alternatives have; a last letter that may be left out does not count.
_PLAIN = re.compile(r"[^\\.^$*+?{}\[\]|()]+(?![*?{])")
_ENOUGH = {Lang.EN: 4, Lang.ZH: 2}  # letters of a plain beginning that need no closer look


@functools.cache  # the gate and the reading share many alternatives
def prefixes(alternative: str, lang: Lang, length: int = _LENGTH) -> frozenset[str]:
    """Every string of up to `length` characters that a match of an alternative may begin with; "" means any.

    Raises:
        re.error: it is no regular expression, and not told from its first letters.
    """
    plain = _PLAIN.match(alternative)
    if plain is not None and (len(plain[0]) >= _ENOUGH[lang] or plain[0] == alternative):
        return frozenset({plain[0][:length]})
    parsed = sre_parser.parse(alternative)
    while length:
        with suppress(_TooManyError):
            found = frozenset().union(*_sequence(parsed, length))
            if len(found) <= _MOST:
                return found
        length -= 1
    return frozenset({""})


class _Alternative:
    """One alternative of a pattern, compiled when it is first tried: most never are in a short run."""

    __slots__ = ("_compiled", "_plain", "_words", "name", "number", "source")

    def __init__(self, number: int, source: str, name: str, *, words: bool) -> None:
        self.number, self.name, self._words = number, name, words
        self._plain = source if _PLAIN.fullmatch(source) else None  # needs no expression
        self.source = rf"(?:{source})(?![a-z0-9_])" if words else source
        self._compiled: re.Pattern[str] | None = None

    def end(self, text: str, at: int) -> int:
        """Where its match at a place ends; -1 if there is none."""
        if self._plain is not None:
            end = at + len(self._plain)
            whole = not (self._words and text[end : end + 1] in _WORD)
            return end if whole and text.startswith(self._plain, at) else -1
        if self._compiled is None:
            try:
                self._compiled = re.compile(self.source)
            except re.error as error:
                raise DataError(f"{self.name}: pattern {self.source!r}: {error}") from error
        match = self._compiled.match(text, at)
        return match.end() if match is not None else -1


class Matcher:
    """Finds the matches of many patterns, each leftmost and longest, without overlaps within a pattern.

    Args:
        patterns: name (for errors) and regular expression of each.
        lang: language of the texts; English patterns match whole words.

    Raises:
        DataError: a pattern is no regular expression; by the searches too.
    """

    def __init__(self, patterns: Iterable[tuple[str, str]], lang: Lang) -> None:
        self.words = lang is Lang.EN
        index: dict[str, list[_Alternative]] = {}
        for number, (name, pattern) in enumerate(patterns):
            for source in alternatives(pattern):
                alternative = _Alternative(number, source, name, words=self.words)
                try:
                    beginnings = prefixes(source, lang)
                except re.error as error:
                    raise DataError(f"{name}: pattern {source!r}: {error}") from error
                for prefix in sorted(beginnings):
                    index.setdefault(prefix, []).append(alternative)
        self.always = index.pop("", [])
        self.automaton = ahocorasick.Automaton()
        for prefix, bucket in index.items():
            self.automaton.add_word(prefix, (len(prefix), tuple(bucket)))
        self.automaton.make_automaton()

    def _tries(self, plain: str) -> Iterator[tuple[int, Iterable[_Alternative]]]:
        """Positions with the alternatives that may match there."""
        if len(self.automaton):
            for last, (length, bucket) in self.automaton.iter(plain):
                at = last - length + 1
                if not (self.words and at and plain[at - 1] in _WORD):
                    yield at, bucket
        if self.always:
            for at in range(len(plain)):
                if not (self.words and (plain[at] == " " or (at and plain[at - 1] in _WORD))):
                    yield at, self.always

    def find(self, plain: str) -> list[tuple[int, int, int]]:
        """Matches as (pattern number, start, end), by pattern and start."""
        longest: dict[tuple[int, int], int] = {}
        for at, bucket in self._tries(plain):
            for alternative in bucket:
                end = alternative.end(plain, at)
                if end > longest.get((alternative.number, at), at):
                    longest[(alternative.number, at)] = end
        found: list[tuple[int, int, int]] = []
        number, free = -1, 0
        for (pattern, start), end in sorted(longest.items()):
            if pattern != number:
                number, free = pattern, 0
            if start >= free:
                found.append((pattern, start, end))
                free = end
        return found

    def any(self, plain: str) -> bool:
        """Whether any pattern matches anywhere."""
        return any(
            alternative.end(plain, at) >= 0 for at, bucket in self._tries(plain) for alternative in bucket
        )
