"""The weights of a corrector: whole numbers of eight bits with a scale a row, one file a language."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from extract.data import DataError
from extract.encoder import Array, Encoder, Layer
from extract.spelling import Spelling
from extract.unigrams import Unigrams
from extract.wordpieces import WordPieces

Arrays = Mapping[str, NDArray[np.generic]]

_SCALE = "/scale"  # follows the name of what it scales
_LARGE = ("words", "mixed", "out", "inner", "outer")  # and every slot's maps: kept in eight bits
_OF_A_LAYER = ("mixed", "out", "norm", "inner", "outer", "last_norm")
_READ_OFF = ("query", "gate", "slot", "document")
_MAPS = ("slot_clause", "slot_value", "slot_meet_clause", "slot_meet_value")
_HIGHEST = 127


@dataclass(frozen=True, slots=True)
class Corrector:
    """A transformer and what is read off its vectors.

    Attributes:
        heads: arrays by the names that `extract/fit_corrector.py` gives.
        packed: everything as it is stored.
    """

    encoder: Encoder
    heads: Mapping[str, Array]
    packed: Arrays


def pack(
    weights: Mapping[str, Array], vocabulary: Sequence[str], heads: int, scores: Sequence[float] = ()
) -> Arrays:
    """Weights as they are stored: large maps in eight bits, the rest in sixteen.

    Args:
        weights: by the names that `extract/fit_corrector.py` gives.
        vocabulary: the pieces, by number.
        heads: of each layer's attention.
        scores: of unigrams, as many as pieces; none of word pieces.
    """
    stored: dict[str, NDArray[np.generic]] = {}
    for name, array in weights.items():
        if name in _MAPS or name.rpartition(".")[2] in _LARGE:
            scale = np.maximum(np.abs(array).max(axis=-1) / _HIGHEST, 1e-4).astype(np.float16)
            numbers = np.round(array / scale.astype(np.float32)[..., None])
            stored[name] = np.clip(numbers, -_HIGHEST, _HIGHEST).astype(np.int8)
            stored[name + _SCALE] = scale
        else:
            stored[name] = array.astype(np.float16)
    stored["vocabulary"] = np.frombuffer("\n".join(vocabulary).encode(), dtype=np.uint8)
    if scores:
        stored["scores"] = np.array(scores, dtype=np.float32)
    stored["heads"] = np.array(heads)
    return stored


def spelling_of(vocabulary: Sequence[str], scores: Sequence[float]) -> Spelling:
    """Word pieces, or unigrams if they have scores.

    Raises:
        KeyError: a mark of unigrams is missing.
    """
    if scores:
        return Unigrams.of(vocabulary, scores)
    return WordPieces({piece: i for i, piece in enumerate(vocabulary)})


def unpack(stored: Arrays) -> Corrector:
    """The corrector that `pack` stored.

    Raises:
        KeyError: something is missing.
    """
    scale = {n: np.asarray(stored[n + _SCALE], np.float32) for n in stored if n + _SCALE in stored}
    scaling = {n + _SCALE for n in scale}
    w = {
        name: np.multiply(np.asarray(stored[name], np.int8), scale[name][..., None], dtype=np.float32)
        for name in scale
        if name != "words"
    }
    small = (n for n, a in stored.items() if a.dtype == np.float16 and n not in scaling)
    w |= {name: np.asarray(stored[name], np.float32) for name in small}
    layers: list[Layer] = []
    while f"layers.{len(layers)}.mixed" in w:
        p = f"layers.{len(layers)}."
        layers.append(Layer(*((w[p + n], w[p + n + "_bias"]) for n in _OF_A_LAYER)))
    vocabulary = np.asarray(stored["vocabulary"], np.uint8).tobytes().decode().split("\n")
    encoder = Encoder(
        spelling=spelling_of(vocabulary, np.asarray(stored.get("scores", ())).tolist()),
        words=np.asarray(stored["words"], np.int8),
        scale=scale["words"],
        places=w["places"],
        kinds=w["kinds"],
        norm=(w["norm"], w["norm_bias"]),
        layers=tuple(layers),
        heads=int(stored["heads"]),
        relative=w.get("relative"),
    )
    return Corrector(encoder, {n: a for n, a in w.items() if n.startswith(_READ_OFF)}, stored)


def to_bytes(corrector: Corrector) -> bytes:
    """The file that `read_corrector` reads."""
    buffer = io.BytesIO()
    np.savez(buffer, **dict[str, Any](corrector.packed))
    return buffer.getvalue()


def digest_of(content: bytes) -> str:
    """Twelve hex digits of a file's content."""
    return hashlib.sha256(content).hexdigest()[:12]


def read_corrector(path: Path, digest: str) -> Corrector:
    """Read a file of weights.

    Args:
        path: of the file.
        digest: what the weights it was trained with say of it, see `digest_of`.

    Raises:
        DataError: the file is missing, not a corrector's, or another one.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from error
    if digest_of(content) != digest:
        raise DataError(f"{path}: not the corrector that the scorer beside it was trained with")
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as stored:
            return unpack(dict(stored))
    except (EOFError, ValueError, KeyError, IndexError, TypeError, BadZipFile) as error:
        raise DataError(f"{path}: not the weights of a corrector ({error})") from error
