"""Read the text of PDF notices."""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from pypdf import PdfReader
from pypdf.errors import PyPdfError

MAX_PAGES = 200
_SHORT = 0.7  # of the usual line: a shorter one ends its paragraph
_NEW_PARAGRAPH = re.compile(
    r"([-•·▪●*]|\d{1,2}[.)、．]|[（(]?[一二三四五六七八九十]{1,3}[、）)]|第.{1,4}[条章])\s*"
)
_CJK_END = re.compile(r"[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]$")
_SENTENCE_END = re.compile(r"[.!?。！？；;:：]['\"”’）)]?$")


@dataclass(frozen=True, slots=True)
class PdfText:
    """What a PDF says.

    Attributes:
        title: by its metadata, empty if they have none.
        lines: paragraphs.
        created: day by its metadata.
    """

    title: str
    lines: tuple[str, ...]
    created: date | None


def read_pdf(body: bytes) -> PdfText:
    """Read a PDF, at most `MAX_PAGES` pages.

    Raises:
        ValueError: the bytes are no readable PDF, or it is encrypted.
    """
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # a damaged table is no news to an operator
    try:
        reader = PdfReader(io.BytesIO(body))
        pages = [page.extract_text() for page in reader.pages[:MAX_PAGES]]
        metadata = reader.metadata
        title = (metadata.title or "") if metadata else ""
        created = metadata.creation_date if metadata else None
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, RecursionError, OSError) as error:
        raise ValueError(f"unreadable PDF: {error}") from None
    return PdfText(title.strip(), tuple(paragraphs("\n".join(pages))), created.date() if created else None)


def paragraphs(text: str) -> Iterator[str]:
    """Join the lines that a page's width has wrapped."""
    lines = [" ".join(line.split()) for line in text.splitlines()]
    lengths = sorted(len(line) for line in lines if line)
    usual = lengths[int(0.9 * (len(lengths) - 1))] if lengths else 0
    paragraph = ""
    for line in lines:
        if paragraph and (not line or _NEW_PARAGRAPH.match(line)):
            yield paragraph
            paragraph = ""
        if not line:
            continue
        glue = "" if not paragraph or _CJK_END.search(paragraph) else " "
        paragraph += glue + line
        if len(line) < _SHORT * usual and _ends(line, usual):
            yield paragraph
            paragraph = ""
    if paragraph:
        yield paragraph


def _ends(line: str, usual: int) -> bool:
    """A short line ends a paragraph if it is a sentence's end, or far too short to have been wrapped."""
    return bool(_SENTENCE_END.search(line)) or len(line) < 0.5 * usual
