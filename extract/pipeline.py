"""The whole extractor: document in, facts with evidence out. Pure and deterministic."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from functools import cache

from extract.data import ROOT, DataError
from extract.documents import document_row
from extract.events import Event, Ranker
from extract.facts import choose, find_missed
from extract.gate import could_state_policy
from extract.proposals import TUPLE_NAMES, Proposal, feature_fingerprint, find_proposals
from extract.reading import Reading, read
from extract.records import Document, Extraction, Lang
from extract.scorer import Models, load_models, rows

_DATA = ("vocabulary/*.toml", "rules/*/*.toml", "models/*.json", "models/*.npz", "*.py", "dates/*.py")


@cache
def extractor_version() -> str:
    """Twelve hex digits that change whenever code, rules or weights change."""
    digest = hashlib.sha256()
    for pattern in _DATA:
        for path in sorted(ROOT.glob(pattern)):
            digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]


def score(
    reading: Reading, ranker: Ranker, models: Models
) -> tuple[list[Event], list[tuple[Proposal, float]]]:
    """Events of a reading and its proposals with their probabilities."""
    events = ranker.events()
    proposals = find_proposals(reading, events)
    chances = models.tuples.probability(rows((p.row for p in proposals), len(TUPLE_NAMES)))
    return events, list(zip(proposals, chances.tolist(), strict=True))


@cache
def shipped_models(lang: Lang) -> Models:
    """The weights of a language that ship with the package.

    Raises:
        DataError: they were grown on other features than this code computes.
    """
    models = load_models(lang)
    if models.features != feature_fingerprint():
        raise DataError(
            f"extract/models/scorer_{lang}.json does not fit the features of this version: linkpolicy train"
        )
    return models


def extract_facts(document: Document, models: Models | None = None) -> Extraction:
    """Facts of one document, with the passages that nearly gave one.

    Args:
        document: title and text as given; lone surrogates must have been replaced.
        models: weights of its language; those that ship with the package if None.
    """
    if not could_state_policy(document.title, document.text):
        return Extraction(document.id, reference=document.published, passed_gate=False)
    models = models or shipped_models(document.lang)
    reading = read(document)
    ranker = Ranker(reading, models)
    events, scored = score(reading, ranker, models)
    row = document_row(reading, events, [chance for _, chance in scored], ranker.document())
    facts = choose(reading, ranker, scored, models.least(row), models.calibration)
    return Extraction(
        document.id,
        facts,
        find_missed(reading, events, facts),
        reading.reference,
        document.published is None and reading.reference is not None,
    )


def extract_many(documents: Iterable[Document]) -> Iterator[Extraction]:
    """Extract one document after the other, in their order."""
    return map(extract_facts, documents)
