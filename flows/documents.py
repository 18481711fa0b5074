"""Read documents that are given by hand: JSON lines, web pages, text, PDF, WARC files."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import IO, Any, TypeVar

from extract.records import Document, Kind, Lang
from flows.errors import InputError

_JSON_SUFFIXES = frozenset({".jsonl", ".ndjson", ".json"})
_PAGE_SUFFIXES = frozenset({".html", ".htm", ".xhtml", ".txt", ".text", ".md", ".pdf"})
_SURROGATE = re.compile("[\ud800-\udfff]")
_HAN = re.compile("[\u3400-\u9fff]")
T = TypeVar("T")
_LANGS = {lang.value: lang for lang in Lang}
_KINDS = {kind.value: kind for kind in Kind}


@dataclass(frozen=True, slots=True)
class Given:
    """What the user says about documents that do not say it themselves.

    Attributes:
        published: publication day for documents without one.
        lang: language of documents without one, None to tell by the script.
    """

    published: date | None = None
    lang: Lang | None = None


def read_paths(paths: Iterable[Path], given: Given = Given()) -> Iterator[Document]:
    """Yield the documents of all files, one at a time, in the order given.

    Args:
        paths: JSON lines, HTML, text, PDF or WARC files; `-` is JSON lines on stdin.
        given: what to take where a document is silent.

    Raises:
        InputError: a file cannot be read; names the file and, for JSON, line and key.
    """
    for path in paths:
        yield from _read_path(path, given)


def _read_path(path: Path, given: Given) -> Iterator[Document]:
    if str(path) == "-":
        yield from read_lines(sys.stdin.buffer, "stdin", given)
    elif path.is_dir():
        raise InputError(f"{path}: is a directory; name the files in it")
    elif is_archive(path):
        from flows.reading import broken_pages, read_archive

        for reading in read_archive(path, {}):
            if reading.fault:
                raise InputError(f"{path}: {reading.snapshot.url}: {reading.fault}")
            if reading.document:
                yield reading.document
        for line in broken_pages(path):
            raise InputError(line)
    elif path.suffix.lower() in _PAGE_SUFFIXES:
        from flows.reading import read_page

        yield read_page(path, given)
    elif is_lines(path) or not path.exists():
        with opened(path) as file:
            yield from read_lines(file, str(path), given)
    else:
        allowed = ", ".join(sorted(_JSON_SUFFIXES | _PAGE_SUFFIXES | {".warc", ".warc.gz"}))
        raise InputError(f"{path}: unknown kind of file; known are {allowed}")


def is_archive(path: Path) -> bool:
    """Tell a WARC file by its name."""
    return path.name.lower().endswith((".warc", ".warc.gz"))


def is_lines(path: Path) -> bool:
    """Tell a file of JSON lines by its name."""
    return path.suffix.lower() in _JSON_SUFFIXES


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """Open a file for reading bytes.

    Raises:
        InputError: it cannot be opened.
    """
    try:
        file = path.open("rb")
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from None
    with file:
        yield file


def read_lines(lines: Iterable[bytes], name: str, given: Given) -> Iterator[Document]:
    """Yield one document a line; blank lines are ignored.

    Raises:
        InputError: a line is no document record; names the line and the key.
    """
    for number, line in enumerate(lines, 1):
        if line.isspace():
            continue
        yield parse_document(parse_object(line, f"{name}:{number}"), f"{name}:{number}", given)


def parse_object(line: bytes, where: str) -> dict[str, Any]:
    """Parse one JSON object.

    Raises:
        InputError: the line is not UTF-8, no JSON or no object.
    """
    try:
        value = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise InputError(f"{where}: is not UTF-8 (byte {error.start})") from None
    except json.JSONDecodeError as error:
        raise InputError(f"{where}: is not JSON: {error.msg} (column {error.colno})") from None
    except ValueError:  # Python refuses to read a number of thousands of digits
        raise InputError(f"{where}: is not usable JSON: a number is too long") from None
    except RecursionError:
        raise InputError(f"{where}: is not usable JSON: nested too deeply") from None
    if not isinstance(value, dict):
        raise InputError(f"{where}: is no JSON object")
    return value


def parse_document(record: Mapping[str, Any], where: str, given: Given) -> Document:
    """Make a document of a record in the form of the annotated documents; other fields are ignored.

    A title may be missing. Lone surrogates are replaced one for one, so that offsets stay true.

    Raises:
        InputError: a field is missing or has a wrong value.
    """
    text = _string(record, "text", where)
    title = _string(record, "title", where, default="")
    identifier = record.get("id")
    if isinstance(identifier, int) and not isinstance(identifier, bool):
        identifier = str(identifier)
    if not isinstance(identifier, str) or not identifier:
        raise InputError(f"{where}: id: must be a non-empty string")
    return Document(
        id=_clean(identifier),
        lang=_choice(record, "lang", _LANGS, where) or given.lang or script_of(title + text),
        kind=_choice(record, "kind", _KINDS, where) or Kind.NEWS,
        published=_day(record, where) or given.published,
        title=title,
        text=text,
    )


def _string(record: Mapping[str, Any], key: str, where: str, default: str | None = None) -> str:
    value = record.get(key)
    if value is None:
        value = default
    if not isinstance(value, str):
        raise InputError(f"{where}: {key}: " + ("is missing" if value is None else "must be a string"))
    return _clean(value)


def _clean(text: str) -> str:
    """Replace what cannot be written as UTF-8."""
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


def _choice(record: Mapping[str, Any], key: str, allowed: Mapping[str, T], where: str) -> T | None:
    value = record.get(key)
    if value is None:
        return None
    if not isinstance(value, str) or value not in allowed:
        raise InputError(f"{where}: {key}: must be {' or '.join(allowed)}, not {value!r}")
    return allowed[value]


def _day(record: Mapping[str, Any], where: str) -> date | None:
    value = record.get("published")
    if value is None or value == "":
        return None
    try:
        return date.fromisoformat(value[:10])
    except (TypeError, ValueError):
        raise InputError(f"{where}: published: must be an ISO date or null, not {value!r}") from None


def script_of(text: str) -> Lang:
    """Tell the language by its script: one Han character in ten is enough for Chinese."""
    sample = text[:2000]
    return Lang.ZH if len(_HAN.findall(sample)) * 10 > len(sample) else Lang.EN
