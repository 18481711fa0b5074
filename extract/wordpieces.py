"""Word pieces: how the encoder's vocabulary spells a text, with the offsets of each piece."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from extract.spelling import Pieces

_WORD = re.compile(r"[\u3400-\u9fff]|[^\W_\u3400-\u9fff]+|[^\w\s]|_")  # a Chinese character is a word
_LONGEST = 60  # code points of a word that are looked at
_REMEMBERED = 50_000
UNKNOWN, FIRST, LAST = "[UNK]", "[CLS]", "[SEP]"


@dataclass(frozen=True, slots=True)
class WordPieces:
    """Greedy longest-match spelling with a BERT vocabulary (a piece inside a word begins with ##).

    Attributes:
        vocabulary: piece -> its number.
    """

    vocabulary: Mapping[str, int]
    _spelt: dict[str, tuple[tuple[int, int, int], ...]] = field(default_factory=dict, repr=False)

    @property
    def first(self) -> int:
        """Mark before a text."""
        return self.vocabulary[FIRST]

    @property
    def last(self) -> int:
        """Mark behind a text."""
        return self.vocabulary[LAST]

    @property
    def unknown(self) -> int:
        """What no piece spells."""
        return self.vocabulary[UNKNOWN]

    def spell(self, plain: str) -> Pieces:
        """Pieces of normalised text; accents are left out, as the vocabulary's makers did."""
        bare = plain if plain.isascii() else "".join(_bare(char) for char in plain)
        found = [
            (number, match.start() + start, match.start() + end)
            for match in _WORD.finditer(bare)
            for number, start, end in self._word(match.group()[:_LONGEST])
        ]
        ids, starts, ends = zip(*found, strict=True) if found else ((), (), ())
        return Pieces(ids, starts, ends)

    def _word(self, word: str) -> Sequence[tuple[int, int, int]]:
        spelt = self._spelt.get(word)
        if spelt is None:
            spelt = self._split(word)
            if len(self._spelt) < _REMEMBERED:
                self._spelt[word] = spelt
        return spelt

    def _split(self, word: str) -> tuple[tuple[int, int, int], ...]:
        pieces: list[tuple[int, int, int]] = []
        at = 0
        while at < len(word):
            prefix = "##" if at else ""
            ends = range(len(word), at, -1)
            end = next((e for e in ends if prefix + word[at:e] in self.vocabulary), 0)
            if not end:
                pieces.append((self.unknown, at, len(word)))
                break
            pieces.append((self.vocabulary[prefix + word[at:end]], at, end))
            at = end
        return tuple(pieces)


def _bare(char: str) -> str:
    """A character without its accents; of a mark that stands by itself (U+0301, U+FE0F) nothing is left."""
    return " " if unicodedata.category(char) == "Mn" else unicodedata.normalize("NFD", char)[0]
