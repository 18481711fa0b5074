"""Annotated documents: errors name file, line and key; lone surrogates end at the border."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from extract.data import DataError
from extract.gold import Part, annotated_of, document_of, part_of, read_documents, read_gold
from extract.records import Action, Kind, Lang, Stage

DOCUMENT: dict[str, Any] = {
    "id": "a1",
    "lang": "en",
    "kind": "notice",
    "published": "2023-04-01",
    "title": "Links",
    "text": "Links to eBay are gone.",
}
FACT: dict[str, Any] = {
    "platform": "tiktok",
    "surface": "all",
    "target": "ebay",
    "action": "block",
    "effective_from": "2023-04",
    "effective_to": None,
    "region": None,
    "evidence": "Links to eBay",
}


def write(path: Path, *values: object) -> Path:
    path.write_text("\n".join(v if isinstance(v, str) else json.dumps(v) for v in values), encoding="utf-8")
    return path


def test_documents_and_facts_are_read_as_given(tmp_path: Path) -> None:
    (annotated,) = read_gold(
        write(tmp_path / "g.jsonl", {**DOCUMENT, "facts": [FACT], "note": "ignored"}, "")
    )
    (fact,) = annotated.facts

    assert annotated.document.lang is Lang.EN
    assert annotated.document.kind is Kind.NOTICE
    assert annotated.document.published == date(2023, 4, 1)
    assert (fact.action, fact.stage, fact.optional) == (Action.BLOCK, Stage.DECIDED, False)
    assert fact.slot("date") == "2023-04"
    assert fact.slot("region") == "none"


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"lang": "fr"}, "'lang'"),
        ({"kind": "rumour"}, "'kind'"),
        ({"published": "yesterday"}, "'published'"),
        ({"published": 20230401}, "'published'"),
        ({"text": None}, "'text'"),
        ({"id": 7}, "'id'"),
        ({"title": ["x"]}, "'title'"),
    ],
)
def test_a_wrong_document_is_named_by_file_line_and_key(
    tmp_path: Path, change: dict[str, object], key: str
) -> None:
    path = write(tmp_path / "d.jsonl", DOCUMENT, "", {**DOCUMENT, **change})

    with pytest.raises(DataError) as error:
        list(read_documents(path))
    assert f"{path}:3:" in str(error.value)
    assert key in str(error.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"evidence": "not there"}, "'evidence' is not a substring"),
        ({"evidence": None}, "key 'evidence' must be a string"),
        ({"action": "forbid"}, "forbid"),
        ({"effective_from": "2023-13"}, "facts: "),
        ({"stage": "maybe"}, "maybe"),
    ],
)
def test_a_wrong_fact_is_named_by_file_line_and_document(
    tmp_path: Path, change: dict[str, object], message: str
) -> None:
    path = write(tmp_path / "g.jsonl", {**DOCUMENT, "facts": [{**FACT, **change}]})

    with pytest.raises(DataError) as error:
        read_gold(path)
    assert f"{path}:1: document a1: facts: " in str(error.value)
    assert message in str(error.value)


def test_missing_keys_are_named() -> None:
    with pytest.raises(DataError, match="'facts'"):
        annotated_of(DOCUMENT)
    with pytest.raises(DataError, match="'platform'"):
        annotated_of({**DOCUMENT, "facts": [{k: v for k, v in FACT.items() if k != "platform"}]})


def test_what_is_no_json_and_what_is_no_file_are_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"b\.jsonl:2: not JSON"):
        list(read_documents(write(tmp_path / "b.jsonl", DOCUMENT, "{")))
    with pytest.raises(DataError, match=r"none\.jsonl: No such file"):
        list(read_documents(tmp_path / "none.jsonl"))
    with pytest.raises(DataError, match=r"c\.jsonl:1: expected a JSON object"):
        list(read_documents(write(tmp_path / "c.jsonl", "[1]")))


def test_lone_surrogates_are_replaced_and_offsets_stay() -> None:
    document = document_of({**DOCUMENT, "text": "a\ud800b\udfff", "title": "\udc00"})

    assert document.text == "a?b?"
    assert document.title == "?"


def test_the_split_depends_on_the_id_alone() -> None:
    parts = [part_of(f"x-{n}") for n in range(500)]

    assert parts == [part_of(f"x-{n}") for n in range(500)]
    assert 0.5 < parts.count(Part.WORK) / 500 < 0.7
    assert 0.13 < parts.count(Part.SEALED) / 500 < 0.27
