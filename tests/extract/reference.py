"""The transformer once more, plainly and without whole numbers: what `extract/graph.py` is held to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from extract.corrector import gelu
from extract.encoder import distances
from extract.graph import EPSILON, SCALE, Array


def states(
    stored: Mapping[str, NDArray[Any]], ids: Sequence[int], kinds: Sequence[int], first: int, last: int
) -> Array:
    """One vector per piece of a text of one window, from weights as `pack` stores them."""

    def full(name: str) -> Array:
        array = np.asarray(stored[name], np.float32)
        scale = stored.get(name + SCALE)
        return array if scale is None else array * np.asarray(scale, np.float32)[..., None]

    def mapped(x: Array, name: str) -> Array:
        return x @ full(name).T + full(name + "_bias")

    def normed(x: Array, name: str) -> Array:
        centred = x - x.mean(axis=-1, keepdims=True)
        deviation = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + EPSILON)
        return np.asarray(centred / deviation * full(name) + full(name + "_bias"), np.float32)

    numbers, marks, heads = [first, *ids, last], [0, *kinds, 0], int(stored["heads"])
    n = len(numbers)
    x = normed(full("words")[numbers] + full("places")[:n] + full("kinds")[marks], "norm")
    near = np.zeros((heads, n, n), np.float32)
    if "relative" in stored:
        near = full("relative")[distances(len(stored["relative"]))[:n, :n]].transpose(2, 0, 1)
    layer = 0
    while (p := f"layers.{layer}.") + "mixed" in stored:
        queries, keys, values = mapped(x, p + "mixed").reshape(n, 3, heads, -1).transpose(1, 2, 0, 3)
        attention = np.exp(queries @ keys.transpose(0, 2, 1) / queries.shape[-1] ** 0.5 + near)
        attention /= attention.sum(axis=-1, keepdims=True)
        seen = (attention @ values).transpose(1, 0, 2).reshape(n, -1)
        x = normed(x + mapped(seen, p + "out"), p + "norm")
        x = normed(x + mapped(gelu(mapped(x, p + "inner")), p + "outer"), p + "last_norm")
        layer += 1
    return x[1:-1]
