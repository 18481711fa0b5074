"""A small transformer in numpy: a text's pieces in, one vector for each of them out.

The shape is BERT's (Devlin and others, 2018); `extract/bases.py` says what the weights began as, and they
were trained on with the annotated documents (`extract/fit_corrector.py`). No library is
needed for a few matrix products, and the weights are small enough to ship: whole numbers of eight bits with
one scale a row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from extract.spelling import Spelling

Array = NDArray[np.float32]
Map = tuple[Array, Array]  # weights, shape (out, in), and bias, shape (out,); of a norm both have (width,)

WINDOW = 510  # pieces read at once, besides the two marks around them: as many as the model has positions for
STEP = 340  # from one window to the next
_SMALL = 1e-12  # keeps a variance above 0, as in BERT


@dataclass(frozen=True, slots=True)
class Layer:
    """Weights of one layer: attention, then two dense maps, each with its norm."""

    mixed: Map  # to queries, keys and values, one after the other
    out: Map
    norm: Map
    inner: Map
    outer: Map
    last_norm: Map

    def __call__(self, x: Array, heads: int) -> Array:
        """Vectors of shape (n, width), mixed."""
        n, width = x.shape
        mixed = _mapped(x, self.mixed)
        mixed[:, :width] *= np.float32((width // heads) ** -0.5)  # the queries, not all products
        queries, keys, values = mixed.reshape(n, 3, heads, width // heads).transpose(1, 2, 0, 3)
        weights = _softmax(queries @ keys.transpose(0, 2, 1))
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
    """

    spelling: Spelling
    words: NDArray[np.int8]
    scale: Array
    places: Array
    kinds: Array
    norm: Map
    layers: tuple[Layer, ...]
    heads: int

    def states(self, ids: Sequence[int], kinds: Sequence[int]) -> Array:
        """One vector per piece, shape (n, width); each is read in the window that shows most around it."""
        found = []
        for (start, end), (kept, until) in windows(len(ids)):
            numbers = [self.spelling.first, *ids[start:end], self.spelling.last]
            marks = [0, *kinds[start:end], 0]
            spelt = self.words[numbers] * self.scale[numbers, None]
            x = _normed(spelt + self.places[: len(numbers)] + self.kinds[marks], self.norm)
            for layer in self.layers:
                x = layer(x, self.heads)
            found.append(x[1 + kept - start : 1 + until - start])
        return np.concatenate(found)


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
