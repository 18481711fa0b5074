"""A night that could not read what it fetches does not begin."""

from __future__ import annotations

from pathlib import Path

import pytest

from extract import pipeline
from extract.data import DataError
from extract.records import Document, Extraction
from flows.settings import Settings
from tests.flows.year import World, declare, play


def test_unusable_rules_are_told_before_anything_is_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unusable(document: Document) -> Extraction:
        raise DataError("rules.toml: is not TOML")

    world = World(1)
    settings = Settings(data=tmp_path / "data", sources=tmp_path / "sources")
    declare(world, tmp_path / "sources")
    monkeypatch.setattr(pipeline, "extract_facts", unusable)

    with pytest.raises(DataError, match=r"rules\.toml"):
        play(settings, world, 0)

    assert not settings.archive.exists()
    assert not settings.warehouse.exists()
