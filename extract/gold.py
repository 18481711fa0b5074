"""Annotated documents: read from JSON lines, checked, one record each."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any

from extract.data import DataError
from extract.records import Action, Document, Fact, Kind, Lang, PartialDate, Stage

NONE = "none"  # the value of a slot that a fact leaves open
_FIELDS = {"date": "effective_from", "until": "effective_to"}


@dataclass(frozen=True, slots=True)
class GoldFact:
    """An annotated fact; dates are ISO strings of reduced precision."""

    platform: str
    surface: str
    target: str
    action: Action
    effective_from: str | None
    effective_to: str | None
    region: str | None
    stage: Stage
    evidence: str
    optional: bool

    @property
    def core(self) -> tuple[str, ...]:
        """Platform, surface, target, action."""
        return (self.platform, self.surface, self.target, self.action.value)

    def slot(self, slot: str) -> str:
        """The value of a slot, NONE where the fact has none."""
        value: str | None = getattr(self, _FIELDS.get(slot, slot))
        return value or NONE


@dataclass(frozen=True, slots=True)
class Annotated:
    """A document with its annotated facts; `weight` is its say in training."""

    document: Document
    facts: tuple[GoldFact, ...]
    weight: float = 1.0


class Part(StrEnum):
    """Which use a document is put to: errors are read on WORK only, SEALED is scored once a release."""

    WORK = "work"
    CV = "cv"
    SEALED = "sealed"


def part_of(doc_id: str) -> Part:
    """Three fifths work, one fifth cross-validation, one fifth sealed, by SHA-256 of the id."""
    fifth = int(hashlib.sha256(doc_id.encode()).hexdigest(), 16) % 5
    return Part.WORK if fifth < 3 else Part.CV if fifth == 3 else Part.SEALED


def _text(data: Mapping[str, Any], key: str) -> str:
    value = data.get(key)
    if not isinstance(value, str):
        raise DataError(f"key {key!r} must be a string")
    return value.encode("utf-8", "replace").decode("utf-8")


def document_of(data: object) -> Document:
    """The document in a JSON object; fields other than the document record's are ignored.

    Raises:
        DataError: a key is missing or has a value that is not allowed; the message names the key.
    """
    if not isinstance(data, dict):
        raise DataError("expected a JSON object")
    try:
        lang = Lang(str(data.get("lang")))
    except ValueError:
        raise DataError(f"key 'lang' must be one of {', '.join(Lang)}, is {data.get('lang')!r}") from None
    try:
        kind = Kind(data.get("kind", "news"))
    except ValueError:
        raise DataError(f"key 'kind' must be one of {', '.join(Kind)}, is {data.get('kind')!r}") from None
    try:
        published = date.fromisoformat(data["published"]) if data.get("published") else None
    except (TypeError, ValueError):
        raise DataError(f"key 'published' must be an ISO date or null, is {data['published']!r}") from None
    title = _text(data, "title") if data.get("title") is not None else ""
    optional = {
        key: _text(data, key) for key in ("url", "source_id", "platform") if data.get(key) is not None
    }
    return Document(_text(data, "id"), lang, kind, published, title, _text(data, "text"), **optional)


def _fact_of(data: Mapping[str, Any], text: str) -> GoldFact:
    for key in ("effective_from", "effective_to"):
        if data.get(key) is not None:
            PartialDate.parse(data[key])
    if _text(data, "evidence") not in text:
        raise DataError("key 'evidence' is not a substring of the text")
    return GoldFact(
        data["platform"], data["surface"], data["target"], Action(data["action"]),
        data.get("effective_from"), data.get("effective_to"), data.get("region"),
        Stage(data.get("stage", "decided")), data["evidence"], bool(data.get("optional")),
    )  # fmt: skip


def annotated_of(data: object) -> Annotated:
    """An annotated document in a JSON object.

    Raises:
        DataError: the document or one of its facts is wrong.
    """
    document = document_of(data)
    facts = data.get("facts") if isinstance(data, dict) else None
    if not isinstance(facts, list):
        raise DataError("key 'facts' must be an array")
    try:
        return Annotated(document, tuple(_fact_of(fact, document.text) for fact in facts))
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(f"document {document.id}: facts: {error}") from error


def json_lines(path: Path) -> Iterable[tuple[int, object]]:
    """Line numbers (from 1) and values of a JSON-lines file; blank lines are passed over.

    Raises:
        DataError: the file cannot be read or a line is no JSON; the message names file and line.
    """
    try:
        with path.open(encoding="utf-8", errors="replace") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    try:
                        yield number, json.loads(line)
                    except json.JSONDecodeError as error:
                        raise DataError(f"{path}:{number}: not JSON: {error.msg}") from error
    except OSError as error:
        raise DataError(f"{path}: {error.strerror}") from error


def read_gold(path: Path) -> list[Annotated]:
    """Annotated documents of a file; those of real events (`dev_*`) weigh double in training.

    Raises:
        DataError: a line is wrong; the message names file, line and key.
    """
    documents = []
    for number, data in json_lines(path):
        try:
            documents.append(annotated_of(data))
        except DataError as error:
            raise DataError(f"{path}:{number}: {error}") from error
    return documents


def read_documents(path: Path) -> Iterable[Document]:
    """Documents of a JSON-lines file, one by one.

    Raises:
        DataError: a line is wrong; the message names file, line and key.
    """
    for number, data in json_lines(path):
        try:
            yield document_of(data)
        except DataError as error:
            raise DataError(f"{path}:{number}: {error}") from error


def annotation_of(fact: Fact) -> dict[str, Any]:
    """An extracted fact in the form in which documents are annotated."""
    return {
        "platform": fact.platform,
        "surface": fact.surface,
        "target": fact.target,
        "action": fact.action.value,
        "effective_from": str(fact.effective_from) if fact.effective_from else None,
        "effective_to": str(fact.effective_to) if fact.effective_to else None,
        "region": fact.region,
        "stage": fact.stage.value,
        "optional": False,
        "evidence": fact.evidence,
    }
