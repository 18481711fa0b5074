r"""The pattern language of the date rules.

A pattern is a regular expression over folded text. In it

- `{name}` stands for a word list or a named pattern and makes a group of that name,
- `{name>alias}` does the same under another name, `{name>_}` without a group,
- a name of the table `pieces` is inserted as it is,
- a space matches one to three spaces; inside a look-behind write `\x20`.

What the groups mean is told in `read.py`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from functools import cache

from extract.data import DataError
from extract.matcher import alternatives

_REFERENCE = re.compile(r"\{([a-z][a-z_0-9]*)(?:>([a-z_0-9]+))?\}")
PIECE = "(?#piece)"  # marks a fragment that makes no group


class DateRuleError(DataError):
    """A rule file is wrong; the message names file and rule."""


def alternation(words: Mapping[str, int | str]) -> str:
    """Make a pattern of a word list, the longest words first."""
    longest_first = sorted(words, key=len, reverse=True)
    return "|".join(re.escape(word).replace(r"\ ", " ").replace(" ", " {1,3}") for word in longest_first)


def expand(pattern: str, fragments: Mapping[str, str], where: str) -> str:
    """Insert the fragments that a pattern refers to.

    Raises:
        DateRuleError: it refers to one that is not there.
    """

    def fragment(match: re.Match[str]) -> str:
        name, alias = match[1], match[2] or match[1]
        if name not in fragments:
            raise DateRuleError(f"{where}: unknown pattern {{{name}}}")
        content = fragments[name]
        if content.endswith(PIECE):
            return content.removesuffix(PIECE)
        return f"(?:{content})" if alias == "_" else f"(?P<{alias}>{content})"

    return _REFERENCE.sub(fragment, spaced(pattern))


def expanded(pattern: str, fragments: Mapping[str, str], where: str) -> str:
    """Give the regular expression that a pattern stands for.

    Raises:
        DateRuleError: it refers to an unknown fragment, or a bracket is not closed.
    """
    try:
        alternatives(pattern)
    except re.error as error:
        raise DateRuleError(f"{where}: pattern does not compile: {error}") from error
    return _distinct_groups(expand(pattern, fragments, where))


@cache
def compile_source(source: str, where: str) -> re.Pattern[str]:
    """Compile a regular expression, once.

    Raises:
        DateRuleError: it does not compile.
    """
    try:
        return re.compile(source)
    except re.error as error:
        raise DateRuleError(f"{where}: pattern does not compile: {error}") from error


def compiled(pattern: str, fragments: Mapping[str, str], where: str) -> re.Pattern[str]:
    """Expand and compile a pattern.

    Raises:
        DateRuleError: it refers to an unknown fragment or does not compile.
    """
    return compile_source(expanded(pattern, fragments, where), where)


def _distinct_groups(pattern: str) -> str:
    """Number the repetitions of a group name, which alternatives need: year, year__2, ..."""
    seen: Counter[str] = Counter()

    def distinct(match: re.Match[str]) -> str:
        seen[match[1]] += 1
        return match[0] if seen[match[1]] == 1 else f"(?P<{match[1]}__{seen[match[1]]}>"

    return re.sub(r"\(\?P<([a-z_0-9]+)>", distinct, pattern)


def spaced(pattern: str) -> str:
    """Let each space match one to three."""
    return re.sub(r"(?<!\[)(?<!\\) (?![?*+{\]])", " {1,3}", pattern)


def caught(match: re.Match[str]) -> dict[str, str]:
    """Give the groups of a match that caught something, by their names in the rule file."""
    return {name.split("__")[0]: text for name, text in match.groupdict().items() if text is not None}
