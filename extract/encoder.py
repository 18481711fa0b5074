"""A small transformer: a text's pieces in, one vector for each of them out.

The shape is BERT's (Devlin and others, 2018), with MPNet's attention by distance (Song and others, 2020)
where the weights have it; `extract/bases.py` says what they began as, and they were trained on with the
annotated documents (`extract/fit_corrector.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from extract.graph import Array, Layers
from extract.spelling import Spelling

WINDOW = 510  # pieces read at once, besides the two marks around them: as many as the model has positions for
STEP = 340  # from one window to the next
_FARTHEST = 128  # pieces: from there on all are equally far


@dataclass(frozen=True, slots=True)
class Encoder:
    """The transformer.

    Attributes:
        spelling: splits text into pieces.
        words: one row of whole numbers per piece of the vocabulary; `scale` makes vectors of them.
        places: one row per position.
        kinds: one row per kind of mention that a piece may be part of, the first for none.
        relative: what each head adds to the attention by the distance of two pieces, shape (buckets, heads).
    """

    spelling: Spelling
    words: NDArray[np.int8]
    scale: Array
    places: Array
    kinds: Array
    layers: Layers
    relative: Array | None = None

    def states(self, ids: Sequence[int], kinds: Sequence[int]) -> Array:
        """One vector per piece, shape (n, width); each is read in the window that shows most around it."""
        found = []
        for (start, end), (kept, until) in windows(len(ids)):
            numbers = [self.spelling.first, *ids[start:end], self.spelling.last]
            marks = [0, *kinds[start:end], 0]
            spelt = self.words[numbers] * self.scale[numbers, None]
            x = self.layers(spelt + self.places[: len(numbers)] + self.kinds[marks], self._near(len(numbers)))
            found.append(x[1 + kept - start : 1 + until - start])
        return np.concatenate(found)

    def _near(self, n: int) -> Array | None:
        if self.relative is None:
            return None
        return np.take(self.relative.T, distances(len(self.relative))[:n, :n], axis=1)


@cache
def distances(buckets: int) -> NDArray[np.intp]:
    """The bucket of the way from each of WINDOW + 2 pieces (rows) to each other (columns), as MPNet counts.

    Half of the buckets are for the way back, half for the way ahead; of each half, half are for exact
    distances, the others grow by equal factors up to _FARTHEST pieces.
    """
    half, exact = buckets // 2, buckets // 4
    at = np.arange(WINDOW + 2)
    way = at[None, :] - at[:, None]
    far = np.abs(way)
    grown = np.log(np.maximum(far, 1) / exact) / np.log(_FARTHEST / exact) * (half - exact)
    rank = np.where(far < exact, far, np.minimum(exact + grown.astype(np.intp), half - 1))
    return np.asarray(rank + half * (way > 0), np.intp)


def windows(n: int) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """Windows over n pieces, each with the span of pieces whose vectors are taken from it."""
    start, overlap = 0, WINDOW - STEP
    while True:
        end = min(n, start + WINDOW)
        kept = start + overlap // 2 if start else 0
        until = end if end == n else end - overlap + overlap // 2
        yield (start, end), (kept, until)
        if end == n:
            return
        start += STEP
