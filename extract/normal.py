"""Length-preserving normalisation: every code point maps to exactly one, so offsets stay valid."""

from __future__ import annotations

import functools
import unicodedata

import opencc

_QUOTES = dict.fromkeys("“”„‟«»「」『』〝〞＂", '"') | dict.fromkeys("‘’‚‛`´＇", "'")
_DASHES = dict.fromkeys("‐‑‒–—―−－﹣", "-")
_SPACES = dict.fromkeys("\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
                        "\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u202f\u205f\u2060"
                        "\u3000\ufeff\t\x0b\x0c\r\u2028\u2029\x85\xad", " ")  # fmt: skip


def _folded(char: str) -> str:
    """Compatibility form and lower case of a character where both are a single code point."""
    for form in (unicodedata.normalize("NFKC", char), char):
        if len(form) == 1:
            low = form.lower()
            return low if len(low) == 1 else form
    return char


class _Table(dict[int, int | str]):
    """Code point -> replacement, looked up when a code point is first met (all would take half a second)."""

    def __missing__(self, code: int) -> int | str:
        char = chr(code)
        fold = _folded(char)
        if "\u3400" <= char < "\u4dc0" or "\u4e00" <= char < "\ua000":
            simple = _simplifier().convert(char)
            fold = simple if len(simple) == 1 else char
        self[code] = code if fold == char else fold
        return self[code]


@functools.cache
def _simplifier() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")


_TABLE = _Table({ord(a): b for mapping in (_QUOTES, _DASHES, _SPACES) for a, b in mapping.items()})


def normalise(text: str) -> str:
    """Lower case, half width, simplified characters, plain quotes, dashes and spaces.

    The result has the length of `text`: character i of the result stands for character i of the text.
    """
    return (
        text.lower() if text.isascii() and "\t" not in text and "\r" not in text else text.translate(_TABLE)
    )
