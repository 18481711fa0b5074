"""Find where dates are written: one pass over the possible beginnings, longest rule wins."""

from __future__ import annotations

import re
from collections.abc import Iterator

from extract.dates.read import read_match
from extract.dates.records import Span
from extract.dates.rules import DateRule, Rules
from extract.records import Lang

_VERBS = {"may", "march", "mar"}
_CAPITALISED = {"month_name", "weekday", "weekday_short"}
# An English mention begins at a word or a number; in Chinese any character may begin one.
_ENGLISH_START = re.compile(r"[a-z]+|[0-9]+")


def scan(text: str, folded: str, rules: Rules) -> Iterator[Span]:
    """Yield the date spans of a text, in order, without overlap.

    Args:
        text: the text as given, for the rules that look at capitals.
        folded: the same text folded, of the same length.
        rules: the language's rules.
    """
    end = 0
    for start, key in _beginnings(folded, rules):
        if start < end:
            continue
        span = _longest(text, folded, start, rules.index[key], rules)
        if span is not None:
            end = span.end
            if span.condition != "never":  # such a rule only keeps others away from its text
                yield span


def _beginnings(folded: str, rules: Rules) -> Iterator[tuple[int, str]]:
    if rules.lang is Lang.EN:
        for match in _ENGLISH_START.finditer(folded):
            word = match[0] if match[0].isalpha() else match[0][0]
            if word in rules.index:
                yield match.start(), word
        return
    for match in rules.beginning.finditer(folded):
        yield match.start(), match[0]


def _longest(
    text: str, folded: str, start: int, candidates: tuple[DateRule, ...], rules: Rules
) -> Span | None:
    best: Span | None = None
    for rule in candidates:
        match = rule.regex.match(folded, start)
        if match is None or (best is not None and match.end() <= best.end):
            continue
        if rule.case is not None and not _capital(text, match, rule.case):
            continue
        best = read_match(match, rule, rules) or best
    return best


def _capital(text: str, match: re.Match[str], case: str) -> bool:
    """Whether month and weekday names (`title`), or those that are verbs too (`verb`), have a capital."""
    return all(
        text[match.start(name)].isupper() or (case == "verb" and caught not in _VERBS)
        for name, caught in match.groupdict().items()
        if caught is not None and name.split("__")[0] in _CAPITALISED
    )
