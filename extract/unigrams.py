"""Unigram pieces: a text's likeliest spelling by a SentencePiece vocabulary (Kudo, 2018), with offsets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from extract.spelling import Pieces

SPACE = "\u2581"  # how the vocabulary writes a space, and the beginning of a text
SCORE_OF_UNKNOWN = -30.0  # of a character that no piece has; the rarest piece has some -20
UNKNOWN, FIRST, LAST = "<unk>", "<s>", "</s>"


@dataclass(frozen=True, slots=True)
class Unigrams:
    """Spelling by the pieces with the highest sum of scores.

    Attributes:
        numbers: piece -> its number; the marks are not among them.
        scores: log-probability of each piece, by number.
        first, last, unknown: numbers of the marks around a text and of what no piece spells.
        longest: code points of the longest piece.
    """

    numbers: Mapping[str, int]
    scores: Sequence[float]
    first: int
    last: int
    unknown: int
    longest: int

    @classmethod
    def of(cls, pieces: Sequence[str], scores: Sequence[float]) -> Unigrams:
        """The spelling of a vocabulary.

        Raises:
            KeyError: a mark is missing.
        """
        numbers = {piece: i for i, piece in enumerate(pieces)}
        first, last, unknown = (numbers.pop(mark) for mark in (FIRST, LAST, UNKNOWN))
        return cls(numbers, scores, first, last, unknown, max(map(len, numbers)))

    def spell(self, plain: str) -> Pieces:
        """Pieces of normalised text, in time linear in its length."""
        text = SPACE + "".join(SPACE if char.isspace() else char for char in plain)
        n = len(text)
        best = [0.0] + [-1e30] * n
        back: list[tuple[int, int]] = [(0, self.unknown)] * (n + 1)  # beginning and number of the last piece
        for start in range(n):
            so_far = best[start]
            for end in range(start + 1, min(n, start + self.longest) + 1):
                number = self.numbers.get(text[start:end])
                if number is not None and so_far + self.scores[number] > best[end]:
                    best[end], back[end] = so_far + self.scores[number], (start, number)
            if so_far + SCORE_OF_UNKNOWN > best[start + 1]:
                best[start + 1], back[start + 1] = so_far + SCORE_OF_UNKNOWN, (start, self.unknown)
        found: list[tuple[int, int, int]] = []
        end = n
        while end > 1:  # the space before the text is no piece by itself
            start, number = back[end]
            found.append((number, _shown(text, start, end), end - 1))
            end = start
        ids, starts, ends = zip(*reversed(found), strict=True) if found else ((), (), ())
        return Pieces(ids, starts, ends)


def _shown(text: str, start: int, end: int) -> int:
    """Where the piece text[start:end] begins in the text as given, without the space before a word."""
    spaced = text[start] == SPACE and end > start + 1
    return start if spaced else start - 1
