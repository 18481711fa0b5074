"""Weights of a corrector: what eight bits keep, and what happens to a damaged file."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from extract.data import DataError
from extract.graph import SCALE
from extract.records import Lang
from extract.scorer import corrector_path, load_models, read_models, scorer_path
from extract.weights import digest_of, pack, read_corrector, to_bytes
from tests.extract.tiny import HEADS, VOCABULARY, encoder_weights, head_weights, tiny_corrector


def test_packed_weights_are_within_half_a_step() -> None:
    weights = encoder_weights() | head_weights(0.5)
    packed = pack(weights, VOCABULARY, HEADS)

    for name in ("layers.1.inner", "slot_clause", "words"):
        step = packed[name + SCALE].astype(np.float32)[..., None]
        assert packed[name].dtype == np.int8
        given = packed[name].astype(np.float32) * step
        assert (np.abs(given - weights[name]) <= 0.51 * step + 1e-4).all()


def test_a_file_gives_back_what_was_written(tmp_path: Path) -> None:
    corrector = tiny_corrector()
    content = to_bytes(corrector)
    path = tmp_path / "corrector_en.npz"
    path.write_bytes(content)

    again = read_corrector(path, digest_of(content))
    ids, kinds = [3, 4, 5], [0, 1, 2]
    assert np.array_equal(again.encoder.states(ids, kinds), corrector.encoder.states(ids, kinds))
    assert {n: a.tolist() for n, a in again.heads.items()} == {
        n: a.tolist() for n, a in corrector.heads.items()
    }
    text = "tiktok links, tik."
    assert again.encoder.spelling.spell(text) == corrector.encoder.spelling.spell(text)
    assert to_bytes(again) == content


def test_another_file_than_the_scorer_was_trained_with_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "corrector_en.npz"
    path.write_bytes(to_bytes(tiny_corrector()))

    with pytest.raises(DataError, match=r"^\S*corrector_en\.npz: not the corrector that the scorer"):
        read_corrector(path, digest_of(b"another"))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x93NUMPY"])
def test_a_damaged_file_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "corrector_en.npz"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"^\S*corrector_en\.npz: not the weights of a corrector"):
        read_corrector(path, digest_of(content))

    with pytest.raises(DataError, match=r"^\S*corrector_fr\.npz: cannot be read"):
        read_corrector(tmp_path / "corrector_fr.npz", "")


def test_a_file_without_a_part_is_refused_by_name(tmp_path: Path) -> None:
    packed = dict(tiny_corrector().packed)
    del packed["layers.0.out"]
    path = tmp_path / "corrector_en.npz"
    np.savez(path, **dict[str, Any](packed))

    with pytest.raises(DataError, match=r"^\S*corrector_en\.npz: not the weights of a corrector"):
        read_corrector(path, digest_of(path.read_bytes()))


@pytest.mark.parametrize("content", [None, b"another"])
def test_a_scorer_without_its_corrector_is_refused_by_the_name_of_what_is_wrong(
    tmp_path: Path, content: bytes | None
) -> None:
    models = replace(load_models(Lang.EN), correctors={"tiny": tiny_corrector()})
    scorer = models.to_json({"tiny": "0" * 12})
    scorer_path(tmp_path, Lang.EN).write_text(json.dumps(scorer), encoding="utf-8")
    if content is not None:
        corrector_path(tmp_path, "tiny").write_bytes(content)

    with pytest.raises(DataError, match=r"^\S*corrector_tiny\.npz: "):
        read_models(tmp_path, Lang.EN)


def test_what_is_written_side_by_side_is_read_together(tmp_path: Path) -> None:
    tiny = replace(tiny_corrector(), share=0.25)
    shipped, content = replace(load_models(Lang.EN), correctors={"tiny": tiny}), to_bytes(tiny)
    scorer = json.dumps(shipped.to_json({"tiny": digest_of(content)}))
    scorer_path(tmp_path, Lang.EN).write_text(scorer, encoding="utf-8")
    corrector_path(tmp_path, "tiny").write_bytes(content)

    read = read_models(tmp_path, Lang.EN)
    assert read.correctors.keys() == {"tiny"}
    assert read.correctors["tiny"].encoder.spelling == tiny.encoder.spelling
    assert read.correctors["tiny"].share == 0.25
    assert read.features == shipped.features
