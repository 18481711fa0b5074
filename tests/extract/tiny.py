"""A corrector of toy size: a few pieces, one or two layers, random or silent heads."""

from __future__ import annotations

import string
from collections.abc import Mapping

import numpy as np

from extract.clauses import ACTIONS
from extract.corrector import BUCKETS, CORRECTED, FARTHEST, KINDS, KNOWN
from extract.encoder import WINDOW
from extract.graph import Array
from extract.weights import Corrector, pack, unpack
from extract.wordpieces import FIRST, LAST, UNKNOWN

WIDTH, HIDDEN, HEADS = 8, 4, 2
VOCABULARY = [
    UNKNOWN, FIRST, LAST, *string.ascii_lowercase, *(f"##{c}" for c in string.ascii_lowercase),
    *string.digits, *string.punctuation, "link", "##s", "tik", "##tok",
]  # fmt: skip


def encoder_weights(layers: int = 2) -> dict[str, Array]:
    """Random weights of an encoder, the same ones at every call."""
    rng = np.random.default_rng(1)

    def some(*shape: int) -> Array:
        return np.asarray(rng.normal(size=shape) * 0.3, dtype=np.float32)

    found = {"words": some(len(VOCABULARY), WIDTH), "places": some(WINDOW + 2, WIDTH)}
    names: list[tuple[str, str, tuple[int, ...]]] = [("", "norm", (WIDTH,))]
    for layer in range(layers):
        p = f"layers.{layer}."
        names += [(p, "mixed", (3 * WIDTH, WIDTH)), (p, "out", (WIDTH, WIDTH)), (p, "norm", (WIDTH,))]
        names += [
            (p, "inner", (2 * WIDTH, WIDTH)),
            (p, "outer", (WIDTH, 2 * WIDTH)),
            (p, "last_norm", (WIDTH,)),
        ]
    for prefix, name, shape in names:
        found[prefix + name] = some(*shape)
        found[f"{prefix}{name}_bias"] = some(shape[0])
    return found


def head_weights(scale: float) -> dict[str, Array]:
    """Heads of random weights, times a scale; trust in the forests is 1."""
    rng = np.random.default_rng(2)
    slots, actions, both = len(CORRECTED), len(ACTIONS), 2 * WIDTH
    shapes: Mapping[str, tuple[int, ...]] = {
        "kinds": (len(KINDS) + 1, WIDTH), "query": (actions, WIDTH), "gate_inner": (HIDDEN, both),
        "gate_inner_bias": (HIDDEN,), "gate_action": (actions, HIDDEN), "gate_outer": (actions, HIDDEN),
        "gate_outer_bias": (actions,), "slot_clause": (slots, both, HIDDEN),
        "slot_value": (slots, WIDTH, HIDDEN), "slot_bias": (slots, HIDDEN),
        "slot_action": (slots, actions, HIDDEN), "slot_outer": (slots, HIDDEN),
        "slot_meet_clause": (slots, both, HIDDEN), "slot_meet_value": (slots, WIDTH, HIDDEN),
        "slot_default": (slots, WIDTH), "slot_distance": (slots, 2 * BUCKETS, HIDDEN),
        "slot_location": (slots, FARTHEST + 1), "slot_base": (slots,), "slot_known": (len(KNOWN), WIDTH),
        "document_query": (2, WIDTH), "document_inner": (HIDDEN, 3 * WIDTH), "document_inner_bias": (HIDDEN,),
        "document_outer": (HIDDEN,), "document_outer_bias": (1,),
    }  # fmt: skip
    found = {name: np.asarray(rng.normal(size=s) * scale, dtype=np.float32) for name, s in shapes.items()}
    trust = {"gate_trust": np.ones(actions, np.float32), "slot_trust": np.ones(slots, np.float32)}
    return found | trust


def tiny_corrector(scale: float = 0.5) -> Corrector:
    """A corrector whose heads say something; with scale 0 they say nothing."""
    return unpack(pack(encoder_weights() | head_weights(scale), VOCABULARY, HEADS))
