"""Content hashes: equal content has equal ids, on every machine and in every run."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable

from extract.records import Document

_ENCODE = json.JSONEncoder(ensure_ascii=False).encode  # made once: json.dumps would make one for each id


def content_hash(parts: Iterable[object]) -> str:
    """A 128-bit hash of the parts, printed as a UUID. Parts are told apart, None is not the empty text."""
    canonical = _ENCODE([None if part is None else str(part) for part in parts])
    digits = hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:32]}"


def document_content_id(document: Document) -> str:
    """Id of a document: what it says, where, in whose voice, and when it was published."""
    return content_hash((
        document.url, document.source_id, document.lang, document.kind, document.platform, document.published,
        document.title, document.text,
    ))  # fmt: skip


def page_id(url: str | None) -> int | None:
    """A 64-bit hash of an address, to tell versions of one page from other pages."""
    if url is None:
        return None
    return int.from_bytes(hashlib.sha256(url.encode("utf-8", "surrogatepass")).digest()[:8], "big")
