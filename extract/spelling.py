"""How a vocabulary spells a text: what the encoder asks of word pieces and unigrams alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Pieces:
    """A text in pieces of a vocabulary.

    Attributes:
        ids: numbers in the vocabulary, one per piece.
        starts, ends: half-open code point offsets, of the same length.
    """

    ids: tuple[int, ...]
    starts: tuple[int, ...]
    ends: tuple[int, ...]


class Spelling(Protocol):
    """A vocabulary; `first`, `last` and `unknown` are the numbers of its marks."""

    @property
    def first(self) -> int:
        """Mark before a text."""
        ...

    @property
    def last(self) -> int:
        """Mark behind a text."""
        ...

    @property
    def unknown(self) -> int:
        """What no piece spells."""
        ...

    def spell(self, plain: str) -> Pieces:
        """Pieces of normalised text, in time linear in its length."""
        ...
