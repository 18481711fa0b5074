"""From a snapshot to a document: title, text, publication day, language. Pure: no network, no clock."""

from __future__ import annotations

import hashlib
import mimetypes
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from crawlers.archive import digest_of
from crawlers.charset import decode_html
from crawlers.language import language_of
from crawlers.reading import is_plain, read_parts
from crawlers.records import DateOrigin, NotContent, Refusal, Snapshot, Source
from crawlers.refusals import recognise
from crawlers.visible import title_and_text
from extract.records import Document, Kind, Lang

_LEAST = 10  # characters of text below which a page says nothing


@dataclass(frozen=True, slots=True)
class Page:
    """A document and how it was read.

    Attributes:
        origin: where the publication day was found; `guessed` is not to be relied on.
        updated: day of the last change, if the page tells.
        canonical: the page's own name for itself.
        missed: declared selectors that matched nothing (`title`, `published`, `updated`).
    """

    document: Document
    origin: DateOrigin
    updated: date | None = None
    canonical: str = ""
    missed: tuple[str, ...] = ()


def read_document(snapshot: Snapshot, source: Source | None) -> Document | NotContent:
    """Read a snapshot as a document.

    Args:
        snapshot: with its body (not a revisit).
        source: gives kind, platform, language, time zone and selectors; None for a foreign page,
            which is read as news.
    """
    page = read_page(snapshot, source)
    return page if isinstance(page, NotContent) else page.document


def read_page(snapshot: Snapshot, source: Source | None) -> Page | NotContent:
    """Read a snapshot, telling how; see `read_document`."""
    refusal = recognise(
        snapshot.body,
        snapshot.content_type,
        status=snapshot.status,
        url=snapshot.url,
        final_url=snapshot.final_url,
    )
    if refusal is not None:
        return refusal
    parts = read_parts(snapshot, source)
    if isinstance(parts, NotContent):
        return parts
    text = "\n".join(parts.lines)
    if len(text) < _LEAST:
        return NotContent(Refusal.NO_TEXT, f"{len(text)} characters of text", snapshot.url)
    lang = source.language if source and source.language else language_of(f"{parts.title}\n{text}")
    if lang is None:
        return NotContent(Refusal.OTHER_LANGUAGE, "neither Chinese nor English", snapshot.url)
    document = Document(
        id=document_id(snapshot.url, text),
        lang=lang,
        kind=source.kind if source else Kind.NEWS,
        published=parts.published,
        title=parts.title,
        text=text,
        url=snapshot.url,
        source_id=snapshot.source_id or (source.id if source else None),
        platform=source.platform if source else None,
    )
    return Page(document, parts.origin, parts.updated, parts.canonical or snapshot.url, parts.missed)


def document_id(url: str | None, text: str) -> str:
    """Return the id of a text at a place: the same text at the same URL is the same document."""
    return hashlib.sha256(f"{url or ''}\n{text}".encode()).hexdigest()[:16]


def quick_text(snapshot: Snapshot) -> tuple[str, str]:
    """Return title and all visible text of a snapshot, cheaply; for the gate, not for extraction."""
    if snapshot.body.startswith(b"%PDF-") or is_plain(snapshot):
        page = read_page(snapshot, None)
        return ("", "") if isinstance(page, NotContent) else (page.document.title, page.document.text)
    title, text = title_and_text(decode_html(snapshot.body, snapshot.content_type))
    return title or snapshot.listed_title, text


def read_file(
    path: Path,
    *,
    kind: Kind = Kind.NEWS,
    published: date | None = None,
    lang: Lang | None = None,
    platform: str | None = None,
) -> Document | NotContent:
    """Read an HTML, PDF or text file given by hand.

    Args:
        path: the file; its name tells HTML and PDF from plain text.
        kind: who speaks in it.
        published: publication day, None to look for it in the file.
        lang: language, None to tell it by the text.
        platform: whose own voice it is.

    Raises:
        OSError: the file cannot be read.
    """
    body = path.read_bytes()
    moment = datetime.fromtimestamp(path.stat().st_mtime)  # noqa: DTZ006 (only bounds a guessed day)
    snapshot = Snapshot(
        path.resolve().as_uri(), "", moment, 200, _content_type_of(path), body, digest_of(body), "", -1
    )
    page = read_page(snapshot, None)
    if isinstance(page, NotContent):
        return page
    found = page.document
    return Document(
        id=found.id,
        lang=lang or found.lang,
        kind=kind,
        published=published or found.published,
        title=found.title,
        text=found.text,
        url=found.url,
        platform=platform,
    )


def _content_type_of(path: Path) -> str:
    """Guess a file's content type by its name."""
    return mimetypes.guess_type(path.name)[0] or "text/plain"
