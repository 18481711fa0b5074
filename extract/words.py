"""Words of a text as the word models count them: stems in English, characters in Chinese, numbers as one."""

from __future__ import annotations

import functools
import re

import Stemmer

_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?|\d+|[\u4e00-\u9fff]|[^\s\w]")
_ENGLISH = Stemmer.Stemmer("english")
_REMEMBERED = 50_000  # a year of documents holds about as many different words


@functools.lru_cache(maxsize=_REMEMBERED)
def _counted(word: str) -> str:
    return "#" if word.isdigit() else _ENGLISH.stemWord(word)


def words(plain: str, start: int, end: int) -> list[str]:
    """Words and punctuation of a span of normalised text, in order.

    A stem stands for all its forms, so that what is learnt of "blocked" holds for "blocking" too; in
    threefold cross-validation on English documents that raised the core from .377 to .398.
    """
    return [_counted(word) for word in _WORD.findall(plain, start, end)]
