"""A small transformer in numpy: a text's pieces in, one vector for each of them out.

The shape is BERT's (Devlin and others, 2018), with MPNet's attention by distance (Song and others, 2020)
where the weights have it; `extract/bases.py` says what they began as, and they were trained on with the
annotated documents (`extract/fit_corrector.py`). No library is needed for a few matrix products, and the
weights are small enough to ship: whole numbers of eight bits with one scale a row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from extract.spelling import Spelling

Array = NDArray[np.float32]
Map = tuple[Array, Array]  # weights, shape (out, in), and bias, shape (out,); of a norm both have (width,)

WINDOW = 510  # pieces read at once, besides the two marks around them: as many as the model has positions for
STEP = 340  # from one window to the next
_SMALL = 1e-12  # keeps a variance above 0, as in BERT
_FARTHEST = 128  # pieces: from there on all are equally far


@dataclass(frozen=True, slots=True)
class Layer:
    """Weights of one layer: attention, then two dense maps, each with its norm."""

    mixed: Map  # to queries, keys and values, one after the other
    out: Map
    norm: Map
    inner: Map
    outer: Map
    last_norm: Map

    def __call__(self, x: Array, heads: int, near: Array | None) -> Array:
        """Vectors of shape (n, width), mixed; `near`, shape (heads, n, n), is added to the attention."""
        n, width = x.shape
        mixed = _mapped(x, self.mixed)
        mixed[:, :width] *= np.float32((width // heads) ** -0.5)  # the queries, not all products
        queries, keys, values = mixed.reshape(n, 3, heads, width // heads).transpose(1, 2, 0, 3)
        attention = queries @ keys.transpose(0, 2, 1)
        if near is not None:
            attention += near
        weights = _softmax(attention)
        seen: Array = (weights @ values).transpose(1, 0, 2).reshape(n, width)
        x = _normed(x + _mapped(seen, self.out), self.norm)
        inner = gelu(_mapped(x, self.inner))
        return _normed(x + _mapped(inner, self.outer), self.last_norm)


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
    norm: Map
    layers: tuple[Layer, ...]
    heads: int
    relative: Array | None = None

    def states(self, ids: Sequence[int], kinds: Sequence[int]) -> Array:
        """One vector per piece, shape (n, width); each is read in the window that shows most around it."""
        found = []
        for (start, end), (kept, until) in windows(len(ids)):
            numbers = [self.spelling.first, *ids[start:end], self.spelling.last]
            marks = [0, *kinds[start:end], 0]
            spelt = self.words[numbers] * self.scale[numbers, None]
            x = _normed(spelt + self.places[: len(numbers)] + self.kinds[marks], self.norm)
            near = self._near(len(numbers))
            for layer in self.layers:
                x = layer(x, self.heads, near)
            found.append(x[1 + kept - start : 1 + until - start])
        return np.concatenate(found)

    def _near(self, n: int) -> Array | None:
        if self.relative is None:
            return None
        return np.ascontiguousarray(self.relative[distances(len(self.relative))[:n, :n]].transpose(2, 0, 1))


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


# What follows works in place: half of the time would otherwise go into arrays that are thrown away.


def _softmax(x: Array) -> Array:
    x -= x.max(axis=-1, keepdims=True)
    np.exp(x, out=x)
    x /= x.sum(axis=-1, keepdims=True)
    return x


def _mapped(x: Array, by: Map) -> Array:
    weight, bias = by
    found: Array = x @ weight.T
    found += bias
    return found


def _normed(x: Array, norm: Map) -> Array:
    weight, bias = norm
    centred: Array = x - x.mean(axis=-1, keepdims=True)
    variance = np.einsum("ij,ij->i", centred, centred) / np.float32(x.shape[-1])
    centred /= np.sqrt(variance + np.float32(_SMALL))[:, None]
    centred *= weight
    centred += bias
    return centred


_ROOT, _CUBE = np.float32(np.sqrt(2 / np.pi)), np.float32(0.044715)


def gelu(x: Array) -> Array:
    """Gaussian error linear unit, by its tanh form (within .001 of the exact one)."""
    found: Array = x * x
    found *= _CUBE
    found += np.float32(1)
    found *= x
    found *= _ROOT
    np.tanh(found, out=found)
    found += np.float32(1)
    found *= x
    found *= np.float32(0.5)
    return found
