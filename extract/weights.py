"""The weights of a corrector: whole numbers of eight bits with a scale a row, one file a language."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from extract.data import DataError
from extract.encoder import Encoder
from extract.graph import SCALE, Array, Layers
from extract.spelling import Spelling
from extract.unigrams import Unigrams
from extract.wordpieces import WordPieces

Arrays = Mapping[str, NDArray[np.generic]]

_LARGE = ("words", "mixed", "out", "inner", "outer")  # and every slot's maps: kept in eight bits
_READ_OFF = ("query", "gate", "slot", "document")
_MAPS = ("slot_clause", "slot_value", "slot_meet_clause", "slot_meet_value")
_HIGHEST = 127


@dataclass(frozen=True, slots=True)
class Corrector:
    """A transformer and what is read off its vectors.

    Attributes:
        heads: arrays by the names that `extract/fit_corrector.py` gives.
        packed: everything as it is stored.
        share: how much it counts among all correctors of a language; a language's scorer says it.
    """

    encoder: Encoder
    heads: Mapping[str, Array]
    packed: Arrays
    share: float = 1.0


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
            stored[name + SCALE] = scale
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
    heads = [name for name in stored if name.startswith(_READ_OFF) and not name.endswith(SCALE)]
    vocabulary = np.asarray(stored["vocabulary"], np.uint8).tobytes().decode().split("\n")
    encoder = Encoder(
        spelling=spelling_of(vocabulary, np.asarray(stored.get("scores", ())).tolist()),
        words=np.asarray(stored["words"], np.int8),
        scale=np.asarray(stored["words" + SCALE], np.float32),
        places=_floats(stored, "places"),
        kinds=_floats(stored, "kinds"),
        layers=Layers(stored, int(stored["heads"])),
        relative=_floats(stored, "relative") if "relative" in stored else None,
    )
    return Corrector(encoder, {name: _floats(stored, name) for name in heads}, stored)


def _floats(stored: Arrays, name: str) -> Array:
    """An array as it was before `pack`, within what its bits keep."""
    numbers = np.asarray(stored[name], np.float32)
    scale = stored.get(name + SCALE)
    return numbers if scale is None else numbers * np.asarray(scale, np.float32)[..., None]


def to_bytes(corrector: Corrector) -> bytes:
    """The file that `read_corrector` reads."""
    buffer = io.BytesIO()
    np.savez(buffer, **dict[str, Any](corrector.packed))
    return buffer.getvalue()


def digest_of(content: bytes) -> str:
    """Twelve hex digits of a file's content."""
    return hashlib.sha256(content).hexdigest()[:12]


def read_corrector(path: Path, digest: str, share: float = 1.0) -> Corrector:
    """Read a file of weights.

    Args:
        path: of the file.
        digest: what the weights it was trained with say of it, see `digest_of`.
        share: see `Corrector`.

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
            return replace(unpack(dict(stored)), share=share)
    except (EOFError, ValueError, KeyError, IndexError, TypeError, BadZipFile) as error:
        raise DataError(f"{path}: not the weights of a corrector ({error})") from error
