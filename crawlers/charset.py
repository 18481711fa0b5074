"""Decode pages whose headers lie: byte order marks, declared charsets, then the bytes themselves."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_META = re.compile(
    rb"""<(?:meta|\?xml)[^>]{0,300}?(?:charset|encoding)\s*=\s*["']?\s*([a-zA-Z0-9_:.-]+)""", re.IGNORECASE
)
_HEADER = re.compile(r"charset\s*=\s*[\"']?\s*([\w:.-]+)", re.IGNORECASE)
# Browsers read the older Chinese names as their supersets, and Latin-1 as Windows-1252 (WHATWG).
_SUPERSETS = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "gb_2312-80": "gb18030",
    "x-gbk": "gb18030",
    "big5": "big5hkscs",
    "x-x-big5": "big5hkscs",
    "iso-8859-1": "cp1252",
    "latin-1": "cp1252",
    "latin1": "cp1252",
    "us-ascii": "cp1252",
    "ascii": "cp1252",
}
_HEAD = 4096  # bytes in which a page declares its charset


def decode_html(body: bytes, content_type: str = "") -> str:
    """Decode a page's bytes.

    A byte order mark wins; then UTF-8, if the bytes are valid UTF-8 (text in another encoding is not,
    unless it is plain ASCII, where it makes no difference); then what the page and the header declare,
    if it fits; then a guess by the bytes. What no encoding fits is decoded with replacement characters.
    """
    for mark, name in _MARKS:
        if body.startswith(mark):
            return body.decode(name, errors="replace")
    if _looks_utf16(body):
        return body.decode("utf-16-le" if body[1:2] == b"\0" else "utf-16-be", errors="replace")
    for name in ("utf-8", *_declared(body, content_type)):
        text = _strict(body, name)
        if text is not None:
            return text
    return _guess(body)


def _declared(body: bytes, content_type: str) -> Iterator[str]:
    names = [match.group(1).decode("ascii") for match in _META.finditer(body[:_HEAD])]
    header = _HEADER.search(content_type)
    if header:
        names.append(header.group(1))
    for name in names:
        yield _SUPERSETS.get(name.lower(), name)


def _strict(body: bytes, name: str) -> str | None:
    """Decode if the encoding exists and fits; a cut last character is forgiven, C1 controls are not."""
    try:
        "".encode(name)  # a LookupError for what is a codec but no encoding of text: hex, zlib
        decoder = codecs.getincrementaldecoder(name)()
        text = decoder.decode(body, final=False)
    except (LookupError, UnicodeError, AttributeError):
        return None
    return None if re.search(r"[\x80-\x9f]", text[:_HEAD]) else text


def _looks_utf16(body: bytes) -> bool:
    """Tell UTF-16 without a mark by the zero bytes of its markup."""
    head = body[:256]
    return len(head) >= 16 and (head[1::2].count(0) > len(head) // 3 or head[::2].count(0) > len(head) // 3)


def _guess(body: bytes) -> str:
    for name in ("gb18030", "big5hkscs"):
        text = _strict(body, name)
        if text is not None and _is_chinese(text):
            return text
    from charset_normalizer import from_bytes  # noqa: PLC0415 (hardly a page comes to this)

    best = from_bytes(body[:65536]).best()
    return body.decode(best.encoding if best else "utf-8", errors="replace")


def _is_chinese(text: str) -> bool:
    """Tell real Chinese from other bytes read as Chinese, by the commonest characters and marks."""
    letters = re.findall(r"[\u3400-\u9fff]", text)
    common = re.findall(r"[的一是不了在有人这中大为上个国我以要他时来用们这這為個來們時國与與和，。、]", text)
    return len(letters) >= 4 and len(common) >= len(letters) / 20
