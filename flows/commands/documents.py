"""Commands on documents that are given by hand: extract, dates, evaluate, ingest."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import typer

from extract.records import Extraction
from flows.commands.options import AsJson, Data, Language, Paths, Published, day, language, settings_for
from flows.console import warn
from flows.documents import Given, read_paths
from flows.errors import FailedError

if TYPE_CHECKING:
    from extract.records import Fact


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(extract)
    app.command()(ingest)


def extract(paths: Paths, published: Published = None, lang: Language = None) -> None:
    """Print the facts stated in documents, one JSON line a document; nothing is stored."""
    from flows.reading import extract as extract_one

    given = Given(day(published, "--published"), language(lang))
    write = sys.stdout.write
    failed = 0
    for document in read_paths(paths, given):
        extraction = extract_one(document)
        if isinstance(extraction, str):
            warn(extraction)
            failed += 1
            extraction = Extraction(document.id)
        write(extraction_line(document.id, extraction))
    if failed:
        raise FailedError(f"{failed} documents could not be read; their lines have no facts")


def extraction_line(identifier: str, extraction: Extraction) -> str:
    """Return one line of JSON: the document's id and its facts."""
    record = {"id": identifier, "facts": [fact_record(fact) for fact in extraction.facts]}
    return json.dumps(record, ensure_ascii=False) + "\n"


def fact_record(fact: Fact) -> dict[str, Any]:
    """Return a fact in the form of the annotated documents, with offsets, rules and confidence."""
    from extract.gold import annotation_of

    return {
        **annotation_of(fact),
        "start": fact.start,
        "end": fact.end,
        "rules": list(fact.rules),
        "confidence": round(fact.confidence, 4),
    }


def ingest(
    paths: Paths,
    published: Published = None,
    lang: Language = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Read documents from JSON lines, HTML, text, PDF or WARC files into the warehouse; alerts nobody."""
    from flows.ingest import ingest as ingest_documents

    settings = settings_for(data=data)
    given = Given(day(published, "--published"), language(lang))
    result = ingest_documents(settings, paths, given)
    if as_json:
        from flows.console import to_json

        sys.stdout.write(to_json(result) + "\n")
    else:
        sys.stdout.write(result.summary() + "\n")
    for fault in result.faults:
        warn(fault)
    if result.faults:
        raise FailedError(f"{len(result.faults)} documents could not be read and were left out")
