"""Tell the language of a text: Chinese by its script, English by its commonest words."""

from __future__ import annotations

import re

from extract.records import Lang

_SAMPLE = 20_000  # characters
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_KANA_HANGUL = re.compile(r"[\u3040-\u30ff\uac00-\ud7af]")
_LETTER = re.compile(r"[^\W\d_]")
_WORD = re.compile(r"[a-z]+")
_ENGLISH = frozenset(
    "the of and to in a is that for on with as are by be this from it at or not have an will you your".split()  # noqa: SIM905
)


def language_of(text: str) -> Lang | None:
    """Return the language of a text, None if it is neither Chinese nor English.

    Texts of fewer than 30 Latin words are taken for English: there is too little to tell by.
    """
    sample = text[:_SAMPLE]
    han, other = len(_HAN.findall(sample)), len(_KANA_HANGUL.findall(sample))
    letters = len(_LETTER.findall(sample))
    if letters == 0 or other > 0.1 * (han + other + 1) + 3:
        return None
    # One Chinese character says about as much as one English word of five letters.
    if 5 * han >= letters - han:
        return Lang.ZH
    words = _WORD.findall(sample.lower())
    if len(words) >= 30 and sum(word in _ENGLISH for word in words) < 0.12 * len(words):
        return None
    return Lang.EN if len(words) * 3 >= letters / 6 else None
