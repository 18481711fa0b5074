"""The work behind `linkpolicy dates PATH`: one JSON record in, one JSON record of mentions out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from extract.dates.find import find_dates, infer_reference
from extract.dates.records import DateMention
from extract.records import Lang


class DateInputError(ValueError):
    """A line is no record of text, reference and lang; the message names file, line and key."""


def answer_lines(lines: Iterable[str], source: str) -> Iterator[str]:
    """Answer each line of a JSONL file `{"text", "reference", "lang"}`.

    Without a reference (null or absent), the one that the text's own dates suggest is used. Blank lines
    are skipped.

    Args:
        lines: lines of the file.
        source: name of the file, for messages.

    Yields:
        For each record a JSON line `{"mentions": [{"start", "end", "text", "from", "to", "precision"}]}`:
        offsets in code points, dates in ISO form as precise as `precision` says, `to` inclusive and null
        unless the mention names a range. A date that does not exist has null for `from` and `precision`.

    Raises:
        DateInputError: at the first line that is wrong.
    """
    for number, line in enumerate(lines, start=1):
        if line.strip():
            text, reference, lang = _read(line, f"{source}:{number}")
            mentions = find_dates(text, reference or infer_reference(text, lang), lang)
            yield json.dumps({"mentions": [_record(mention) for mention in mentions]}, ensure_ascii=False)


def _read(line: str, where: str) -> tuple[str, date | None, Lang]:
    try:
        record = json.loads(line)
    except ValueError as error:
        raise DateInputError(f"{where}: not JSON: {error}") from error
    if not isinstance(record, dict) or not isinstance(record.get("text"), str):
        raise DateInputError(f"{where}: text: must be a string")
    try:
        lang = Lang(str(record.get("lang")))
    except ValueError:
        raise DateInputError(f"{where}: lang: must be en or zh") from None
    return record["text"], _reference(record.get("reference"), where), lang


def _reference(value: object, where: str) -> date | None:
    if value is None:
        return None
    try:
        return date.fromisoformat(str(value)[:10])  # a time of day is allowed and left out
    except ValueError:
        raise DateInputError(f"{where}: reference: must be an ISO date or null") from None


def _record(mention: DateMention) -> dict[str, Any]:
    value, until = mention.value, mention.until
    return {
        "start": mention.start,
        "end": mention.end,
        "text": mention.text,
        "from": None if value is None else str(value),
        "to": None if until is None else str(until),
        "precision": None if value is None else value.precision.value,
    }
